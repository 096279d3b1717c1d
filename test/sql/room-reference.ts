/**
 * What a clean room may answer, worked out in plain TypeScript from the raw rows: which rows are visible, then the question
 * over them. It shares no code with the product.
 */
import type { Random } from '../leaks/random.ts';

export type Value = string | number | null;

export interface MemberRow {
  readonly member: string | null;
  readonly region: string | null;
  readonly age: number | null;
  readonly joined: string | null;
  readonly income: number | null;
  readonly email: string;
}

export interface UsageRow {
  readonly member: string | null;
  readonly month: string;
  readonly kwh: number | null;
  readonly cost: number | null;
  readonly tariff: string | null;
  readonly note: string;
}

export interface World {
  readonly members: readonly MemberRow[];
  readonly usage: readonly UsageRow[];
  readonly least: { readonly members: number; readonly usage: number };
}

export function worldOf(random: Random): World {
  const count = random.between(5, 60);
  const regions = ['north', 'south', 'east', null].slice(0, random.between(1, 4));
  const maybe = <T>(value: T, chance: number): T | null => (random.chance(chance) ? null : value);
  const nulls = random.pick([0, 0.05, 0.3, 0.6]);
  const members: MemberRow[] = Array.from({ length: count }, (_, i) => ({
    // Some stand twice, some have no name.
    member: maybe(`m${random.chance(0.06) ? Math.floor(i / 2) : i}`, 0.03),
    region: random.pick(regions),
    age: maybe(random.between(18, 79), 0.1),
    joined: maybe(`20${random.between(10, 24)}-0${random.between(1, 9)}-1${random.between(0, 9)}`, 0.1),
    income: maybe(random.between(-500, 9000) / 4, nulls),
    email: `a${i}@example.com`,
  }));
  const usage: UsageRow[] = Array.from({ length: count * random.between(1, 4) }, () => ({
    member: maybe(`m${random.below(count + 6)}`, 0.03),
    month: `2024-0${random.between(1, 9)}-0${random.between(1, 9)}`,
    kwh: maybe(random.between(0, 400), nulls),
    cost: maybe(random.between(-200, 800) / 8, nulls),
    tariff: random.pick(['flat', 'night', null]),
    note: `n${random.below(9)}`,
  }));
  return { members, usage, least: { members: random.between(2, 6), usage: random.between(2, 6) } };
}

/** A row of a fact as the room lets it count. */
export interface Visible {
  readonly atom: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, Value>>;
  readonly measures: Readonly<Record<string, number | null>>;
  readonly matched: boolean;
}

const bucketed = (age: number | null): number | null => (age === null ? null : Math.floor(age / 20) * 20);
const quarter = (month: string): string => {
  const first = Math.floor((Number(month.slice(5, 7)) - 1) / 3) * 3 + 1;
  return `${month.slice(0, 4)}-${String(first).padStart(2, '0')}-01`;
};

function once<T>(rows: readonly T[], key: (row: T) => string | null): readonly T[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const of = key(row);
    if (of !== null) counts.set(of, (counts.get(of) ?? 0) + 1);
  }
  return rows.filter((row) => counts.get(key(row) ?? '') === 1 && key(row) !== null);
}

export function visibleMembers({ members, least }: World): readonly Visible[] {
  const rows = once(members, ({ member }) => member).map((row) => ({
    unit: row.member!,
    partner: null,
    dimensions: { region: row.region, age: bucketed(row.age) },
    measures: { income: row.income },
    matched: false,
  }));
  return survivors(rows, least.members, 0);
}

export function visibleUsage({ members, usage, least }: World): readonly Visible[] {
  const partners = new Map(once(members, ({ member }) => member).map((row) => [row.member!, row]));
  const rows = usage.flatMap((row) => {
    if (row.member === null) return [];
    const partner = partners.get(row.member);
    return [
      {
        unit: row.member,
        partner: partner === undefined ? null : partner.member,
        dimensions: {
          month: quarter(row.month),
          tariff: row.tariff,
          region: partner?.region ?? null,
          age: bucketed(partner?.age ?? null),
        },
        measures: { kwh: row.kwh, cost: row.cost === null ? null : Math.min(100, Math.max(0, row.cost)) },
        matched: partner !== undefined,
      },
    ];
  });
  return survivors(rows, least.usage, least.members);
}

