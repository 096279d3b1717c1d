/**
 * Worlds with one table of several vectors of rows, few values in each column, and rules that follow the order in which the rows
 * lie: whole vectors are shown as they are, out of segments whose dictionaries hold what may not be seen.
 */
import type { Predicate } from '../../src/policies/policy.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import { isVisible } from './copy.ts';
import { flavoursOf } from './flavours.ts';
import { compare } from './listed.ts';
import type { Random } from './random.ts';
import {
  type ConditionalMask,
  identityOf,
  type Row,
  type Storage,
  type World,
  type WorldColumn,
  type WorldDataset,
} from './world.ts';

/** Rows that DuckDB takes at a time. */
const VECTOR = 2048;

/** Whole numbers from 0, in the order of the rows. */
export const ORDINAL = 'id';
const AREA = 'region';

/** Those of flavours.ts of which most expressions accept what may be seen, and raise on poison. */
const FLAVOURS: Readonly<Record<string, string>> = {
  patterns: 'pattern',
  digits: 'code',
  words: 'name',
  documents: 'document',
  moments: 'moment',
  wide: 'wide',
  days: 'born',
};

const STORAGES: Readonly<Record<EngineKind, readonly Storage[]>> = {
  duckdb: ['packed', 'packed', 'packed', 'parquet'],
  postgres: ['analysed', 'indexed'],
};

export function makeLongWorld(engine: EngineKind, random: Random): World {
  const attributes = { regions: ['EU', 'FR'], level: random.between(0, 8), team: 'EU', flag: true };
  const world: World = {
    engine,
    storage: random.pick(STORAGES[engine]),
    rules: random.chance(0.2) ? 'policies' : 'decisions',
    attributes,
    datasets: [],
  };
  return { ...world, datasets: [makeDataset(world, random)] };
}

function makeDataset(world: World, random: Random): WorldDataset {
  const flavours = flavoursOf(world.engine);
  const length = 3 * VECTOR + random.between(1, VECTOR);
  const columns: WorldColumn[] = [
    { name: ORDINAL, type: 'INTEGER', flavour: 'keys' },
    { name: AREA, type: 'VARCHAR', flavour: 'regions' },
    ...chosen(random).map(([flavour, name]) => ({
      name,
      type: random.pick(flavours[flavour]!.types),
      flavour,
    })),
  ];
  const masked = stretch(length, random);
  const conditional: Record<string, ConditionalMask> = {};
  for (const [i, { name }] of columns.slice(2).entries()) {
    if (i > 0 && !random.chance(0.6)) continue;
    conditional[name] = {
      mask: random.chance(0.8) ? { kind: 'null' } : { kind: 'constant', value: 'hidden' },
      where: random.chance(0.6) ? masked.ordinal : inArea(random),
    };
  }
  const dataset: WorldDataset = {
    id: 'gold.members',
    schema: 'raw',
    table: 'members_0',
    columns,
    rows: [],
    twin: [],
    denied: false,
    hidden: [],
    masks: {},
    conditional,
    filters: random.chance(0.25) ? [stretch(length, random, true).ordinal] : [],
  };
  return { ...dataset, ...populate(dataset, length, masked.has, world, random) };
}

/** Patterns always: DuckDB takes what matches them for unable to raise, and matches all of a dictionary. */
function chosen(random: Random): readonly (readonly [flavour: string, name: string])[] {
  const [patterns, ...others] = Object.entries(FLAVOURS);
  return [patterns!, ...random.shuffled(others).slice(0, 3)];
}

/** Rows at one end, which leave a whole vector and more at the other. */
function stretch(
  length: number,
  random: Random,
  others = false,
): { readonly ordinal: Predicate; readonly has: (at: number) => boolean } {
  const begins = random.chance(0.5);
  const end = begins ? random.between(1, 2 * VECTOR) : random.between(VECTOR, length - 1);
  const op = begins === others ? '>=' : '<';
  return {
    ordinal: compare(ORDINAL, op, { kind: 'literal', value: end }),
    has: (at) => at < end === begins,
  };
}

const inArea = (random: Random): Predicate =>
  random.pick<Predicate>([
    compare(AREA, '=', { kind: 'literal', value: 'US' }),
    { kind: 'like', left: { kind: 'column', name: AREA }, pattern: '_S', negated: false },
    {
      kind: 'not',
      arg: {
        kind: 'any',
        left: { kind: 'column', name: AREA },
        list: { kind: 'identity', path: ['attributes', 'regions'] },
      },
    },
  ]);

/** Poison lies in one of the twins alone, and only where the caller does not look. */
function populate(
  dataset: WorldDataset,
  length: number,
  isMasked: (at: number) => boolean,
  { engine, ...world }: World,
  random: Random,
): Pick<WorldDataset, 'rows' | 'twin'> {
  const identity = identityOf({ engine, ...world });
  const few = dataset.columns.map(({ flavour }) => {
    const { ordinary, poison } = flavoursOf(engine)[flavour]!;
    return { ordinary: random.shuffled(ordinary).slice(0, 4), poison: random.pick(poison) };
  });
  const rows: Row[] = [];
  const twin: Row[] = [];
  for (let at = 0; at < length; at++) {
    const area = isMasked(at) ? 'US' : random.pick(['EU', 'FR']);
    const plain = few.map(({ ordinary }) => random.pick(ordinary));
    const bare: Row = [String(at), area, ...plain.slice(2)];
    const visible = isVisible(dataset, bare, identity);
    const poisoned = bare.map((value, i) => {
      const { name } = dataset.columns[i]!;
      if (name === ORDINAL || name === AREA) return value;
      const unseen = !visible || (isMasked(at) && Object.hasOwn(dataset.conditional ?? {}, name));
      return unseen && random.chance(0.3) ? few[i]!.poison : value;
    });
    rows.push(poisoned);
    twin.push(bare);
  }
  return random.chance(0.5) ? { rows, twin } : { rows: twin, twin: rows };
}
