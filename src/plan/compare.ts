/** Two decisions for one class of identities and one shape of datasets: what is released more, less, or otherwise. */
import type { Decision } from '../access/decision.ts';
import type { Limits, Predicate } from '../policies/policy.ts';
import { compareRooms, roomWords } from './compare-rooms.ts';
import type { AccessWord, Direction } from './report.ts';
import { orderedName, type Part, type Shape } from './shape.ts';
import { type Compared, compareViews, describeView, type View } from './strictness.ts';

/** One thing that changes, in the ordered names of the shape. */
export interface Atom {
  readonly change: AccessWord;
  readonly direction: Direction;
  /** Position of the column; null where the whole dataset is meant. */
  readonly column: number | null;
  /** Positions of the tagged columns that it is about. */
  readonly tagged: readonly number[];
  readonly from: string;
  readonly to: string;
  /** As the shape calls them. */
  readonly policies: readonly string[];
}

/** An answer to a question about one part; null where there is no such part. */
export interface Answered {
  /** What policies are called; those that it does not name keep their ids. */
  readonly part: Pick<Part, 'names'>;
  readonly decision: Decision;
}

export function atom(of: Pick<Atom, 'change' | 'direction' | 'from' | 'to'> & Partial<Atom>): Atom {
  return { column: null, tagged: [], policies: [], ...of };
}

const named = (part: Answered['part'], policies: readonly string[]): readonly string[] => [
  ...new Set(policies.map((id) => part.names[Number(id)] ?? id)),
];

/** Who gets in and who does not, or no longer. @param why the reason on either side */
export function wholeDataset(
  change: 'dataset_gained' | 'dataset_lost',
  why: { readonly from: string; readonly to: string },
  { part, decision }: Answered,
): Atom {
  const policies = decision.reasons.flatMap(({ effect, policy }) =>
    ['allow', 'require', 'deny', 'break_glass'].includes(effect) ? [policy] : [],
  );
  const direction = change === 'dataset_gained' ? 'gain' : 'loss';
  return atom({ change, direction, ...why, policies: named(part, policies) });
}

/** How a column is shown to whoever gets in. @param answered null where no mask covers it */
export function viewOf(
  shape: Shape,
  column: number,
  side: 'before' | 'after',
  answered: Answered | null,
): View {
  if (!shape.columns[column]?.[side]) return { kind: 'absent' };
  if (answered === null) return { kind: 'raw' };
  const { hidden, masks } = answered.decision;
  const name = orderedName(column);
  if (hidden.includes(name)) return { kind: 'absent' };
  const applied = Object.hasOwn(masks, name) ? masks[name] : undefined;
  return applied === undefined ? { kind: 'raw' } : { kind: 'masked', applied };
}

const WORDS = {
  more: ['column_masked_less', 'gain'],
  less: ['column_masked_more', 'loss'],
  in_doubt: ['column_masked_otherwise', 'may_gain'],
} as const satisfies Record<Exclude<Compared, 'same'>, readonly [AccessWord, Direction]>;

/** For whoever gets in on either side. */
export function compareColumn(
  shape: Shape,
  column: number,
  before: Answered | null,
  after: Answered | null,
): readonly Atom[] {
  const was = viewOf(shape, column, 'before', before);
  const is = viewOf(shape, column, 'after', after);
  const common = { column, tagged: shape.columns[column]?.tagged ? [column] : [] };
  const revealed = compareReveals(before, after, column, common);
  const [change, direction] = changeOf(was, is) ?? [];
  if (change === undefined || direction === undefined) return revealed;
  const policies = [...policiesOf(was, before, column), ...policiesOf(is, after, column)];
  const there = (side: 'before' | 'after', view: View): string =>
    view.kind === 'absent' && !shape.columns[column]?.[side] ? 'not there' : describeView(view);
  return [
    {
      change,
      direction,
      ...common,
      from: there('before', was),
      to: there('after', is),
      policies: [...new Set(policies)],
    },
    ...revealed,
  ];
}

function changeOf(was: View, is: View): readonly [AccessWord, Direction] | null {
  if (was.kind === 'absent') return is.kind === 'absent' ? null : ['column_shown', 'gain'];
  if (is.kind === 'absent') return ['column_hidden', 'loss'];
  const compared = compareViews(was, is);
  if (compared === 'same') return null;
  if (compared === 'more' && is.kind === 'raw') return ['column_unmasked', 'gain'];
  if (compared === 'less' && was.kind === 'raw') return ['column_masked', 'loss'];
  return WORDS[compared];
}

function policiesOf(view: View, answered: Answered | null, column: number): readonly string[] {
  if (view.kind === 'raw' || answered === null) return [];
  const { part, decision } = answered;
  if (view.kind === 'masked') {
    const { policy, when = [] } = view.applied;
    return named(part, [...(policy === null ? [] : [policy]), ...when.map((one) => one.policy)]);
  }
  const hidden = decision.hidden.includes(orderedName(column));
  return hidden
    ? named(
        part,
        decision.reasons.flatMap(({ effect, policy }) => (effect === 'mask' ? [policy] : [])),
      )
    : [];
}

