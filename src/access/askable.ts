/** Whether asking for access could help somebody who is denied: policies that deny, require or limit are lifted for nobody. */
import type { Decision } from './decision.ts';

const HOPELESS: readonly string[] = [
  'denied_by_policy',
  'outside_limit',
  'requirement_not_met',
  'not_exposed',
  'policy_unreadable',
  'undecodable',
  'expired',
];

export function askable({ allow, discoverable, reason }: Decision): boolean {
  return !allow && discoverable && !HOPELESS.includes(reason);
}
