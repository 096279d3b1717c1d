/** Makes worlds: datasets of every type, policies over them, and twins that differ only in what is hidden. */
import {
  type MaskSpec,
  PARTIAL_FORMATS,
  type Predicate,
  type ScalarOperand,
} from '../../src/policies/policy.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import { CUSTOM, copyOf, isText, isVisible, masked } from './copy.ts';
import { cell, flavourOf, flavoursOf } from './flavours.ts';
import { SECRET } from './kinds.ts';
import { compare, makeLookup, now } from './listed.ts';
import type { Random } from './random.ts';
import {
  type Cell,
  type ConditionalMask,
  identityOf,
  MASK_KEY,
  maskedColumns,
  maskPolicy,
  type Row,
  type Storage,
  type World,
  type WorldColumn,
  type WorldDataset,
} from './world.ts';

/** Ordinary names, and some that need quotes or care. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  digits: ['code', 'number_text', 'Ref No'],
  words: ['name', 'title', 'select', 'naïve'],
  patterns: ['pattern'],
  regions: ['region'],
  moments: ['moment'],
  documents: ['document'],
  keys: ['id', 'k'],
  small: ['n', 'level', 'Qty'],
  wide: ['wide'],
  widest: ['widest'],
  unsigned: ['u'],
  amounts: ['amount', 'price'],
  ratios: ['ratio'],
  flags: ['flag', 'active'],
  days: ['born', 'day'],
  clocks: ['clock'],
  stamps: ['at'],
  zoned: ['seen'],
  spans: ['span'],
  uuids: ['uid'],
  bytes: ['raw'],
  json: ['doc'],
  ints: ['ints'],
  texts: ['tags'],
  structs: ['st'],
  enums: ['grade'],
};
const COMMON = ['keys', 'digits', 'words', 'regions', 'small'] as const;
const TITLES = ['members', 'orders', 'meters', 'visits'] as const;

const STORAGES: Readonly<Record<EngineKind, readonly Storage[]>> = {
  duckdb: ['memory', 'memory', 'memory', 'packed', 'parquet'],
  postgres: ['memory', 'memory', 'analysed', 'indexed'],
};

export function makeWorld(engine: EngineKind, random: Random): World {
  const attributes = {
    regions: random.pick([['EU', 'FR'], ['US'], ['north', ''], []]),
    level: random.between(0, 8),
    team: random.pick(['EU', 'alpha', '']),
    flag: random.chance(0.5),
  };
  const wanted = random.pick(STORAGES[engine]);
  const world: World = { engine, storage: wanted, rules: 'decisions', attributes, datasets: [] };
  const datasets = TITLES.slice(0, random.between(2, 4)).map((title, i) =>
    makeDataset(title, i, world, random),
  );
  // Most of a world is open to the caller; now and then one dataset is not there at all.
  const namesakes = datasets.some(({ id }) => id === `silver.${TITLES[0]}`);
  const denied = random.chance(0.35) ? random.below(datasets.length) : -1;
  return {
    engine,
    storage: wanted === 'parquet' && !datasets.every(fitsParquet) ? 'packed' : wanted,
    rules: random.chance(0.3) ? 'policies' : 'decisions',
    attributes,
    datasets: datasets.map((dataset, i) => ({ ...dataset, denied: i === denied && (i > 0 || namesakes) })),
  };
}

/** Types that come back from Parquet as they were. */
function fitsParquet(dataset: WorldDataset): boolean {
  return dataset.columns.every(({ type }) => !/^(HUGEINT|INTERVAL|ENUM|JSON|TIME$)/.test(type));
}

/** What the caller may see of the twin is what may be seen of the first version. */
export function isFair(world: World): boolean {
  const identity = identityOf(world);
  return world.datasets.every((dataset) => {
    const [a, b] = [dataset.rows, dataset.twin].map((rows) => copyOf(dataset, rows, identity, MASK_KEY).rows);
    return JSON.stringify(a) === JSON.stringify(b);
  });
}

