/** Emergencies that are over: policies that let someone past the rules until a moment that has passed. */
import { type Finding, finding } from '../findings.ts';
import type { MatchedPolicy } from '../policies/policy.ts';
import type { Snapshot } from '../snapshot.ts';

/** @param now milliseconds since the epoch */
export function expiredFindings(
  { catalogue, policies }: Pick<Snapshot, 'catalogue' | 'policies'>,
  now: number,
): readonly Finding[] {
  const expired = new Map<string, Extract<MatchedPolicy, { readonly effect: 'break_glass' }>>();
  for (const { id } of catalogue.datasets)
    for (const policy of policies.forDataset(id))
      if (policy.effect === 'break_glass' && policy.expires * 1000 <= now) expired.set(policy.id, policy);
  return [...expired.values()].map(({ id, source, expires }) =>
    finding('break-glass-expired', `it expired on ${new Date(expires * 1000).toISOString().slice(0, 10)}`, {
      policy: id,
      file: source.file,
      line: source.line,
    }),
  );
}
