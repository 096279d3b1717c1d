/** Which of two views of a column shows more. Where that cannot be told, the answer is "in doubt", never "less". */
import type { AppliedMask } from '../access/decision.ts';
import { DATE_UNITS, MASK_ORDER, type MaskSpec } from '../policies/policy.ts';

/** How one identity sees a column. */
export type View =
  | { readonly kind: 'absent' }
  | { readonly kind: 'raw' }
  | { readonly kind: 'masked'; readonly applied: AppliedMask };

export type Compared = 'same' | 'more' | 'less' | 'in_doubt';

const RAW = null;
type Shown = MaskSpec | typeof RAW;

/** What the second of two views shows, against the first; neither is absent. */
export function compareViews(before: View, after: View): Compared {
  const [was, is] = [maskOf(before), maskOf(after)];
  const whens = [before, after].map((view) => (view.kind === 'masked' ? (view.applied.when ?? []) : []));
  const [conditionsBefore, conditionsAfter] = whens.map((list) => list.map(conditional));
  const base = compareShown(was, is);
  const gone = conditionsBefore?.filter((one) => !conditionsAfter?.includes(one)) ?? [];
  const come = conditionsAfter?.filter((one) => !conditionsBefore?.includes(one)) ?? [];
  if (gone.length === 0 && come.length === 0) return base;
  // A mask on more rows only ever hides more, and the other way round.
  if (gone.length === 0 && (base === 'same' || base === 'less')) return 'less';
  if (come.length === 0 && (base === 'same' || base === 'more')) return 'more';
  return compareOutcomes(outcomesOf(before), outcomesOf(after));
}

const outcomesOf = (view: View): readonly Shown[] =>
  view.kind === 'masked' ? [view.applied.mask, ...(view.applied.when ?? []).map(({ mask }) => mask)] : [RAW];

/** Whatever a row got before, and whatever it gets now. */
function compareOutcomes(before: readonly Shown[], after: readonly Shown[]): Compared {
  const all = before.flatMap((was) => after.map((is) => compareShown(was, is)));
  for (const way of ['more', 'less'] as const)
    if (all.every((one) => one === way || one === 'same')) return way;
  return 'in_doubt';
}

const maskOf = (view: View): Shown => (view.kind === 'masked' ? view.applied.mask : RAW);

const conditional = ({ mask, where }: NonNullable<AppliedMask['when']>[number]): string =>
  JSON.stringify([withoutReveal(mask), where]);

/** Who may have tokens reversed is told apart. */
function withoutReveal(mask: Shown): Shown {
  return mask?.kind === 'tokenise' ? { ...mask, reveal: null } : mask;
}

function compareShown(before: Shown, after: Shown): Compared {
  if (JSON.stringify(withoutReveal(before)) === JSON.stringify(withoutReveal(after))) return 'same';
  if (before === RAW) return 'less';
  if (after === RAW) return 'more';
  if (before.kind !== after.kind) {
    // An expression of the author's own may show anything, wherever it stands in the order.
    if (before.kind === 'custom' || after.kind === 'custom') return 'in_doubt';
    return MASK_ORDER.indexOf(before.kind) < MASK_ORDER.indexOf(after.kind) ? 'more' : 'less';
  }
  return sameKind(before, after);
}

const byNumber = (before: number, after: number): Compared =>
  before === after ? 'same' : after > before ? 'more' : 'less';

/** The wider the scope, the more can be joined. */
const SCOPES = ['dataset', 'project', 'global'];

/** From the finest. */
const COARSENESS = DATE_UNITS;

function sameKind(before: MaskSpec, after: MaskSpec): Compared {
  // Neither shows anything of the value.
  if (before.kind === 'constant') return 'same';
  if (before.kind === 'hash' && after.kind === 'hash')
    return byNumber(SCOPES.indexOf(before.scope), SCOPES.indexOf(after.scope));
  if (before.kind === 'truncate_date' && after.kind === 'truncate_date')
    return byNumber(COARSENESS.indexOf(before.to), COARSENESS.indexOf(after.to));
  if (before.kind === 'partial' && after.kind === 'partial' && 'first' in before && 'first' in after)
    return both(byNumber(before.first, after.first), byNumber(before.last, after.last));
  return 'in_doubt';
}

function both(one: Compared, other: Compared): Compared {
  if (one === 'same') return other;
  if (other === 'same' || one === other) return one;
  return 'in_doubt';
}

/** `raw`, `hidden`, `hash`, `partial (first 4, last 4)`, `hash in some rows, else raw` */
export function describeView(view: View): string {
  switch (view.kind) {
    case 'absent':
      return 'hidden';
    case 'raw':
      return 'raw';
    case 'masked': {
      const { mask, when = [] } = view.applied;
      const base = mask === null ? 'raw' : describeMask(mask);
      if (when.length === 0) return base;
      return `${[...new Set(when.map((one) => describeMask(one.mask)))].join(', ')} in some rows, else ${base}`;
    }
    default:
      return view satisfies never;
  }
}

function describeMask({ kind, ...options }: MaskSpec): string {
  const shown = Object.entries(options)
    .filter(([name, value]) => name !== 'reveal' && value !== 'global')
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return shown.length === 0 ? kind : `${kind} (${shown.join(', ')})`;
}
