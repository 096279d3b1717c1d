/** Settles every name of a bound query against what one identity may see: hidden columns do not exist here. */
import { SluiceError } from '../../errors.ts';
import type { BoundQuery, GovernedDataset, ResolvedQuery, Unbranded } from '../stages.ts';
import type { Context } from './context.ts';
import { fault } from './fault.ts';
import { resolveSelect } from './select.ts';

/** Stars of stars multiply: three levels of sixty `x.*` would be millions of columns, far beyond what the guard counted in the text. NATURAL stands for columns too. */
const MOST_EXPANDED = 10_000;

/**
 * @param governed by dataset id; every dataset of `bound` with a decision that allows it.
 * @throws SluiceError 4xxx; the same for a column that is hidden and one that does not exist.
 */
export function resolve(bound: BoundQuery, governed: ReadonlyMap<string, GovernedDataset>): ResolvedQuery {
  for (const dataset of bound.datasets) {
    if (governed.get(dataset.id)?.decision.allow === true) continue;
    throw new SluiceError('rewrite_failed', undefined, { cause: `no allowing decision for ${dataset.id}` });
  }
  const counts = new Map<string, number>();
  let expanded = 0;
  const context: Context = {
    text: bound.guarded.text,
    bound,
    governed,
    ctes: new Map(),
    uses: new Map(),
    ranges: new Map(),
    fresh(prefix) {
      const number = (counts.get(prefix) ?? 0) + 1;
      counts.set(prefix, number);
      return `${prefix}${number}`;
    },
    expanded(columns, location) {
      expanded += columns;
      if (expanded <= MOST_EXPANDED) return;
      throw fault(
        bound.guarded.text,
        'sql_too_large',
        `The stars and natural joins of the query stand for more than ${MOST_EXPANDED} columns`,
        location,
        'Name the columns that you need.',
      );
    },
    select: (select, outer, inner) => resolveSelect(select, outer, inner),
  };
  const resolved = resolveSelect(bound.guarded.select, null, context, 'output');
  const query: Unbranded<ResolvedQuery> = {
    text: bound.guarded.text,
    tree: resolved.select,
    columns: resolved.columns.map(({ name, masked }) => ({ name, masked })),
    uses: context.uses,
    ranges: context.ranges,
  };
  return query as ResolvedQuery;
}