function compareReveals(
  before: Answered | null,
  after: Answered | null,
  column: number,
  common: Pick<Atom, 'column' | 'tagged'>,
): readonly Atom[] {
  const reveals = (answered: Answered | null): readonly string[] =>
    (answered?.decision.reveals?.[orderedName(column)] ?? []).map(({ policy, scope }) =>
      JSON.stringify([answered?.part.names[Number(policy)], scope]),
    );
  const [was, is] = [reveals(before), reveals(after)];
  const come = is.some((one) => !was.includes(one));
  if (!come && was.every((one) => is.includes(one))) return [];
  const change = come ? 'column_revealable' : 'column_no_longer_revealable';
  const words = (list: readonly string[]): string =>
    list.length === 0 ? 'tokens stay' : 'tokens reversible';
  const direction = come ? 'gain' : 'loss';
  return [{ change, direction, ...common, from: words(was), to: words(is), policies: [] }];
}

/** Rows, limits and expiry, for whoever gets in on either side. @param tagged whether it matters for tagged columns is settled elsewhere */
export function compareAccess(before: Answered, after: Answered): readonly Atom[] {
  return [
    ...compareRows(before, after),
    ...compareLimits(before.decision.limits, after.decision.limits),
    ...compareExpiry(before.decision, after.decision),
  ];
}

/** Filters of several policies are joined with "and", and so is what one says. */
function filtersOf({ part, decision }: Answered): ReadonlyMap<string, string> {
  const filters = new Map<string, string>();
  const walk = (predicate: Predicate, policy: string): void => {
    if (predicate.kind === 'and') for (const arg of predicate.args) walk(arg, policy);
    else if (predicate.kind !== 'true')
      filters.set(JSON.stringify(predicate), part.names[Number(policy)] ?? policy);
  };
  for (const { policy, predicate } of decision.rows) walk(predicate, policy);
  return filters;
}

function compareRows(before: Answered, after: Answered): readonly Atom[] {
  const was = filtersOf(before);
  const is = filtersOf(after);
  const gone = [...was].filter(([filter]) => !is.has(filter));
  const come = [...is].filter(([filter]) => !was.has(filter));
  if (gone.length === 0 && come.length === 0) return [];
  const [change, direction] =
    gone.length === 0
      ? (['row_filter_added', 'loss'] as const)
      : come.length === 0
        ? (['row_filter_removed', 'gain'] as const)
        : (['row_filter_changed', 'may_gain'] as const);
  const words = (filters: ReadonlyMap<string, string>): string =>
    filters.size === 0 ? 'no filter' : `${filters.size} ${filters.size === 1 ? 'condition' : 'conditions'}`;
  const policies = [...new Set([...gone, ...come].map(([, policy]) => policy))];
  return [atom({ change, direction, from: words(was), to: words(is), policies })];
}

/** Bounds of which a smaller number is tighter; of the lists, the longer one of filters and the shorter one of all else. */
function compareLimits(before: Limits, after: Limits): readonly Atom[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort() as (keyof Limits)[];
  return keys.flatMap((key) => {
    const [was, is] = [before[key], after[key]];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    if (key === 'aggregate_only') return roomAtoms(before, after);
    const words = (value: Limits[keyof Limits]): string =>
      value === undefined ? `no ${key}` : `${key} ${String(value)}`;
    const change = tighter(key, was, is) ? 'limit_tightened' : 'limit_loosened';
    return [atom({ change, direction: 'notice', from: words(was), to: words(is) })];
  });
}

/** Whoever is held to no room any more, or to one that tells more, sees what they did not. */
function roomAtoms({ aggregate_only: before = [] }: Limits, { aggregate_only: after = [] }: Limits) {
  return compareRooms(before, after).map(({ compared, from, to }) =>
    atom({ ...roomWords(compared), from, to }),
  );
}

function tighter(key: keyof Limits, was: Limits[keyof Limits], is: Limits[keyof Limits]): boolean {
  if (was === undefined || is === undefined) return was === undefined;
  if (typeof was === 'number' && typeof is === 'number') return is < was;
  if (Array.isArray(was) && Array.isArray(is)) {
    const [all, some] = key === 'require_filter' ? [is, was] : [was, is];
    return some.every((item: string) => all.includes(item));
  }
  return false;
}

function compareExpiry(before: Decision, after: Decision): readonly Atom[] {
  if (before.expires_at === after.expires_at) return [];
  const later =
    before.expires_at !== null && (after.expires_at === null || after.expires_at > before.expires_at);
  const words = (at: number | null): string =>
    at === null ? 'without end' : `until ${new Date(at * 1000).toISOString().slice(0, 16)}Z`;
  const direction = later ? 'may_gain' : 'notice';
  return [
    atom({
      change: 'expiry_changed',
      direction,
      from: words(before.expires_at),
      to: words(after.expires_at),
    }),
  ];
}