function makeDataset(title: string, index: number, world: World, random: Random): WorldDataset {
  const flavours = [
    ...COMMON,
    ...random.some(
      Object.keys(flavoursOf(world.engine)).filter((name) => !COMMON.includes(name as 'keys')),
      0.35,
    ),
  ];
  const columns: WorldColumn[] = [];
  for (const flavour of flavours) {
    const name = random.pick(NAMES[flavour]!);
    columns.push({ name, type: random.pick(flavoursOf(world.engine)[flavour]!.types), flavour });
  }
  const bare: WorldDataset = {
    // Now and then a bare name could mean either of two.
    id: index % 3 === 2 ? `silver.${random.chance(0.3) ? TITLES[0] : title}` : `gold.${title}`,
    schema: 'raw',
    table: `${title}_${index}`,
    columns: random.shuffled(columns),
    rows: [],
    twin: [],
    denied: false,
    hidden: [],
    masks: {},
    filters: [],
  };
  return populate(governed(bare, world.engine, random), world, random);
}

function governed(dataset: WorldDataset, engine: EngineKind, random: Random): WorldDataset {
  if (random.chance(0.12)) return dataset;
  const filters = random.chance(0.7)
    ? Array.from({ length: random.chance(0.2) ? 2 : 1 }, () => makeFilter(dataset, 2, engine, random, true))
    : [];
  const hidden = random.some(
    dataset.columns.map((column) => column.name),
    0.12,
  );
  const masks: Record<string, MaskSpec> = {};
  for (const column of dataset.columns) {
    if (!hidden.includes(column.name) && random.chance(0.18))
      masks[column.name] = makeMask(column, engine, random);
  }
  const conditional: Record<string, ConditionalMask> = {};
  for (const column of dataset.columns) {
    const base = masks[column.name];
    if (hidden.includes(column.name) || base?.kind === 'null' || !random.chance(0.08)) continue;
    // Stricter than any other: it never loses to the one of all rows.
    const mask: MaskSpec = base === undefined ? makeMask(column, engine, random) : { kind: 'null' };
    conditional[column.name] = { mask, where: makeFilter(dataset, 1, engine, random) };
  }
  // A dataset without a visible column cannot be asked for anything.
  return { ...dataset, filters, hidden: hidden.slice(0, dataset.columns.length - 2), masks, conditional };
}

const PATTERNS = ['[0-9]', '[a-m]+', '[^a-z]', '^.', 'a|E', '.{2}$'] as const;
const UNITS = ['year', 'quarter', 'month', 'week', 'day', 'hour'] as const;

/** Those that fit the column more often than others, so that something is left to see. */
function makeMask(column: WorldColumn, engine: EngineKind, random: Random): MaskSpec {
  const { kind } = flavourOf(column, engine);
  const fill = random.pick(['*', '#', '•']);
  const texts = [
    (): MaskSpec => ({
      kind: 'partial',
      first: random.between(0, 2),
      last: random.between(0, 2),
      with: fill,
    }),
    (): MaskSpec => ({ kind: 'partial', format: random.pick(PARTIAL_FORMATS), with: fill }),
    (): MaskSpec => ({ kind: 'tokenise', scope: random.pick(['policy', 'dataset'] as const), reveal: null }),
    (): MaskSpec => ({
      kind: 'regex',
      pattern: random.pick(PATTERNS),
      replace: random.pick(['', '_', '\\1']),
      unmatched: random.pick(['null', 'keep'] as const),
    }),
  ];
  const numbers = [
    (): MaskSpec => ({
      kind: 'bucket',
      width: random.pick([2, 5, 10, 0.5]),
      origin: random.pick([0, 1, -3]),
    }),
    (): MaskSpec => ({
      kind: 'bucket',
      boundaries: random.pick([
        [0, 5, 50],
        [-1, 1.5],
      ]),
    }),
    (): MaskSpec => ({ kind: 'round', to: random.pick([10, 5, 0.5, 1000]) }),
  ];
  const dates = [(): MaskSpec => ({ kind: 'truncate_date', to: random.pick(UNITS) })];
  const any = [
    (): MaskSpec => ({ kind: 'null' }),
    (): MaskSpec => ({ kind: 'hash', scope: random.pick(['global', 'dataset', 'project'] as const) }),
    (): MaskSpec => ({ kind: 'constant', value: constantFor(column, engine, random) }),
    (): MaskSpec => ({ kind: 'custom', expression: random.pick(Object.keys(CUSTOM)), rank: 2.5 }),
  ];
  const own = {
    text: texts,
    int: numbers,
    decimal: numbers,
    float: numbers,
    date: dates,
    timestamp: dates,
    timestamptz: dates,
  };
  const fitting = Object.hasOwn(own, kind) ? own[kind as keyof typeof own] : [];
  return random.pick([
    ...any,
    ...fitting,
    ...(random.chance(0.15) ? [...texts, ...numbers, ...dates] : []),
  ])();
}

