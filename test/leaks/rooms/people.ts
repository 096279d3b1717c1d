/**
 * Generated people of a clean room, what its rules cut them into, reckoned here from the raw rows alone, and a twin of them that
 * no caller may tell apart: whoever is in no group that is shown is somebody else, and within groups values change hands.
 */
import type { Random } from '../random.ts';

export interface Row {
  readonly id: number | null;
  readonly region: string | null;
  readonly year: number;
  readonly age: number | null;
}

export interface Used {
  readonly id: number | null;
  readonly month: number;
  readonly kwh: number | null;
}

export interface People {
  readonly least: number;
  readonly members: readonly Row[];
  readonly usage: readonly Used[];
  readonly weights: readonly { readonly id: number; readonly label: string }[];
}

const REGIONS = ['EU', 'FR', 'US', 'IT', 'ES', "O'X", null] as const;

export function generatePeople(random: Random): People {
  const least = random.pick([2, 3, 5, 7]);
  const size = random.between(30, 70);
  const members: Row[] = [];
  const usage: Used[] = [];
  const weights: { id: number; label: string }[] = [];
  for (let id = 1; id <= size; id++) {
    // Most in few regions, so that there are groups of every size.
    const region = random.chance(0.8) ? random.pick(REGIONS.slice(0, 2)) : random.pick(REGIONS);
    const year = random.chance(0.7) ? 2020 : random.between(2021, 2023);
    const age = random.chance(0.06) ? null : random.between(18, 90);
    const row = { id: random.chance(0.02) ? null : id, region: region ?? null, year, age };
    if (random.chance(0.95)) members.push(row);
    if (random.chance(0.03)) members.push({ ...row, age: random.between(18, 90) });
    const months = random.between(0, 3);
    for (let i = 0; i < months; i++)
      usage.push({
        id: random.chance(0.02) ? null : id,
        month: random.chance(0.8) ? 1 : random.between(2, 3),
        kwh: random.chance(0.05) ? null : random.between(0, 4000) / 4,
      });
    // The partner's own list: weights by powers of two, for whom it likes.
    const copies = random.chance(0.15) ? 2 ** random.between(1, 4) : random.chance(0.6) ? 1 : 0;
    for (let i = 0; i < copies; i++)
      weights.push({ id, label: random.chance(0.7) ? 'a' : random.pick(['b', 'c']) });
  }
  return { least, members, usage, weights };
}

export type Value = string | number | boolean | null;

/** A group of the finest cut, and what it adds to sums. */
export interface Atom {
  readonly dims: Readonly<Record<string, Value>>;
  readonly rows: number;
  /** Null where it is not told. */
  readonly sum: number | null;
  readonly known: number | null;
  /** Positions of the rows in their table. */
  readonly of: readonly number[];
}

export interface Cut {
  readonly shown: readonly Atom[];
  /** Positions of all rows that are in no group that is shown. */
  readonly beneath: readonly number[];
}

interface Piece {
  readonly at: number;
  readonly unit: number | null;
  readonly dims: Readonly<Record<string, Value>>;
  readonly value: number | null;
}

function cut(pieces: readonly Piece[], least: number): Cut {
  const groups = new Map<string, Piece[]>();
  for (const piece of pieces) {
    if (piece.unit === null) continue;
    const key = JSON.stringify(piece.dims);
    groups.set(key, [...(groups.get(key) ?? []), piece]);
  }
  const units = (some: readonly Piece[]): number => new Set(some.map(({ unit }) => unit)).size;
  const shown: Atom[] = [];
  for (const group of groups.values()) {
    if (units(group) < least) continue;
    const has = units(group.filter(({ value }) => value !== null));
    const lacks = units(group.filter(({ value }) => value === null));
    const told = has >= least && (lacks === 0 || lacks >= least);
    const values = group.flatMap(({ value }) => value ?? []);
    shown.push({
      dims: group[0]!.dims,
      rows: group.length,
      sum: told ? values.reduce((a, b) => a + b, 0) : null,
      known: told ? values.length : null,
      of: group.map(({ at }) => at),
    });
  }
  const seen = new Set(shown.flatMap(({ of }) => of));
  return { shown, beneath: pieces.flatMap(({ at }) => (seen.has(at) ? [] : [at])) };
}

