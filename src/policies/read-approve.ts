/** `approve:` of a policy: who may lift it for someone who asks. Requirements, denials and limits are lifted for nobody. */
import { readCondition } from './conditions.ts';
import type { ApproveRule } from './policy.ts';
import { kindOf, type Report, readRecord } from './problem.ts';

const LIFTED: readonly (string | null)[] = ['allow', 'mask', 'rows'];
const MOST_APPROVERS = 9;

/**
 * `approve: CONDITION`, or `approve: { by: CONDITION, approvers: 2 }`.
 *
 * @param effect null where the policy has none that can be read
 * @returns null where anything was wrong; each problem was reported
 */
export function readApprove(value: unknown, effect: string | null, report: Report): ApproveRule | null {
  if (effect !== null && !LIFTED.includes(effect)) {
    report(['approve'], `\`${effect}\` takes no \`approve\`: nobody can be let past it by a request`);
    return null;
  }
  const long = typeof value === 'object' && value !== null && ('by' in value || 'approvers' in value);
  if (!long) {
    const by = readCondition(value, ['approve'], report);
    return by === null ? null : { by, approvers: 1 };
  }
  const rule = readRecord(value, ['by', 'approvers'], ['approve'], report);
  if (rule === null) return null;
  const { by: condition, approvers = 1 } = rule;
  const sound = Number.isInteger(approvers) && Number(approvers) >= 1 && Number(approvers) <= MOST_APPROVERS;
  if (!sound)
    report(
      ['approve', 'approvers'],
      `\`approvers\` takes a whole number from 1 to ${MOST_APPROVERS}; found ${kindOf(approvers)}`,
    );
  const by = readCondition(condition, ['approve', 'by'], report);
  return by === null || !sound ? null : { by, approvers: Number(approvers) };
}
