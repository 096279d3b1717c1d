/** Random questions to a clean room: permitted ones, whose answer is reckoned beside, and others around and beside what is permitted. */
import type { Random } from '../random.ts';
import { type Atom, cutMembers, cutUsage, type People, type Value } from './people.ts';

export interface Question {
  readonly sql: string;
  /** What a permitted one is answered, in the order of its groups; null where only its twin can say. */
  readonly expected: readonly (readonly Value[])[] | null;
}

interface Shape {
  readonly from: string;
  /** In SQL, by name among the atoms. */
  readonly dims: Readonly<Record<string, string>>;
  readonly measure: string;
  readonly atoms: (people: People) => readonly Atom[];
}

const USAGE = {
  measure: 'u.kwh',
  atoms: (people: People): readonly Atom[] => cutUsage(people).shown,
};
const WITH_MEMBERS = 'gold.usage u LEFT JOIN gold.members m ON u.member_id = m.member_id';

const SHAPES: readonly Shape[] = [
  {
    from: 'gold.members m',
    dims: { region: 'm.region', joined_on: 'm.joined_on' },
    measure: 'm.age',
    atoms: (people) => cutMembers(people).shown,
  },
  { ...USAGE, from: 'gold.usage u', dims: { month: 'u.month' } },
  { ...USAGE, from: WITH_MEMBERS, dims: { month: 'u.month', region: 'm.region', joined_on: 'm.joined_on' } },
  {
    ...USAGE,
    from: WITH_MEMBERS.replace('LEFT ', ''),
    dims: { month: 'u.month', region: 'm.region', joined_on: 'm.joined_on' },
    atoms: (people) => USAGE.atoms(people).filter(({ dims }) => dims.person === true),
  },
  {
    ...USAGE,
    from: 'gold.usage u JOIN gold.weights w ON u.member_id = w.member_id',
    dims: { month: 'u.month', label: 'w.label' },
    atoms: (people) => USAGE.atoms(people).filter(({ dims }) => dims.weighed === true),
  },
];

const VALUES: Readonly<Record<string, readonly string[]>> = {
  region: ['EU', 'FR', 'US', 'IT', 'ES', "O'X", 'none'],
  joined_on: ['2020-01-01', '2021-01-01', '2022-01-01', '2020-06-01'],
  month: ['2024-01-01', '2024-02-01', '2024-03-01'],
  label: ['a', 'b', 'c'],
};

interface Condition {
  readonly sql: string;
  /** Unknown is null. */
  readonly holds: (dims: Atom['dims']) => boolean | null;
}

function condition(shape: Shape, random: Random, depth = 0): Condition {
  if (depth < 2 && random.chance(0.35)) {
    const [a, b] = [condition(shape, random, depth + 1), condition(shape, random, depth + 1)];
    if (random.chance(0.3)) return { sql: `NOT (${a.sql})`, holds: (dims) => negated(a.holds(dims)) };
    const or = random.chance(0.5);
    return {
      sql: `(${a.sql}) ${or ? 'OR' : 'AND'} (${b.sql})`,
      holds: (dims) =>
        or
          ? negated(both(negated(a.holds(dims)), negated(b.holds(dims))))
          : both(a.holds(dims), b.holds(dims)),
    };
  }
  const name = random.pick(Object.keys(shape.dims));
  const column = shape.dims[name]!;
  if (random.chance(0.2)) return { sql: `${column} IS NULL`, holds: (dims) => dims[name] === null };
  const value = random.pick(VALUES[name]!);
  const typed = `${name === 'month' || name === 'joined_on' ? 'date ' : ''}'${value.replaceAll("'", "''")}'`;
  const op = random.pick(name === 'region' ? ['=', '<>'] : ['=', '<>', '<', '>=']);
  return {
    sql: `${column} ${op} ${typed}`,
    holds(dims) {
      const own = dims[name];
      if (own === null || own === undefined) return null;
      switch (op) {
        case '=':
          return own === value;
        case '<>':
          return own !== value;
        case '<':
          return String(own) < value;
        default:
          return String(own) >= value;
      }
    },
  };
}

const negated = (value: boolean | null): boolean | null => (value === null ? null : !value);
const both = (a: boolean | null, b: boolean | null): boolean | null =>
  a === false || b === false ? false : a === null || b === null ? null : true;

