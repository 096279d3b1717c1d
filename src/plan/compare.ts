/** Two decisions for one class of identities and one shape of datasets: what is released more, less, or otherwise. */
import type { Decision } from '../access/decision.ts';
import type { Limits, Predicate } from '../policies/policy.ts';
import type { AccessWord, Direction } from './report.ts';
import type { Shape } from './shape.ts';
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
  readonly policies: readonly string[];
}

/** Whoever may not read is shown nothing; a dataset that is not there, or is refused, is read by nobody. */
interface Sight {
  readonly allow: boolean;
  readonly discoverable: boolean;
  readonly reason: string;
  readonly decision: Decision | null;
}

/** @param before null where the dataset is not there */
export function compareDecisions(
  shape: Shape,
  before: Decision | null,
  after: Decision | null,
): readonly Atom[] {
  const was = sightOf(shape.before, before);
  const is = sightOf(shape.after, after);
  if (was.allow && is.allow && was.decision !== null && is.decision !== null)
    return [
      ...compareColumns(shape, was.decision, is.decision),
      ...compareRows(shape, was.decision, is.decision),
      ...compareLimits(was.decision.limits, is.decision.limits),
      ...compareExpiry(shape, was.decision, is.decision),
    ];
  if (was.allow !== is.allow) return [wholeDataset(shape, was, is)];
  if (was.discoverable === is.discoverable) return [];
  const change = is.discoverable ? 'becomes_discoverable' : 'no_longer_discoverable';
  const words = (sight: Sight): string => (sight.discoverable ? 'known of' : 'unknown');
  return [atom({ change, direction: 'notice', from: words(was), to: words(is) })];
}

function atom(of: Pick<Atom, 'change' | 'direction' | 'from' | 'to'> & Partial<Atom>): Atom {
  return { column: null, tagged: [], policies: [], ...of };
}

function sightOf(side: Shape['before'], decision: Decision | null): Sight {
  if (side === null || decision === null)
    return { allow: false, discoverable: false, reason: 'not there', decision: null };
  const allow = decision.allow && !side.invalid;
  return {
    allow,
    discoverable: decision.allow || decision.discoverable,
    reason: allow ? 'allowed' : side.invalid ? 'refused: invalid' : decision.reason,
    decision,
  };
}

function wholeDataset(shape: Shape, was: Sight, is: Sight): Atom {
  const [change, direction, side, decision] = is.allow
    ? (['dataset_gained', 'gain', 'after', is.decision] as const)
    : (['dataset_lost', 'loss', 'before', was.decision] as const);
  const seen = decision === null ? [] : seenTagged(shape, decision, side);
  const policies = (decision?.reasons ?? []).flatMap(({ effect, policy }) =>
    ['allow', 'require', 'deny', 'break_glass'].includes(effect) ? [policy] : [],
  );
  return atom({ change, direction, tagged: seen, from: was.reason, to: is.reason, policies });
}

const nameOf = (column: number): string => String(column).padStart(5, '0');

function viewOf(shape: Shape, column: number, decision: Decision, side: 'before' | 'after'): View {
  const name = nameOf(column);
  if (!shape.columns[column]?.[side] || decision.hidden.includes(name)) return { kind: 'absent' };
  const applied = decision.masks[name];
  return applied === undefined ? { kind: 'raw' } : { kind: 'masked', applied };
}

/** Tagged columns that are shown, masked or not. */
function seenTagged(shape: Shape, decision: Decision, side: 'before' | 'after'): readonly number[] {
  return shape.columns.flatMap(({ tagged }, column) =>
    tagged && viewOf(shape, column, decision, side).kind !== 'absent' ? [column] : [],
  );
}

const WORDS = {
  more: ['column_masked_less', 'gain'],
  less: ['column_masked_more', 'loss'],
  in_doubt: ['column_masked_otherwise', 'may_gain'],
} as const satisfies Record<Exclude<Compared, 'same'>, readonly [AccessWord, Direction]>;