function constantFor(column: WorldColumn, engine: EngineKind, random: Random): string | number | boolean {
  switch (flavourOf(column, engine).kind) {
    case 'int':
      return random.pick([0, 5, 1.5, 1e30]);
    case 'decimal':
    case 'float':
      return random.pick([0, 1.25, 7]);
    case 'bool':
      return random.pick([true, false, 'true']);
    case 'date':
      return random.pick(['2000-01-01', 'never']);
    case 'uuid':
      return random.pick(['00000000-0000-4000-8000-000000000000', 'none']);
    default:
      return random.pick(['hidden', '', "it's"]);
  }
}

const COMPARED =
  /^(VARCHAR(\(\d+\))?|TEXT|TINYINT|SMALLINT|INTEGER|BIGINT|DECIMAL.*|DOUBLE( PRECISION)?|BOOLEAN|DATE|UUID)$/;

/** @param lookups whether it may look elsewhere: not in the condition of a mask, and not under `not` */
function makeFilter(
  dataset: WorldDataset,
  depth: number,
  engine: EngineKind,
  random: Random,
  lookups = false,
): Predicate {
  const again = (positive = lookups): Predicate => makeFilter(dataset, depth - 1, engine, random, positive);
  const region: Predicate = {
    kind: 'any',
    left: {
      kind: 'column',
      name: dataset.columns.find(({ flavour }) => flavour === 'regions')!.name.toLowerCase(),
    },
    list: { kind: 'identity', path: ['attributes', 'regions'] },
  };
  if (depth === 0 || random.chance(0.5)) {
    const leaf = random.next();
    if (leaf < 0.35) return region;
    if (leaf < 0.37) return { kind: random.pick(['true', 'false'] as const) };
    const lookup = lookups && leaf < 0.5 ? makeLookup(dataset, engine, random) : null;
    if (lookup !== null) return lookup;
    return makeLeaf(dataset, engine, random);
  }
  return random.pick<() => Predicate>([
    () => ({ kind: 'and', args: [again(), again()] }),
    () => ({ kind: 'or', args: [again(), again()] }),
    () => ({ kind: 'or', args: [region, again()] }),
    () => ({ kind: 'not', arg: again(false) }),
  ])();
}

function makeLeaf(dataset: WorldDataset, engine: EngineKind, random: Random): Predicate {
  const column = random.pick(dataset.columns.filter(({ type }) => COMPARED.test(type)));
  const left: ScalarOperand = { kind: 'column', name: column.name.toLowerCase() };
  const other = dataset.columns.filter(({ type, name }) => type === column.type && name !== column.name);
  const right = (): ScalarOperand =>
    random.chance(0.1) && other.length > 0
      ? { kind: 'column', name: random.pick(other).name.toLowerCase() }
      : valueFor(column, engine, random);
  if (column.type === 'DATE' && random.chance(0.3))
    return compare(column.name.toLowerCase(), random.pick(['<', '<=', '>', '>='] as const), now(random));
  const like = flavourOf(column, engine).kind === 'text';
  return random.pick<() => Predicate>([
    () => ({
      kind: 'compare',
      op: random.pick(['=', '<>', '<', '<=', '>', '>='] as const),
      left,
      right: right(),
    }),
    () => ({ kind: 'compare', op: random.pick(['<>', '<=', '>='] as const), left, right: right() }),
    () => ({ kind: 'in', left, values: [right(), right(), right()] }),
    () => ({ kind: 'is_null', arg: left, negated: random.chance(0.8) }),
    () =>
      like
        ? {
            kind: 'like',
            left,
            pattern: random.pick(['%a%', '_', '1%', '%\\%%', '%']),
            negated: random.chance(0.3),
          }
        : { kind: 'is_null', arg: left, negated: true },
  ])();
}

function valueFor(column: WorldColumn, engine: EngineKind, random: Random): ScalarOperand {
  const chosen = random.next();
  if (chosen < 0.08)
    return { kind: 'identity', path: ['attributes', random.pick(['level', 'team', 'missing', 'flag'])] };
  const { kind, ordinary } = flavourOf(column, engine);
  const text = random.pick(ordinary);
  switch (kind) {
    case 'int':
    case 'decimal':
    case 'float':
      return { kind: 'literal', value: Number(text) };
    case 'bool':
      return { kind: 'literal', value: text === 'true' };
    default:
      return { kind: 'literal', value: text };
  }
}

