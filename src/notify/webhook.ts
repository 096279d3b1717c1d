/** One signed post to a program. No redirect is followed, and of the answer nothing counts but that it is a 2xx. */
import { createHmac } from 'node:crypto';
import { DeliveryFailed } from './delivery.ts';
import type { Message, Webhook } from './letters.ts';

/**
 * Signed as https://www.standardwebhooks.com has it: `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`; the time
 * lets a receiver refuse what somebody sends again much later.
 *
 * @param now epoch seconds
 * @throws DeliveryFailed
 */
export async function postTo(
  { url, secret }: Webhook,
  message: Message,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify(message);
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'sluice',
      'webhook-id': message.id,
      'webhook-timestamp': String(now),
      ...(secret === undefined
        ? {}
        : { 'webhook-signature': signature(secret, `${message.id}.${now}.${body}`) }),
    },
    body,
    signal,
  }).catch((thrown: unknown) => {
    throw new DeliveryFailed(problemOf(thrown), { cause: thrown });
  });
  await answer.body?.cancel().catch(() => {});
  if (!answer.ok) throw new DeliveryFailed(`HTTP ${answer.status}`);
}

function signature(secret: string, signed: string): string {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

function problemOf(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return 'no answer in time';
  if (thrown instanceof Error && thrown.name === 'AbortError') return 'the gate is closing';
  const { cause } = thrown as { readonly cause?: { readonly code?: unknown } };
  return typeof cause?.code === 'string' ? `no connection (${cause.code})` : 'no connection';
}