interface Row extends Omit<Visible, 'atom'> {
  readonly partner: string | null;
}

/** Rows of groups that are large enough; a measure that some lack counts where those who have it and those who lack it are enough. */
function survivors(rows: readonly Row[], least: number, leastPartners: number): readonly Visible[] {
  const atoms = Map.groupBy(rows, ({ dimensions, matched }) => JSON.stringify([dimensions, matched]));
  return [...atoms].flatMap(([atom, all]) => {
    const enough = (some: readonly Row[]): boolean =>
      new Set(some.map(({ unit }) => unit)).size >= least &&
      (!all[0]!.matched || new Set(some.map(({ partner }) => partner)).size >= leastPartners);
    if (!enough(all)) return [];
    const told = Object.keys(all[0]!.measures).filter((name) => {
      const lacks = all.filter(({ measures }) => measures[name] === null);
      const has = all.filter(({ measures }) => measures[name] !== null);
      return enough(has) && (lacks.length === 0 || enough(lacks));
    });
    return all.map(({ partner: _, ...row }) => ({
      ...row,
      atom,
      measures: Object.fromEntries(
        Object.entries(row.measures).map(([name, value]) => [name, told.includes(name) ? value : null]),
      ),
    }));
  });
}

export type Aggregate =
  | { readonly kind: 'rows' | 'units' }
  | { readonly kind: 'sum' | 'avg' | 'count'; readonly measure: string }
  | { readonly kind: 'different'; readonly dimension: string };

export type Condition =
  | { readonly kind: 'is'; readonly dimension: string; readonly value: Value }
  | { readonly kind: 'above'; readonly dimension: string; readonly value: number | string }
  | { readonly kind: 'or' | 'and'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition };

export interface Question {
  readonly fact: 'members' | 'usage';
  readonly join: 'none' | 'inner' | 'left';
  readonly by: readonly string[];
  readonly where: Condition | null;
  readonly tell: readonly Aggregate[];
  /** Groups of at least so many rows alone. */
  readonly having: number | null;
}

const RANGE: Readonly<Record<string, string>> = { region: 'm', age: 'm' };

export function sqlOf({ fact, join, by, where, tell, having }: Question): string {
  const name = (dimension: string): string =>
    `${fact === 'usage' ? (RANGE[dimension] ?? 'f') : 'f'}.${dimension}`;
  const literal = (value: Value): string =>
    typeof value === 'number'
      ? String(value)
      : /^\d{4}-/.test(value ?? '')
        ? `date '${value}'`
        : `'${value}'`;
  const condition = (of: Condition): string => {
    switch (of.kind) {
      case 'is':
        return of.value === null
          ? `${name(of.dimension)} IS NULL`
          : `${name(of.dimension)} = ${literal(of.value)}`;
      case 'above':
        return `${name(of.dimension)} > ${literal(of.value)}`;
      case 'not':
        return `NOT (${condition(of.of)})`;
      default:
        return `(${of.of.map(condition).join(of.kind === 'or' ? ' OR ' : ' AND ')})`;
    }
  };
  const aggregate = (of: Aggregate): string => {
    switch (of.kind) {
      case 'rows':
        return 'count(*)';
      case 'units':
        return 'count(DISTINCT f.member)';
      case 'different':
        return `count(DISTINCT ${name(of.dimension)})`;
      default:
        return `${of.kind}(f.${of.measure})`;
    }
  };
  const joined =
    join === 'none' ? '' : ` ${join === 'left' ? 'LEFT JOIN' : 'JOIN'} gold.members m ON m.member = f.member`;
  return [
    `SELECT ${[...by.map(name), ...tell.map(aggregate)].join(', ')} FROM gold.${fact} f${joined}`,
    ...(where === null ? [] : [`WHERE ${condition(where)}`]),
    ...(by.length === 0 ? [] : [`GROUP BY ${by.map(name).join(', ')}`]),
    ...(having === null ? [] : [`HAVING count(*) >= ${having}`]),
  ].join(' ');
}