function compareColumns(shape: Shape, before: Decision, after: Decision): readonly Atom[] {
  return shape.columns.flatMap(({ tagged }, column): readonly Atom[] => {
    const was = viewOf(shape, column, before, 'before');
    const is = viewOf(shape, column, after, 'after');
    const common = { column, tagged: tagged ? [column] : [] };
    const revealed = compareReveals(before, after, column, common);
    const [change, direction] = changeOf(was, is) ?? [];
    if (change === undefined || direction === undefined) return revealed;
    const policies = [...policiesOf(was, before, column), ...policiesOf(is, after, column)];
    const from = was.kind === 'absent' && !shape.columns[column]?.before ? 'not there' : describeView(was);
    const to = is.kind === 'absent' && !shape.columns[column]?.after ? 'not there' : describeView(is);
    return [{ change, direction, ...common, from, to, policies: [...new Set(policies)] }, ...revealed];
  });
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

function policiesOf(view: View, decision: Decision, column: number): readonly string[] {
  if (view.kind === 'raw') return [];
  if (view.kind === 'absent')
    return decision.reasons.flatMap(({ effect, policy }) =>
      effect === 'mask' && decision.hidden.includes(nameOf(column)) ? [policy] : [],
    );
  const { policy, when = [] } = view.applied;
  return [...(policy === null ? [] : [policy]), ...when.map((one) => one.policy)];
}

function compareReveals(
  before: Decision,
  after: Decision,
  column: number,
  common: Pick<Atom, 'column' | 'tagged'>,
): readonly Atom[] {
  const of = (decision: Decision): readonly string[] =>
    (decision.reveals?.[nameOf(column)] ?? []).map(({ policy, scope }) => JSON.stringify([policy, scope]));
  const [was, is] = [of(before), of(after)];
  const come = is.some((one) => !was.includes(one));
  if (!come && was.every((one) => is.includes(one))) return [];
  const change = come ? 'column_revealable' : 'column_no_longer_revealable';
  const words = (list: readonly string[]): string =>
    list.length === 0 ? 'tokens stay' : 'tokens reversible';
  const policies = [...(after.reveals?.[nameOf(column)] ?? [])].map(({ policy }) => policy);
  return [
    { change, direction: come ? 'gain' : 'loss', ...common, from: words(was), to: words(is), policies },
  ];
}

/** Filters of several policies are joined with "and", and so is what one says. */
function filtersOf({ rows }: Decision): ReadonlyMap<string, string> {
  const filters = new Map<string, string>();
  const walk = (predicate: Predicate, policy: string): void => {
    if (predicate.kind === 'and') for (const arg of predicate.args) walk(arg, policy);
    else if (predicate.kind !== 'true') filters.set(JSON.stringify(predicate), policy);
  };
  for (const { policy, predicate } of rows) walk(predicate, policy);
  return filters;
}

function compareRows(shape: Shape, before: Decision, after: Decision): readonly Atom[] {
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
  const tagged = seenTagged(shape, after, 'after');
  return [atom({ change, direction, tagged, from: words(was), to: words(is), policies })];
}

/** Bounds of which a smaller number is tighter; of the lists, the longer one of filters and the shorter one of all else. */
function compareLimits(before: Limits, after: Limits): readonly Atom[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort() as (keyof Limits)[];
  return keys.flatMap((key) => {
    const [was, is] = [before[key], after[key]];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    const words = (value: Limits[keyof Limits]): string =>
      value === undefined ? `no ${key}` : `${key} ${String(value)}`;
    const change = tighter(key, was, is) ? 'limit_tightened' : 'limit_loosened';
    return [atom({ change, direction: 'notice', from: words(was), to: words(is) })];
  });
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

function compareExpiry(shape: Shape, before: Decision, after: Decision): readonly Atom[] {
  if (before.expires_at === after.expires_at) return [];
  const later =
    before.expires_at !== null && (after.expires_at === null || after.expires_at > before.expires_at);
  const words = (at: number | null): string =>
    at === null ? 'without end' : `until ${new Date(at * 1000).toISOString().slice(0, 16)}Z`;
  return [
    atom({
      change: 'expiry_changed',
      direction: later ? 'may_gain' : 'notice',
      tagged: later ? seenTagged(shape, after, 'after') : [],
      from: words(before.expires_at),
      to: words(after.expires_at),
    }),
  ];
}
