/** Whether something answers at an address, told without a word of what it answers. */
import { inBrief } from '../audit/sinks/sink.ts';
import { type Finding, fine, problem, warning } from '../engines/finding.ts';

const TIMEOUT_MS = 10_000;

/**
 * Asks with HEAD, which a receiver of POSTs keeps nothing of and may well refuse: whatever answers is there, and what it makes
 * of a POST is not tried. What the operator configured as headers stays here: nothing of the answer is looked at but that it came.
 *
 * @param name how a finding calls it; an address may be a secret
 */
export async function reach(
  check: string,
  name: string,
  url: string,
  timeoutMs = TIMEOUT_MS,
): Promise<Finding> {
  try {
    const answer = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      headers: { 'user-agent': 'sluice' },
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.body?.cancel().catch(() => {});
    if (answer.status >= 300 && answer.status < 400)
      return warning(
        check,
        `${name} answers a HEAD with a redirect`,
        'Redirects are not followed: name the place that it leads to.',
      );
    return fine(check, `${name} is there; what it makes of a POST was not tried`);
  } catch (thrown) {
    return problem(check, `${name} does not answer: ${inBrief(thrown)}`);
  }
}
