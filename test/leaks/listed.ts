/** What row filters of a world look into: one more relation beside its datasets, the same in every world, and the time there. */
import type { Predicate, ScalarOperand } from '../../src/policies/policy.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import { flavourOf } from './flavours.ts';
import type { Random } from './random.ts';
import type { WorldColumn, WorldDataset } from './world.ts';

/** Not at the beginning of a day. */
export const NOW = Date.UTC(2024, 1, 15, 10, 20, 30);

/** Nobody may ask for it. */
export const LISTED: WorldDataset = {
  id: 'ref.listed',
  schema: 'raw',
  table: 'listed',
  columns: [
    { name: 'who', type: 'VARCHAR', flavour: 'words' },
    { name: 'area', type: 'VARCHAR', flavour: 'regions' },
    { name: 'size', type: 'INTEGER', flavour: 'small' },
    { name: 'since', type: 'DATE', flavour: 'days' },
  ],
  rows: [
    ['ada', 'EU', '1', '2020-01-01'],
    ['ada', 'FR', '3', '2024-02-15'],
    ['ada', null, null, null],
    ['ada', 'US', '5', '2024-03-01'],
    ['eve', 'north', '7', '2020-01-01'],
    [null, 'alpha', '2', '2020-01-01'],
  ],
  twin: [],
  denied: true,
  hidden: [],
  masks: {},
  filters: [],
};

/** Over texts and whole numbers; of each the column of the list that is like it. */
export function makeLookup(dataset: WorldDataset, engine: EngineKind, random: Random): Predicate | null {
  const columns = dataset.columns.flatMap((column) => {
    const kind = listable(column, engine);
    return kind === null ? [] : [{ column, listed: kind === 'text' ? 'area' : 'size' }];
  });
  if (columns.length === 0) return null;
  const { column, listed } = random.pick(columns);
  const own: Predicate = compare('who', '=', { kind: 'identity', path: ['sub'] });
  const begun: Predicate = compare('since', random.pick(['<', '<=', '>', '>='] as const), now(random));
  return {
    kind: 'lookup',
    left: { kind: 'column', name: column.name.toLowerCase() },
    dataset: LISTED.id,
    column: listed,
    where: random.pick([
      null,
      own,
      own,
      { kind: 'and', args: [own, begun] },
      { kind: 'not', arg: own },
      compare('who', '<>', { kind: 'identity', path: ['attributes', 'missing'] }),
    ]),
  };
}

function listable(column: WorldColumn, engine: EngineKind): 'text' | 'int' | null {
  if (/^(VARCHAR|TEXT)$/.test(column.type)) return 'text';
  return flavourOf(column, engine).kind === 'int' && /^(SMALLINT|INTEGER|BIGINT)$/.test(column.type)
    ? 'int'
    : null;
}

export const now = (random: Random): ScalarOperand => ({
  kind: 'now',
  months: random.pick([0, 0, -1, -48, 12]),
  days: random.pick([0, 0, -60, 1]),
  seconds: 0,
});

export const compare = (
  name: string,
  op: Extract<Predicate, { kind: 'compare' }>['op'],
  right: ScalarOperand,
): Predicate => ({ kind: 'compare', op, left: { kind: 'column', name }, right });
