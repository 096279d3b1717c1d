/**
 * What policies demand of the shape of a query: stars, filters, joins, company. Asked of the caller's own text, with its names
 * settled and before anything of ours is in it, and answered from the text and the catalogue alone: never from a row.
 */
import { SluiceError } from '../../errors.ts';
import type { BoundQuery, DatasetUse, ResolvedQuery } from '../stages.ts';
import { close, walk } from '../walk.ts';
import { countJoins, joinsEverything } from './joins.ts';
import { unfiltered } from './required-filters.ts';

/** @throws SluiceError limit_columns, limit_filter, limit_joins, limit_cross_join, limit_join_with */
export function checkLimits(bound: BoundQuery, resolved: ResolvedQuery): void {
  const uses = [...resolved.uses.values()];
  checkStars(bound, uses);
  checkFilters(resolved);
  checkJoins(resolved, uses);
  checkCompany(uses);
}

const idOf = ({ governed }: DatasetUse): string => governed.dataset.id;

const limitsOf = ({ governed }: DatasetUse) => governed.decision.limits;

function checkStars({ guarded }: BoundQuery, uses: readonly DatasetUse[]): void {
  const strict = uses.find((use) => limitsOf(use).explicit_columns === true);
  if (strict === undefined) return;
  let stars = false;
  walk(close('SelectStmt', guarded.select), (node) => {
    stars ||= 'ColumnRef' in node && (node.ColumnRef.fields ?? []).some((field) => 'A_Star' in field);
    return undefined;
  });
  if (stars)
    throw new SluiceError('limit_columns', `A query that reads ${idOf(strict)} names its columns.`, {
      hint: 'Write the columns that you need instead of `*`.',
    });
}

function checkFilters(resolved: ResolvedQuery): void {
  const [missing] = unfiltered(resolved);
  if (missing === undefined) return;
  const { use, column } = missing;
  // A column that the caller may not see is not named, and so cannot be restricted: nothing is read then.
  const shown = use.columns.find(({ folded }) => folded === column)?.name;
  throw new SluiceError('limit_filter', `A query that reads ${idOf(use)} restricts certain columns of it.`, {
    hint:
      shown === undefined
        ? 'It needs a filter on a column that you may not see.'
        : `Restrict ${shown} in the WHERE of the same SELECT, with AND: \`${shown} = …\`, \`in (…)\`, \`between … and …\`, or an order to a constant.`,
  });
}

function checkJoins(resolved: ResolvedQuery, uses: readonly DatasetUse[]): void {
  const most = Math.min(...uses.map((use) => limitsOf(use).max_joins ?? Number.POSITIVE_INFINITY));
  if (most !== Number.POSITIVE_INFINITY && countJoins(resolved.tree) > most)
    throw new SluiceError('limit_joins', undefined, {
      hint: `At most ${most}: each JOIN counts, each further item of FROM, and each subquery in an expression.`,
    });
  const strict = uses.find((use) => limitsOf(use).cross_join === false);
  if (strict !== undefined && joinsEverything(resolved.tree))
    throw new SluiceError('limit_cross_join', undefined, {
      hint: `${idOf(strict)} is joined by a comparison with a column of what it is joined with.`,
    });
}

function checkCompany(uses: readonly DatasetUse[]): void {
  for (const use of uses) {
    const namespaces = limitsOf(use).join_with;
    if (namespaces === undefined) continue;
    const other = uses.find(
      (one) => idOf(one) !== idOf(use) && !namespaces.includes(one.governed.dataset.namespace.toLowerCase()),
    );
    if (other === undefined) continue;
    throw new SluiceError(
      'limit_join_with',
      `${idOf(use)} does not stand in one query with ${idOf(other)}.`,
      {
        hint:
          namespaces.length === 0
            ? 'It stands alone.'
            : `It may stand with datasets of ${namespaces.join(', ')}.`,
      },
    );
  }
}