/** Rows: about half of them visible, and poison mostly where it cannot be seen. */
function populate(dataset: WorldDataset, world: World, random: Random): WorldDataset {
  const identity = identityOf(world);
  const { engine } = world;
  const large = random.chance(0.03);
  const wanted = large ? 2500 : random.pick([0, 3, 8, 14, 20]);
  const open =
    dataset.filters.length === 0 && dataset.hidden.length === 0 && maskedColumns(dataset).length === 0;
  const row = (poison: number): Row =>
    dataset.columns.map((column) => cell(column, poisonIn(dataset, column, poison, open), engine, random));
  const visible: Row[] = [];
  const hidden: Row[] = [];
  for (let i = 0; i < wanted * 6 && visible.length < wanted / 2; i++) {
    const made = row(0);
    if (isVisible(dataset, made, identity)) visible.push(made);
    else if (hidden.length < wanted / 2)
      hidden.push(dataset.columns.map((column, at) => spoil(column, made[at]!, world, random)));
  }
  for (let i = 0; i < wanted && hidden.length < wanted / 2; i++) hidden.push(row(0.5));
  const rows = random.shuffled([...visible, ...hidden.filter((made) => !isVisible(dataset, made, identity))]);
  const twin = twinOf({ ...dataset, rows }, world, random);
  return random.chance(0.5) ? { ...dataset, rows, twin } : { ...dataset, rows: twin, twin: rows };
}

/** Columns that the caller does not see as they are hold poison in every row. */
function poisonIn(dataset: WorldDataset, column: WorldColumn, poison: number, open: boolean): number {
  const unseen = dataset.hidden.includes(column.name) || maskedColumns(dataset).includes(column.name);
  return open ? 0.01 : unseen ? Math.max(poison, 0.4) : poison;
}

/** Filters look at some columns only, so poison in one column mostly leaves a hidden row hidden. */
function spoil(column: WorldColumn, value: Cell, { engine, storage }: World, random: Random): Cell {
  const { poison } = flavourOf(column, engine);
  // Statistics name the values that come more than once.
  if (storage === 'analysed' || storage === 'indexed') return random.chance(0.5) ? poison[0]! : value;
  return random.chance(0.25) ? random.pick(poison) : value;
}

function twinOf(dataset: WorldDataset, world: World, random: Random): readonly Row[] {
  const identity = identityOf(world);
  const shown = (row: Row): string => JSON.stringify(copyOf(dataset, [row], identity, MASK_KEY).rows);
  const dropsHidden = random.chance(0.15);
  return dataset.rows.flatMap((row) => {
    const visible = isVisible(dataset, row, identity);
    if (!visible && dropsHidden) return [];
    const before = shown(row);
    for (let attempt = 0; attempt < 4; attempt++) {
      const made = row.map((value, i) => changed(dataset, i, value, visible, world.engine, random));
      if (isVisible(dataset, made, identity) === visible && shown(made) === before) return [made];
    }
    return [row];
  });
}

function changed(
  dataset: WorldDataset,
  at: number,
  value: Cell,
  visible: boolean,
  engine: EngineKind,
  random: Random,
): Cell {
  const column = dataset.columns[at]!;
  if (!visible || dataset.hidden.includes(column.name)) return cell(column, 0.1, engine, random);
  const mask = dataset.masks[column.name];
  // Whether it shows, the whole row says.
  const some = Object.hasOwn(dataset.conditional ?? {}, column.name) && random.chance(0.5);
  if (mask === undefined) return some ? cell(column, 0.1, engine, random) : value;
  const other =
    mask.kind === 'partial' && 'first' in mask && isText(column.type) && value !== null
      ? inside(value, mask.first, mask.last)
      : cell(column, 0.1, engine, random);
  const policy = maskPolicy(dataset, `mask-${column.name}`);
  return masked(column, other, mask, dataset, policy, MASK_KEY) ===
    masked(column, value, mask, dataset, policy, MASK_KEY)
    ? other
    : value;
}

/** Another text of the same length and the same ends. */
function inside(value: string, first: number, last: number): string {
  return Array.from(value, (point, i) =>
    i < first || i >= Array.from(value).length - last ? point : SECRET[i % SECRET.length]!,
  ).join('');
}
