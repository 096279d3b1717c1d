/** What stands in the place of a column: its mask, or the raw value, and for some rows a stricter mask. */
import type { AppliedMask } from '../../../access/decision.ts';
import type { Column } from '../../../catalogue/dataset.ts';
import type { Predicate } from '../../../policies/policy.ts';
import type { Node } from '../../tree.ts';
import { choose, isNotFalse } from '../build.ts';
import { type MaskOptions, maskExpression } from './mask.ts';

export interface AppliedOptions extends Omit<MaskOptions, 'policy'> {
  /** As a row filter. */
  readonly condition: (where: Predicate) => Node;
}

/** A row for which it is unknown whether it is to be masked is masked. */
export function appliedMask(
  column: Column,
  value: Node,
  applied: AppliedMask,
  options: AppliedOptions,
): Node {
  const { policy, mask, when = [] } = applied;
  const otherwise =
    mask === null ? value : maskExpression(column, value, mask, { ...options, policy: policy ?? '' });
  if (when.length === 0) return otherwise;
  return choose(
    when.map((one) => [
      isNotFalse(options.condition(one.where)),
      maskExpression(column, value, one.mask, { ...options, policy: one.policy }),
    ]),
    otherwise,
  );
}
