/** What an operator should know of notifications: whether the mail server takes the gate in, and whether each webhook answers. */
import type { Config } from '../config.ts';
import { type Finding, fine, problem, warning } from '../engines/finding.ts';
import { DeliveryFailed } from '../notify/delivery.ts';
import { targetOf } from '../notify/letters.ts';
import { createMailer } from '../notify/mail.ts';
import { reach } from './reach.ts';

/** Nothing where nobody is told anything. */
export async function examineNotify({ notify }: Pick<Config, 'notify'>): Promise<readonly Finding[]> {
  const { smtp, webhooks, timeout, base_url: base } = notify;
  const findings: Finding[] = [];
  if (smtp !== undefined) {
    const mailer = createMailer(smtp, timeout);
    try {
      await mailer.verify();
      findings.push(fine('notify_mail', 'the mail server takes the gate in; no mail was sent'));
    } catch (thrown) {
      if (!(thrown instanceof DeliveryFailed)) throw thrown;
      findings.push(problem('notify_mail', `the mail server does not take the gate in: ${thrown.message}`));
    } finally {
      mailer.close();
    }
  }
  for (const webhook of webhooks)
    findings.push(await reach('notify_webhook', `webhook ${targetOf(webhook)}`, webhook.url, timeout));
  if (findings.length > 0 && base === undefined)
    findings.push(
      warning(
        'notify_base_url',
        'notifications carry no link',
        'Set notify.base_url to where people reach this gate.',
      ),
    );
  return findings;
}
