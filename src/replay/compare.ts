/** What two outcomes of one query differ in: whether it is let in, and how each dataset is shown where it is on both sides. */
import type { Decision } from '../access/decision.ts';
import type { Column, Dataset } from '../catalogue/dataset.ts';
import { compareAccess } from '../plan/compare.ts';
import type { Direction } from '../plan/report.ts';
import { compareViews, describeView, type View } from '../plan/strictness.ts';
import type { Outcome } from './decide-again.ts';
import type { ReplayChange, ReplayWord } from './report.ts';
import type { Settled } from './settle.ts';

export type Difference = Pick<
  ReplayChange,
  'dataset' | 'change' | 'direction' | 'column' | 'tags' | 'from' | 'to'
>;

export interface Compared extends Pick<Settled, 'before' | 'after'> {
  /** Null where only the record tells of it. */
  readonly was: Outcome | null;
  readonly is: Outcome;
}

export function compareOutcomes({ was, is, before, after }: Compared): readonly Difference[] {
  if (was === is && before === after) return [];
  if (before === null && after !== null) return refused(after, 'newly_denied', is, was);
  if (before !== null && after === null) return refused(before, 'newly_allowed', was, is);
  if (was === null || before !== null) return [];
  return is.shown.flatMap(({ dataset, decision }) => {
    const then = was.shown.find((one) => one.dataset.id === dataset.id);
    return then === undefined ? [] : compareDatasets(then, { dataset, decision });
  });
}

type Shown = Outcome['shown'][number];

/** @param closed the side that refuses, null where only the record tells of it; the datasets that it refuses are named */
function refused(
  code: string,
  change: 'newly_denied' | 'newly_allowed',
  closed: Outcome | null,
  opened: Outcome | null,
): readonly Difference[] {
  const denied = new Set(
    (closed?.shown ?? []).flatMap(({ dataset, decision }) => (decision.allow ? [] : [dataset.id])),
  );
  const named = (opened ?? closed)?.shown.filter(
    ({ dataset }) => denied.size === 0 || denied.has(dataset.id),
  );
  const allowed = change === 'newly_allowed';
  const common = {
    change,
    direction: allowed ? ('gain' as const) : ('loss' as const),
    column: null,
    from: allowed ? code : 'allowed',
    to: allowed ? 'allowed' : code,
  };
  if (named === undefined || named.length === 0) return [{ ...common, dataset: null, tags: [] }];
  return named.map(({ dataset, decision }) => ({
    ...common,
    dataset: dataset.id,
    tags: tagsOf(
      dataset.columns.filter((column) => column.exposed && !decision.hidden.includes(column.folded)),
    ),
  }));
}

function compareDatasets(was: Shown, is: Shown): readonly Difference[] {
  const [then, now] = [columnsOf(was.dataset), columnsOf(is.dataset)];
  const names = new Set([...then.keys(), ...now.keys()]);
  const dataset = is.dataset.id;
  const columns = [...names].flatMap((name) => {
    const changed = compareColumn(viewOf(then.get(name), was), viewOf(now.get(name), is));
    if (changed === null) return [];
    const tags = tagsOf([then.get(name), now.get(name)].filter((column) => column !== undefined));
    return [{ dataset, column: name, tags, ...changed }];
  });
  // Policies keep their own names.
  const answered = (decision: Decision) => ({ part: { names: [] }, decision });
  const tags = tagsOf(is.dataset.columns.filter((column) => viewOf(column, is).kind !== 'absent'));
  const whole = compareAccess(answered(was.decision), answered(is.decision)).map(
    ({ change, direction, from, to }) => ({ dataset, column: null, tags, change, direction, from, to }),
  );
  return [...columns, ...whole];
}

const columnsOf = ({ columns }: Dataset): ReadonlyMap<string, Column> =>
  new Map(columns.map((column) => [column.folded, column]));

function viewOf(column: Column | undefined, { decision }: Shown): View {
  if (column?.exposed !== true || decision.hidden.includes(column.folded)) return { kind: 'absent' };
  const { folded } = column;
  const applied = Object.hasOwn(decision.masks, folded) ? decision.masks[folded] : undefined;
  return applied === undefined ? { kind: 'raw' } : { kind: 'masked', applied };
}

type Changed = {
  readonly change: ReplayWord;
  readonly direction: Direction;
  readonly from: string;
  readonly to: string;
};

function compareColumn(was: View, is: View): Changed | null {
  const words = { from: describeView(was), to: describeView(is) };
  if (was.kind === 'absent')
    return is.kind === 'absent' ? null : { change: 'column_shown', direction: 'gain', ...words };
  if (is.kind === 'absent') return { change: 'column_hidden', direction: 'loss', ...words };
  switch (compareViews(was, is)) {
    case 'same':
      return null;
    case 'more':
      return {
        change: is.kind === 'raw' ? 'column_unmasked' : 'column_masked_less',
        direction: 'gain',
        ...words,
      };
    case 'less':
      return {
        change: was.kind === 'raw' ? 'column_masked' : 'column_masked_more',
        direction: 'loss',
        ...words,
      };
    case 'in_doubt':
      return { change: 'column_masked_otherwise', direction: 'may_gain', ...words };
  }
}

/** What says something of the data: a tag that follows from how a node is built does not. */
function tagsOf(columns: readonly Column[]): readonly string[] {
  const tags = columns.flatMap((column) =>
    column.tags.flatMap(({ tag, source }) => (source.kind === 'derived' ? [] : [tag])),
  );
  return [...new Set(tags)].sort();
}