/** The only row of each key; none where there are several. */
function byKey<T extends { readonly id: number | null }>(rows: readonly T[]): ReadonlyMap<number, T> {
  const found = new Map<number, T | null>();
  for (const row of rows) if (row.id !== null) found.set(row.id, found.has(row.id) ? null : row);
  return new Map([...found].flatMap(([id, row]) => (row === null ? [] : [[id, row] as const])));
}

export function cutMembers({ members, least }: People): Cut {
  const alone = byKey(members);
  return cut(
    members.map((row, at) => ({
      at,
      unit: row.id !== null && alone.get(row.id) === row ? row.id : null,
      dims: { region: row.region, joined_on: `${row.year}-01-01` },
      value: row.age,
    })),
    least,
  );
}

export function cutUsage({ members, usage, weights, least }: People): Cut {
  const [people, labels] = [byKey(members), byKey(weights)];
  return cut(
    usage.map(({ id, month, kwh }, at) => {
      const person = id === null ? undefined : people.get(id);
      const label = id === null ? undefined : labels.get(id);
      return {
        at,
        unit: id,
        dims: {
          month: `2024-0${month}-01`,
          person: person !== undefined,
          region: person?.region ?? null,
          joined_on: person === undefined ? null : `${person.year}-01-01`,
          weighed: label !== undefined,
          label: label?.label ?? null,
        },
        value: kwh,
      };
    }),
    least,
  );
}

/** Values of rows that are not shown are others, and in each group that is shown some change hands. */
export function twinOf(people: People, random: Random): People {
  const [members, usage] = [
    people.members.map((row) => ({ ...row })),
    people.usage.map((row) => ({ ...row })),
  ];
  const shuffleWithin = (
    { shown, beneath }: Cut,
    get: (at: number) => number | null,
    set: (at: number, value: number | null) => void,
  ): void => {
    for (const at of beneath) set(at, random.chance(0.2) ? null : random.between(0, 100_000));
    for (const { of, sum } of shown) {
      const values = of.map(get);
      // Who lacks a value may be told by how many do; so it stays with them, unless the group tells nothing of it.
      const known = of.filter((_, i) => values[i] !== null);
      if (sum === null) for (const at of known) set(at, random.between(0, 100_000));
      else {
        const [one, other] = random.shuffled(known);
        if (one === undefined || other === undefined) continue;
        const moved = random.between(1, 50);
        set(one, (get(one) ?? 0) + moved);
        set(other, (get(other) ?? 0) - moved);
      }
    }
  };
  shuffleWithin(
    cutMembers(people),
    (at) => members[at]!.age,
    (at, age) => {
      members[at] = { ...members[at]!, age };
    },
  );
  shuffleWithin(
    cutUsage(people),
    (at) => usage[at]!.kwh,
    (at, kwh) => {
      usage[at] = { ...usage[at]!, kwh };
    },
  );
  return { ...people, members, usage };
}

const literal = (value: Value): string =>
  value === null ? 'NULL' : typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);

export function statementsOf({ members, usage, weights }: People): readonly string[] {
  const rows = (table: string, all: readonly (readonly Value[])[]): readonly string[] =>
    all.length === 0
      ? []
      : [
          `INSERT INTO gold.${table} VALUES ${all.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`,
        ];
  return [
    'CREATE TABLE gold.weights (member_id integer, label text)',
    ...rows(
      'members',
      members.map(({ id, region, year, age }, at) => [
        id,
        region,
        `${year}-0${1 + (at % 9)}-11`,
        age,
        `SECRET4242${at}`,
      ]),
    ),
    ...rows(
      'usage',
      usage.map(({ id, month, kwh }) => [id, `2024-0${month}-01`, kwh]),
    ),
    ...rows(
      'weights',
      weights.map(({ id, label }) => [id, label]),
    ),
  ];
}
