/** One policy as it matches each dataset: its columns, its filter in their names, and the columns that its mask does not fit. */
import type { Column, Dataset } from '../catalogue/dataset.ts';
import { settleRules } from '../catalogue/settle-clean-room.ts';
import { columnType } from '../sql/resolve/types.ts';
import { maskFits } from '../sql/rewrite/masks/fits.ts';
import type { PolicyDefinition } from './definition.ts';
import { columnsFor, type FindDataset, instantiate } from './instantiate.ts';
import { type CoveredColumn, matchColumns, matchDatasets, type PolicyIndex } from './match.ts';
import type { Limits, MaskSpec, MatchedPolicy } from './policy.ts';
import type { Path } from './problem.ts';
import type { LimitBody } from './read-limit.ts';
import { WhereProblem } from './where.ts';

export interface MatchedPair {
  readonly dataset: string;
  readonly policy: MatchedPolicy;
  /** Columns whose type the mask cannot keep. */
  readonly misfits?: readonly string[];
}

export interface Matching {
  readonly index: PolicyIndex;
  readonly find: FindDataset;
  readonly problems: string[];
  readonly shared: SharedColumns;
}

/** One policy on every dataset that it covers; what a dataset lacks is told in `problems`. */
export function matchPolicy(
  definition: PolicyDefinition,
  { index, find, problems, shared }: Matching,
): readonly MatchedPair[] {
  const { id, description, source, unless, body } = definition;
  const base = { id, description, source, unless };
  switch (body.effect) {
    case 'allow':
    case 'require':
    case 'deny':
    case 'discover': {
      const policy: MatchedPolicy = Object.freeze({ ...base, effect: body.effect, who: body.who });
      return matchDatasets(definition.on, index).map((dataset) => ({ dataset: dataset.id, policy }));
    }
    case 'mask': {
      const { mask, where } = body;
      const matched = matchColumns(definition.on, index);
      const fits = fitting(mask);
      return settled(definition, ['mask', 'where'], problems, matched, ({ dataset, columns }) => ({
        dataset: dataset.id,
        policy: Object.freeze({
          ...base,
          effect: 'mask',
          mask,
          columns: shared(dataset, columns),
          where: where === null ? null : instantiate(where, dataset, find, 'masked'),
        }),
        misfits: columns.flatMap(({ column }) =>
          column.exposed && column.family !== 'unknown' && !fits(column)
            ? [`${dataset.id}.${column.folded} (${column.family})`]
            : [],
        ),
      }));
    }
    case 'break_glass': {
      const policy: MatchedPolicy = Object.freeze({ ...base, ...body });
      return matchDatasets(definition.on, index).map((dataset) => ({ dataset: dataset.id, policy }));
    }
    case 'limit':
      return perDataset(definition, ['limit', ownKey(body)], { index, problems }, (dataset) => ({
        ...base,
        effect: 'limit',
        who: body.who,
        limits: { ...withFilters(body, dataset), ...withRooms(body, id, dataset, find) },
        within: body.within,
      }));
    case 'rows':
      return perDataset(definition, ['rows', 'where'], { index, problems }, (dataset) => ({
        ...base,
        effect: 'rows',
        predicate: instantiate(body.where, dataset, find),
      }));
    default:
      return body satisfies never;
  }
}

/** What names columns of datasets is settled for each; what one of them lacks is a problem that names it. */
function perDataset(
  definition: PolicyDefinition,
  path: Path,
  { index, problems }: Pick<Matching, 'index' | 'problems'>,
  settle: (dataset: Dataset) => MatchedPolicy,
): readonly MatchedPair[] {
  const matched = matchDatasets(definition.on, index).map((dataset) => ({ dataset }));
  return settled(definition, path, problems, matched, ({ dataset }) => ({
    dataset: dataset.id,
    policy: Object.freeze(settle(dataset)),
  }));
}

type MaskedColumns = Extract<MatchedPolicy, { effect: 'mask' }>['columns'];

export type SharedColumns = (dataset: Dataset, columns: readonly CoveredColumn[]) => MaskedColumns;

/** Many masks cover the very same columns: hundreds of them on a big catalogue would be gigabytes of equal lists. */
export function sharedColumns(): SharedColumns {
  const known = new Map<string, MaskedColumns[]>();
  return (dataset, columns) => {
    const lists = known.get(dataset.id) ?? [];
    known.set(dataset.id, lists);
    const same = lists.find(
      (list) =>
        list.length === columns.length &&
        columns.every(({ column, depth, tag }, i) => {
          const one = list[i];
          return one?.name === column.folded && one.depth === depth && one.tag === tag;
        }),
    );
    if (same !== undefined) return same;
    const made = Object.freeze(
      columns.map(({ column, depth, tag }) => Object.freeze({ name: column.folded, depth, tag })),
    );
    lists.push(made);
    return made;
  };
}

/** Asked once for each type: a mask may have to be parsed for the answer, and a warehouse has more columns than types. */
function fitting(mask: MaskSpec): (column: Column) => boolean {
  const known = new Map<string, boolean>();
  return (column) => {
    const type = `${column.family} ${column.type}`;
    const told = known.get(type) ?? maskFits(mask, columnType(column));
    known.set(type, told);
    return told;
  };
}

/** What a matched dataset lacks is a problem, told once for all of them. */
function settled<M extends { readonly dataset: Dataset }>(
  definition: PolicyDefinition,
  path: Path,
  problems: string[],
  matched: readonly M[],
  settle: (match: M) => MatchedPair,
): readonly MatchedPair[] {
  const lacking = new Map<string, string[]>();
  const pairs = matched.flatMap((match): readonly MatchedPair[] => {
    try {
      return [settle(match)];
    } catch (error) {
      if (!(error instanceof WhereProblem)) throw error;
      lacking.set(error.message, [...(lacking.get(error.message) ?? []), match.dataset.id]);
      return [];
    }
  });
  const { id, source, lineOf } = definition;
  for (const [message, datasets] of lacking)
    problems.push(`${source.file}:${lineOf(path)}: policy \`${id}\`: ${message} in ${several(datasets)}`);
  return pairs;
}

function withFilters({ limits, requireFilter }: LimitBody, dataset: Dataset): Limits {
  if (requireFilter.length === 0) return limits;
  const columns = requireFilter.flatMap((wanted) => columnsFor(wanted, dataset));
  return { ...limits, require_filter: [...new Set(columns.map(({ folded }) => folded))].sort() };
}

const ownKey = ({ aggregateOnly }: LimitBody): string =>
  aggregateOnly === null ? 'require_filter' : 'aggregate_only';

function withRooms({ aggregateOnly }: LimitBody, room: string, dataset: Dataset, find: FindDataset): Limits {
  if (aggregateOnly === null) return {};
  const found: string[] = [];
  const rules = settleRules({ room, ...aggregateOnly, dataset, find }, [], (_, message) =>
    found.push(message),
  );
  if (rules === null) throw new WhereProblem(found.join('; '));
  return { aggregate_only: [rules] };
}

const several = (ids: readonly string[]): string =>
  ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`;