/** Sums by group under a condition, and what they are. */
export function permitted(people: People, random: Random): Question {
  const shape = random.pick(SHAPES);
  const names = random.some(Object.keys(shape.dims), 0.6);
  const where = random.chance(0.6) ? condition(shape, random) : null;
  const atoms = shape.atoms(people).filter(({ dims }) => where === null || where.holds(dims) === true);
  const groups = new Map<string, Atom[]>();
  if (names.length === 0) groups.set('', []);
  for (const atom of atoms) {
    const key = names.length === 0 ? '' : JSON.stringify(names.map((name) => atom.dims[name]));
    groups.set(key, [...(groups.get(key) ?? []), atom]);
  }
  const total = (list: readonly (number | null)[]): number | null => {
    const told = list.filter((value) => value !== null);
    return told.length === 0 ? null : told.reduce((a, b) => a + b, 0);
  };
  const rows = [...groups].map(([key, own]): readonly Value[] => [
    ...(key === '' ? [] : (JSON.parse(key) as Value[])),
    total(own.map(({ rows: n }) => n)) ?? 0,
    total(own.map(({ sum }) => sum)),
    total(own.map(({ known }) => known)) ?? 0,
  ]);
  const columns = names.map((name) => shape.dims[name]!);
  const { measure } = shape;
  const sql = [
    `SELECT ${[...columns, 'count(*) AS n', `sum(${measure}) AS s`, `count(${measure}) AS c`].join(', ')}`,
    `FROM ${shape.from}`,
    ...(where === null ? [] : [`WHERE ${where.sql}`]),
    ...(columns.length === 0 ? [] : [`GROUP BY ${columns.join(', ')}`]),
  ].join(' ');
  return { sql, expected: rows };
}

/** Around permitted ones, whatever an outer query may do; and what is not permitted at all. */
export function other(people: People, random: Random): Question {
  const inner = (): string => permitted(people, random).sql;
  const [a, b] = [inner(), inner()];
  const shape = random.pick(SHAPES);
  const column = random.pick([...Object.values(shape.dims), shape.measure, 'member_id', 'email', '*']);
  const aggregate = random.pick([
    'sum',
    'min',
    'max',
    'avg',
    'count',
    'stddev',
    'array_agg',
    'any_value',
    'bool_and',
  ]);
  const cond = condition(shape, random).sql;
  const sql = random.pick([
    `SELECT sum(s) - (SELECT sum(s) FROM (${b}) y), sum(n), max(s), min(c) FROM (${a}) x`,
    `SELECT x.n, x.s, y.s - x.s AS d FROM (${a}) x JOIN (${b}) y ON x.n = y.n ORDER BY 1, 2, 3 LIMIT 3`,
    `SELECT n, s, row_number() OVER (ORDER BY s, n), sum(s) OVER (ORDER BY n, s) FROM (${a}) x ORDER BY 1, 2, 3`,
    `WITH t AS (${a}) SELECT (SELECT sum(s) FROM t) AS a, (SELECT count(*) FROM t WHERE s > 100) AS b, (SELECT max(n) FROM t) AS c`,
    `SELECT n, s FROM (${a}) x EXCEPT SELECT n, s FROM (${b}) y ORDER BY 1, 2`,
    `SELECT CASE WHEN sum(s) > ${random.between(0, 5000)} THEN 1 ELSE 0 END, count(*) FROM (${a}) x`,
    `SELECT n / nullif(n - ${random.between(1, 12)}, 0) FROM (${a}) x ORDER BY 1`,
    `${a} HAVING sum(${shape.measure}) > ${random.between(0, 900)} ORDER BY 1`,
    `${a} HAVING count(*) > ${random.between(1, 9)} ORDER BY 1`,
    `SELECT ${aggregate}(${column}) FROM ${shape.from} WHERE ${cond}`,
    `SELECT ${column} FROM ${shape.from} WHERE ${cond} ORDER BY 1 LIMIT 1`,
    `SELECT sum(CASE WHEN ${cond} THEN ${shape.measure} END) FROM ${shape.from}`,
    `SELECT sum(${shape.measure}) FILTER (WHERE ${cond}) FROM ${shape.from}`,
    `SELECT count(*) FROM ${shape.from} WHERE ${shape.measure} > ${random.between(0, 90)}`,
    `SELECT count(*) FROM ${shape.from} WHERE ${cond} AND ${random.pick(['m', 'u'])}.member_id <> ${random.between(1, 60)}`,
    `SELECT count(*), sum(${shape.measure} * ${random.between(2, 9)}) FROM ${shape.from}`,
    `SELECT v, (SELECT count(*) FROM ${shape.from} WHERE ${Object.values(shape.dims)[0]} = v) FROM (VALUES ('EU'), ('IT')) o(v)`,
    `SELECT ${Object.values(shape.dims).join(', ')}, grouping(${Object.values(shape.dims)[0]}), count(*) FROM ${shape.from} GROUP BY ROLLUP (${Object.values(shape.dims).join(', ')}) ORDER BY 1`,
    `SELECT 1 / (CASE WHEN ${cond} THEN 0 ELSE 1 END), count(*) FROM ${shape.from} GROUP BY 1 ORDER BY 1`,
    `SELECT count(*) FROM ${shape.from} WHERE CAST(CASE WHEN ${cond} THEN 'x' ELSE '1' END AS integer) = 1`,
  ]);
  return { sql, expected: null };
}
