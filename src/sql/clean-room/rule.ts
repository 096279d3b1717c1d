/**
 * Under which rule answers are given: whatever decides which rows are there, how they are cut and what is summed, without the
 * names of rooms, policies and projects. Two rules that differ cut the same rows in two ways, and what the one gives can be
 * taken from what the other gives.
 */
import { createHash } from 'node:crypto';
import type { Column } from '../../catalogue/dataset.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Predicate } from '../../policies/policy.ts';
import { identityValue } from '../rewrite/identity-values.ts';
import type { Lattice, Member } from './lattice.ts';

export interface RuleWorld {
  /** Whose values row filters are bound to. */
  readonly identity: Identity;
  /** Hashed masks may be of the project. */
  readonly project: string | null;
  /** Names the secret of the digests: what is not comparable is no change, it is another rule. */
  readonly secretName: string;
}

export function ruleOf(
  { fact, measures, joins, noise }: Lattice,
  { identity, project, secretName }: RuleWorld,
): string {
  const paths = new Map<string, unknown>();
  const note = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('kind' in value && value.kind === 'identity' && 'path' in value && Array.isArray(value.path)) {
      const path = value.path.map(String);
      paths.set(path.join('.'), identityValue(path, identity) ?? null);
    }
    for (const inner of Object.values(value)) note(inner);
  };
  const memberOf = ({ governed, rule, unit, dimensions }: Member, others: readonly Column[]): unknown => {
    const { dataset, decision } = governed;
    const rows: readonly Predicate[] = decision.rows.map(({ predicate }) => predicate);
    const used = [...new Set([...dimensions.map(({ column }) => column), ...others])];
    const masks = used.map(({ folded }) => {
      const applied = Object.hasOwn(decision.masks, folded) ? decision.masks[folded] : undefined;
      const { mask = null, when = [] } = applied ?? {};
      return [folded, mask, when.map((one) => [one.mask, one.where])];
    });
    note([rows, masks]);
    // Values of another type are other values to the digests: all would seem to have changed, and hide the one who did.
    const types = [unit, ...used].map(({ type }) => type);
    return [
      dataset.relation,
      rule.min_group_size,
      rule.one_row_per_unit,
      unit.folded,
      dimensions.map(({ column, mask }) => [column.folded, mask]),
      rows,
      masks,
      types,
    ];
  };
  const keys = joins.flatMap(({ on }) => on.map(({ column }) => column));
  const parts = JSON.stringify([
    memberOf(fact, [...measures.map(({ column }) => column), ...keys]),
    measures.map(({ column, bounds }) => [column.folded, bounds]),
    joins.map(({ member, on }) => [
      memberOf(
        member,
        on.map(({ other }) => other),
      ),
      on.map(({ column, other }) => [column.folded, other.folded]),
    ]),
    // With noise fewer rows of a unit may count.
    noise === null ? null : noise.rows,
    secretName,
  ]);
  // Hashes of a project are no other's.
  const place = parts.includes('"scope":"project"') ? project : null;
  const bound = [...paths].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([parts, place, bound]))
    .digest('hex');
}