/** Three-valued. */
function holds(of: Condition, row: Visible): boolean | null {
  switch (of.kind) {
    case 'is': {
      const value = row.dimensions[of.dimension] ?? null;
      if (of.value === null) return value === null;
      return value === null ? null : value === of.value;
    }
    case 'above': {
      const value = row.dimensions[of.dimension] ?? null;
      return value === null ? null : value > of.value;
    }
    case 'not': {
      const answer = holds(of.of, row);
      return answer === null ? null : !answer;
    }
    default: {
      const answers = of.of.map((one) => holds(one, row));
      const decisive = of.kind === 'or';
      if (answers.includes(decisive)) return decisive;
      return answers.includes(null) ? null : !decisive;
    }
  }
}

/** Rows as the stands write them. */
export function answerOf(question: Question, world: World): readonly string[] {
  const { fact, join, by, where, tell, having } = question;
  const rows = (fact === 'members' ? visibleMembers(world) : visibleUsage(world)).filter(
    (row) => (join !== 'inner' || row.matched) && (where === null || holds(where, row) === true),
  );
  const groups = Map.groupBy(rows, (row) => JSON.stringify(by.map((dimension) => row.dimensions[dimension])));
  if (by.length === 0 && groups.size === 0) groups.set('[]', []);
  return [...groups].flatMap(([key, group]) =>
    having !== null && group.length < having
      ? []
      : [[...(JSON.parse(key) as Value[]), ...tell.map((of) => told(of, group))].map(written).join('|')],
  );
}

function told(of: Aggregate, group: readonly Visible[]): number | null {
  switch (of.kind) {
    case 'rows':
      return group.length;
    case 'units':
      return new Set(group.map(({ unit }) => unit)).size;
    case 'different':
      return new Set(group.map((row) => row.dimensions[of.dimension]).filter((value) => value !== null)).size;
    default: {
      const values = group.flatMap((row) => row.measures[of.measure] ?? []);
      if (of.kind === 'count') return values.length;
      if (values.length === 0) return null;
      const sum = values.reduce((a, b) => a + b, 0);
      return of.kind === 'sum' ? sum : sum / values.length;
    }
  }
}

function written(value: Value): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : value.toPrecision(9);
  if (value !== null && /^\d{4}-\d\d-\d\d$/.test(value)) return `${value}T00:00:00.000Z`;
  return String(value);
}

export function questionOf(random: Random): Question {
  const fact = random.pick(['members', 'usage'] as const);
  const join = fact === 'usage' ? random.pick(['none', 'inner', 'left'] as const) : 'none';
  const dimensions =
    fact === 'members'
      ? ['region', 'age']
      : ['month', 'tariff', ...(join === 'none' ? [] : ['region', 'age'])];
  const measures = fact === 'members' ? ['income'] : ['kwh', 'cost'];
  const aggregates: readonly Aggregate[] = [
    { kind: 'rows' },
    ...(fact === 'members' ? [{ kind: 'units' } as const] : []),
    { kind: 'different', dimension: random.pick(dimensions) },
    ...measures.flatMap((measure) =>
      (['sum', 'avg', 'count'] as const).map((kind) => ({ kind, measure }) satisfies Aggregate),
    ),
  ];
  const some = random.some(aggregates, 0.4);
  return {
    fact,
    join,
    by: random.some(dimensions, 0.45),
    where: random.chance(0.6) ? conditionOf(random, dimensions, 2) : null,
    tell: some.length === 0 ? [{ kind: 'rows' }] : some,
    having: random.chance(0.2) ? random.between(1, 12) : null,
  };
}

function conditionOf(random: Random, dimensions: readonly string[], depth: number): Condition {
  if (depth > 0 && random.chance(0.4)) {
    const inner = () => conditionOf(random, dimensions, depth - 1);
    return random.chance(0.3)
      ? { kind: 'not', of: inner() }
      : { kind: random.pick(['or', 'and'] as const), of: [inner(), inner()] };
  }
  const dimension = random.pick(dimensions);
  const values: Readonly<Record<string, readonly (string | number)[]>> = {
    region: ['north', 'south', 'east'],
    age: [20, 40, 60],
    month: ['2024-01-01', '2024-04-01', '2024-07-01'],
    tariff: ['flat', 'night'],
  };
  const value = random.pick(values[dimension]!);
  if (random.chance(0.25)) return { kind: 'above', dimension, value };
  return { kind: 'is', dimension, value: random.chance(0.2) ? null : value };
}
