/** Whole queries over a world, as its caller could write them: every accepted clause, names as the caller knows them. */

import type { ParamValue } from '../../../src/sql/stages.ts';
import { flavoursOf } from '../flavours.ts';
import type { Kind } from '../kinds.ts';
import type { Random } from '../random.ts';
import { maskedColumns, PREFIX, SEARCH_PATH, type World } from '../world.ts';
import { DIALECTS } from './dialects.ts';
import {
  anyKind,
  column,
  expression,
  filled,
  type Mode,
  type Nesting,
  type Place,
  ROW,
} from './expressions.ts';
import {
  type Column,
  columnsOf,
  type Grammar,
  quoted,
  type Range,
  type Relation,
  type Scope,
} from './scope.ts';

export interface Query {
  readonly sql: string;
  readonly params: readonly ParamValue[];
}

export function makeQuery(world: World, random: Random): Query {
  const params: ParamValue[] = [];
  const flavours = flavoursOf(world.engine);
  let count = 0;
  const visible = SEARCH_PATH.flatMap((namespace) =>
    world.datasets.filter(({ id, denied }) => !denied && id.startsWith(`${namespace}.`)),
  );
  const relations = visible.flatMap((dataset) => {
    const columns = dataset.columns
      .filter(({ name }) => !dataset.hidden.includes(name))
      .map(({ name, flavour }) => ({
        name: quoted(name),
        kind: flavours[flavour]!.kind,
        // A masked column no longer looks like its flavour.
        flavour: maskedColumns(dataset).includes(name) ? null : flavour,
      }));
    const bare = bareName(dataset);
    // Of two datasets of one name the first that may be seen is meant.
    const first = visible.find((other) => bareName(other) === bare) === dataset;
    return [
      dataset.id,
      ...(first ? [bare] : []),
      ...(random.chance(0.1) ? [`${PREFIX}.${dataset.id}`] : []),
    ].map((name): Relation => ({ name, columns }));
  });
  const grammar: Grammar = {
    random,
    dialect: DIALECTS[world.engine],
    relations,
    wrongColumns: [...world.datasets.flatMap(({ hidden }) => hidden.map(quoted)), 'nowhere'],
    wrongRelations: [
      ...world.datasets.filter(({ denied }) => denied).map(({ id }) => id),
      'gold.nothing',
      'raw.members_0',
    ],
    fresh: (prefix) => {
      count += 1;
      return `${prefix}${count}`;
    },
    param: (value) => {
      params.push(value);
      return `$${params.length}`;
    },
    depth: random.pick([0, 0, 1, 1, 1, 2]),
  };
  const kinds = Array.from({ length: random.between(1, 3) }, () => null);
  return { sql: statement(kinds, null, grammar).text, params };
}

const bareName = ({ id }: { readonly id: string }): string => id.split('.')[1]!;

interface Built {
  readonly text: string;
  readonly columns: readonly Column[];
}

/** A kind, or null for any. */
type Wanted = Kind | null;

/** A query with everything that may stand around it: WITH, set operations, ORDER BY, LIMIT. */
function statement(wanted: readonly Wanted[], outer: Scope | null, grammar: Grammar): Built {
  const { random } = grammar;
  const withClause = grammar.depth > 0 && random.chance(0.16) ? makeWith(outer, grammar) : null;
  const inner = withClause === null ? grammar : { ...grammar, relations: withClause.relations };
  const built = random.chance(0.1) ? setOperation(wanted, outer, inner) : select(wanted, outer, inner);
  const tail = ending(built, inner);
  return { columns: built.columns, text: `${withClause?.text ?? ''}${built.text}${tail}` };
}

/** Ordered by everything, so that a LIMIT has one answer. */
function ending(built: Built, { random, param }: Grammar): string {
  if (!random.chance(0.35)) return '';
  const items = built.columns.map((one, i) => (random.chance(0.6) ? String(i + 1) : one.name));
  const named = new Set(items).size === items.length ? items : built.columns.map((_, i) => String(i + 1));
  const directions = ['', ' desc', ' asc nulls first', ' nulls last'];
  const order = ` order by ${named.map((item) => `${item}${random.pick(directions)}`).join(', ')}`;
  const limit = random.pick([
    '',
    ' limit 3',
    ' limit 5 offset 1',
    ' offset 2',
    ' limit all',
    ' fetch first 2 rows only',
    ' fetch first 3 rows with ties',
    ' offset 1 rows fetch next 3 rows only',
    ' limit null',
    'param',
  ]);
  // Those that tie are all of the answer, so that an order by less has one answer as well.
  if (limit.endsWith('ties') && random.chance(0.5))
    return ` order by ${named[0]}${random.pick(directions)}${limit}`;
  return limit === 'param' ? `${order} limit ${param(4)}` : `${order}${limit}`;
}

function setOperation(wanted: readonly Wanted[], outer: Scope | null, grammar: Grammar): Built {
  const { random } = grammar;
  const left = select(wanted, outer, grammar);
  const right = select(
    left.columns.map(({ kind }) => kind),
    outer,
    grammar,
  );
  const word = random.pick(['union', 'union all', 'intersect', 'except', 'except all', 'intersect all']);
  const both = `${left.text} ${word} ${right.text}`;
  if (!random.chance(0.2)) return { columns: left.columns, text: both };
  const third = select(
    left.columns.map(({ kind }) => kind),
    outer,
    grammar,
  );
  return { columns: left.columns, text: `(${both}) union ${third.text}` };
}

interface With {
  readonly text: string;
  readonly relations: readonly Relation[];
}

/** Names of datasets among those of the CTEs: they hide them, but only from here on and only inside. */
function makeWith(outer: Scope | null, grammar: Grammar): With {
  const { random } = grammar;
  const inner = { ...grammar, depth: grammar.depth - 1 };
  if (random.chance(0.25)) return recursive(outer, inner);
  let relations = grammar.relations;
  const texts: string[] = [];
  const names = new Set<string>();
  const bare = grammar.relations.map(({ name }) => name).filter((name) => !name.includes('.'));
  for (let i = 0; i < random.between(1, 2); i++) {
    const name = bare.length > 0 && random.chance(0.4) ? random.pick(bare) : grammar.fresh('c');
    if (names.has(name)) continue;
    names.add(name);
    const built = statement([null, null, 'int'], outer, { ...inner, relations });
    const renamed = random.chance(0.4)
      ? built.columns.map((one) => ({ ...one, name: grammar.fresh('n') }))
      : null;
    const materialized = random.pick(['', '', '', ' materialized', ' not materialized']);
    const list = renamed === null ? '' : `(${renamed.map((one) => one.name).join(', ')})`;
    texts.push(`${name}${list} as${materialized} (${built.text})`);
    const relation: Relation = { name, columns: renamed ?? built.columns };
    // Twice, so that it is read more often than each of the datasets.
    relations = [...relations.filter((other) => other.name !== name), relation, relation];
  }
  return { text: `with ${texts.join(', ')} `, relations };
}

function recursive(outer: Scope | null, grammar: Grammar): With {
  const { random } = grammar;
  const name = grammar.fresh('r');
  const start = select(['int', 'text'], outer, { ...grammar, depth: Math.min(grammar.depth, 1) });
  const word = random.pick(['union', 'union all']);
  const dataset = random.pick(grammar.relations);
  const joined = random.chance(0.4) && dataset.name.includes('.');
  const step = joined
    ? `select r.n + 1, r.v from ${name} as r join ${dataset.name} as d on ${condition({ ranges: [{ name: 'd', columns: dataset.columns }], outer: null }, { ...grammar, depth: 0 })} where r.n < 3`
    : `select n + 1, v from ${name} where n < ${random.between(2, 4)}`;
  const text = `with recursive ${name}(n, v) as (select 1, x.v from (${start.text}) as x(n, v) ${joined ? 'union' : word} ${step}) `;
  const columns: Column[] = [
    { name: 'n', kind: 'int', flavour: null },
    { name: 'v', kind: 'text', flavour: null },
  ];
  const relation = { name, columns };
  return { text, relations: [...grammar.relations, relation, relation] };
}

function condition(scope: Scope, grammar: Grammar): string {
  return expression('bool', { scope, mode: ROW, nesting: NESTING }, grammar);
}

/** One SELECT without ORDER BY. */
function select(wanted: readonly Wanted[], outer: Scope | null, grammar: Grammar): Built {
  const { random } = grammar;
  if (random.chance(0.02) && wanted.every((kind) => kind === null)) return values(wanted.length, grammar);
  const from = makeFrom(outer, grammar);
  const scope: Scope = { ranges: from.ranges, outer };
  const where = random.chance(0.55) ? ` where ${condition(scope, grammar)}` : '';
  const shape = random.next();
  if (shape < 0.28) return grouped(wanted, from.text, where, scope, grammar);
  const windows = shape > 0.8 ? makeWindows(scope, grammar) : null;
  const mode: Mode = windows === null ? ROW : { kind: 'window', windows: windows.names };
  const place: Place = { scope, mode, nesting: NESTING };
  if (wanted.every((kind) => kind === null) && random.chance(0.1)) return star(from, where, grammar);
  const items = wanted.map((kind) => {
    if (kind === null && windows === null && random.chance(0.008)) {
      const { text, kinds } = random.pick(grammar.dialect.sets.filter((one) => one.kinds.length === 1));
      return { kind: kinds[0]!, text: filled(text, place, { ...grammar, depth: 0 }) };
    }
    const found = kind ?? anyKind(scope, grammar);
    return { kind: found, text: expression(found, place, grammar) };
  });
  const distinct = random.pick(['', '', '', '', ' distinct', ' all']);
  const named = items.map(({ kind, text }) => ({
    text,
    column: { name: grammar.fresh('o'), kind, flavour: null },
  }));
  const targets = named.map(({ text, column: { name } }) => `${text} as ${name}`).join(', ');
  const columns = named.map((item) => item.column);
  if (random.chance(0.04) && windows === null) {
    const keys = columns.map((_, i) => i + 1).join(', ');
    return {
      columns,
      text: `select * from (select distinct on (${items[0]!.text.includes('$') ? keys : random.pick([keys, items[0]!.text])}) ${targets} from ${from.text}${where} order by ${keys}) as ${grammar.fresh('d')}`,
    };
  }
  return { columns, text: `select${distinct} ${targets} from ${from.text}${where}${windows?.text ?? ''}` };
}

function star(from: From, where: string, { random }: Grammar): Built {
  const [only] = from.ranges;
  if (from.ranges.length > 1 || only === undefined || only.columns.length > 12) {
    const range = random.pick(from.ranges.filter(({ name }) => name !== null));
    return { columns: range.columns, text: `select ${range.name}.* from ${from.text}${where}` };
  }
  return { columns: only.columns, text: `select * from ${from.text}${where}` };
}

function values(width: number, grammar: Grammar): Built {
  const { random } = grammar;
  const row = (): string =>
    `(${Array.from({ length: width }, () => random.pick(['1', '2', '0'])).join(', ')})`;
  return {
    columns: Array.from({ length: width }, (_, i) => ({
      name: `column${i + 1}`,
      kind: 'int',
      flavour: null,
    })),
    text: `values ${row()}, ${row()}`,
  };
}

function grouped(
  wanted: readonly Wanted[],
  from: string,
  where: string,
  scope: Scope,
  grammar: Grammar,
): Built {
  const { random } = grammar;
  const place: Place = { scope, mode: ROW, nesting: NESTING };
  const keys = Array.from({ length: random.pick([0, 1, 1, 2]) }, () => {
    const kind = anyKind(scope, grammar);
    const found = column((one) => one.kind === kind, place, grammar);
    const plain = found !== null && random.chance(0.7);
    return { kind, text: plain ? found : expression(kind, place, { ...grammar, depth: 1 }) };
    // A bare literal would be a position, and one with a parameter would be bound twice.
  }).filter(
    ({ text }) =>
      /[a-z]/.test(text.replace(/'[^']*'|null/g, '')) && !text.includes('$') && !text.includes('(select'),
  );
  const group: Place = { scope, mode: { kind: 'group', keys }, nesting: NESTING };
  const items = wanted.map((kind) => {
    const found =
      kind ?? (keys.length > 0 && random.chance(0.4) ? random.pick(keys).kind : random.pick(AGGREGATED));
    return { kind: found, text: expression(found, group, grammar) };
  });
  const columns = items.map(({ kind }): Column => ({ name: grammar.fresh('o'), kind, flavour: null }));
  const extra = keys.length > 0 && random.chance(0.08) && wanted.every((kind) => kind === null);
  const grouping = extra
    ? `, grouping(${keys.map(({ text }) => text).join(', ')}) as ${grammar.fresh('g')}`
    : '';
  const targets = items.map(({ text }, i) => `${text} as ${columns[i]!.name}`).join(', ');
  const having = random.chance(0.2) ? ` having ${expression('bool', group, grammar)}` : '';
  const all: Column[] = extra
    ? [...columns, { name: grouping.split(' as ').at(-1)!, kind: 'int', flavour: null }]
    : columns;
  return {
    columns: all,
    text: `select ${targets}${grouping} from ${from}${where}${groupBy(keys, random)}${having}`,
  };
}

const AGGREGATED: readonly Kind[] = [
  'int',
  'int',
  'float',
  'text',
  'bool',
  'date',
  'decimal',
  'texts',
  'ints',
  'json',
];

function groupBy(keys: readonly { readonly text: string }[], random: Random): string {
  if (keys.length === 0) return '';
  const list = keys.map(({ text }) => text).join(', ');
  const sets = keys.map(({ text }) => `(${text})`).join(', ');
  return ` group by ${random.pick([
    list,
    list,
    list,
    `rollup (${list})`,
    `cube (${list})`,
    `grouping sets (${sets}, ())`,
    `grouping sets ((${list}), rollup (${list}))`,
    `(), ${list}`,
  ])}`;
}

function makeWindows(scope: Scope, grammar: Grammar): { text: string; names: readonly string[] } {
  const { random } = grammar;
  const place: Place = { scope, mode: ROW, nesting: NESTING };
  const item = (): string => expression(anyKind(scope, grammar), place, { ...grammar, depth: 0 });
  if (random.chance(0.5)) return { text: '', names: [] };
  const first = grammar.fresh('w');
  const second = grammar.fresh('w');
  return {
    names: [second],
    text: ` window ${first} as (partition by ${item()}), ${second} as (${first} order by ${item()} desc)`,
  };
}

interface From {
  readonly text: string;
  readonly ranges: readonly Range[];
}

function makeFrom(outer: Scope | null, grammar: Grammar): From {
  const { random } = grammar;
  const first = makeItem(outer, [], grammar);
  const joins = grammar.depth > 0 && random.chance(0.35) ? random.pick([1, 1, 1, 2]) : 0;
  let from = first;
  for (let i = 0; i < joins; i++) from = join(from, outer, grammar);
  return joins > 0 && random.chance(0.08) ? aliased(from, grammar) : from;
}

/** A join under a name of its own, which hides those inside it. */
function aliased(from: From, grammar: Grammar): From {
  const name = grammar.fresh('j');
  const all = from.ranges.flatMap(({ columns }) => columns);
  const columns = all.filter((one) => all.filter((other) => other.name === one.name).length === 1);
  const whole = from.text.includes(' join ') && !from.text.includes(', ') && columns.length > 0;
  return whole ? { ranges: [{ name, columns }], text: `(${from.text}) as ${name}` } : from;
}

function join(left: From, outer: Scope | null, grammar: Grammar): From {
  const { random } = grammar;
  const lateral = random.chance(0.12);
  const right = makeItem(lateral ? { ranges: left.ranges, outer } : outer, lateral ? left.ranges : [], {
    ...grammar,
    depth: grammar.depth - 1,
  });
  const ranges = [...left.ranges, ...right.ranges];
  const scope: Scope = { ranges, outer };
  if (lateral) {
    return {
      ranges,
      text: random.chance(0.5) ? `${left.text}, ${right.text}` : `${left.text} cross join ${right.text}`,
    };
  }
  const shape = random.next();
  const shared = sharedColumns(left.ranges, right.ranges);
  if (shape < 0.1 && left.ranges.length === 1) return merged(left, right, 'natural', shared, grammar);
  if (shape < 0.25 && shared.length > 0 && left.ranges.length === 1)
    return merged(left, right, 'using', shared.slice(0, 1), grammar);
  if (shape < 0.35)
    return {
      ranges,
      text: random.chance(0.5) ? `${left.text}, ${right.text}` : `${left.text} cross join ${right.text}`,
    };
  const word = random.pick([
    'join',
    'join',
    'inner join',
    'left join',
    'right join',
    'full join',
    'left outer join',
  ]);
  const equal = equality(left.ranges, right.ranges, random);
  const on =
    equal !== null && (word === 'full join' || random.chance(0.8))
      ? equal
      : condition(scope, { ...grammar, depth: 1 });
  const more = random.chance(0.2) ? ` and ${condition(scope, { ...grammar, depth: 1 })}` : '';
  const text = random.chance(0.1) && right.text.includes(' join ') ? `(${right.text})` : right.text;
  return { ranges, text: `${left.text} ${word} ${text} on ${on}${word === 'full join' ? '' : more}` };
}

function sharedColumns(left: readonly Range[], right: readonly Range[]): readonly Column[] {
  const others = right.flatMap(({ columns }) => columns);
  return left
    .flatMap(({ columns }) => columns)
    .filter((one) => others.some((other) => other.name === one.name && other.kind === one.kind));
}

/** Merged columns are named bare and stand once; the rest keep their ranges. */
function merged(
  left: From,
  right: From,
  how: 'natural' | 'using',
  shared: readonly Column[],
  { random, fresh }: Grammar,
): From {
  const word = random.pick(['join', 'left join', 'right join', 'full join']);
  const alias = how === 'using' && random.chance(0.15) ? fresh('u') : null;
  const text =
    how === 'natural'
      ? `${left.text} natural ${word} ${right.text}`
      : `${left.text} ${word} ${right.text} using (${shared.map(({ name }) => name).join(', ')})${alias === null ? '' : ` as ${alias}`}`;
  // Bare, they mean what the join made of both sides.
  const both = alias === null ? [] : [{ name: alias, columns: shared }];
  return { ranges: [...left.ranges, ...right.ranges, { name: null, columns: shared }, ...both], text };
}

function equality(left: readonly Range[], right: readonly Range[], random: Random): string | null {
  const pairs = left.flatMap((a) =>
    right.flatMap((b) =>
      a.columns.flatMap((x) =>
        b.columns.flatMap((y) =>
          x.kind === y.kind && a.name !== null && b.name !== null && COMPARABLE.has(x.kind)
            ? [`${a.name}.${x.name} = ${b.name}.${y.name}`]
            : [],
        ),
      ),
    ),
  );
  return pairs.length === 0 ? null : random.pick(pairs);
}

const COMPARABLE: ReadonlySet<Kind> = new Set(['int', 'text', 'date', 'uuid', 'decimal', 'bool']);

/** One relation, subquery, VALUES list or join in parentheses. */
function makeItem(outer: Scope | null, lateral: readonly Range[], grammar: Grammar): From {
  const { random } = grammar;
  const alias = grammar.fresh('t');
  const shape = random.next();
  if (lateral.length > 0 ? random.chance(0.5) : shape > 0.945 && shape < 0.97)
    return rowsOf(outer, lateral, grammar);
  if (lateral.length > 0 || (grammar.depth > 0 && shape < 0.18)) {
    const built = statement([null, null, 'int'], outer, { ...grammar, depth: grammar.depth - 1 });
    const renamed = random.chance(0.3)
      ? built.columns.map((one) => ({ ...one, name: grammar.fresh('n') }))
      : null;
    const list = renamed === null ? '' : `(${renamed.map((one) => one.name).join(', ')})`;
    const columns = renamed ?? built.columns;
    return {
      ranges: [{ name: alias, columns }],
      text: `${lateral.length > 0 ? 'lateral ' : ''}(${built.text}) as ${alias}${list}`,
    };
  }
  if (shape > 0.97) {
    const columns: Column[] = [
      { name: 'vn', kind: 'int', flavour: null },
      { name: 'vt', kind: 'text', flavour: null },
    ];
    return {
      ranges: [{ name: alias, columns }],
      text: `(values (1, 'EU'), (2, 'alpha'), (null, '7')) as ${alias}(vn, vt)`,
    };
  }
  if (random.chance(0.006)) {
    const wrong = random.pick(grammar.wrongRelations);
    return {
      ranges: [{ name: alias, columns: random.pick(grammar.relations).columns }],
      text: `${wrong} as ${alias}`,
    };
  }
  const relation = random.pick(grammar.relations);
  if (random.chance(0.15)) {
    // Without an alias it goes by its own last name; twice in one FROM would be refused.
    const name = relation.name.split('.').at(-1)!;
    return { ranges: [{ name, columns: relation.columns }], text: relation.name };
  }
  if (random.chance(0.08)) {
    const renamed = relation.columns.map((one, i) => (i < 2 ? { ...one, name: grammar.fresh('a') } : one));
    const list = renamed.slice(0, 2).map((one) => one.name);
    return {
      ranges: [{ name: alias, columns: renamed }],
      text: `${relation.name} as ${alias}(${list.join(', ')})`,
    };
  }
  return { ranges: [{ name: alias, columns: relation.columns }], text: `${relation.name} as ${alias}` };
}

/** A function that gives rows; it may refer to what stands before it. */
function rowsOf(outer: Scope | null, lateral: readonly Range[], grammar: Grammar): From {
  const { random } = grammar;
  const alias = grammar.fresh('t');
  const scope: Scope = lateral.length > 0 && outer !== null ? outer : { ranges: [], outer };
  const { text, kinds } = random.pick(grammar.dialect.sets);
  const call = filled(text, { scope, mode: ROW, nesting: NESTING }, { ...grammar, depth: 0 });
  const all: readonly Kind[] = random.chance(0.2) ? [...kinds, 'int'] : kinds;
  const bare = all.length === 1 && random.chance(0.4);
  const columns = all.map(
    (kind): Column => ({ name: bare ? alias : grammar.fresh('s'), kind, flavour: null }),
  );
  const names = bare ? '' : `(${columns.map(({ name }) => name).join(', ')})`;
  return {
    ranges: [{ name: alias, columns }],
    text: `${lateral.length > 0 && random.chance(0.5) ? 'lateral ' : ''}${call}${all === kinds ? '' : ' with ordinality'} as ${alias}${names}`,
  };
}

const NESTING: Nesting = {
  scalar: (kind, scope, grammar) => {
    const { random } = grammar;
    const from = makeItem(scope, [], { ...grammar, depth: Math.min(grammar.depth, 1) });
    const inner: Scope = { ranges: from.ranges, outer: scope };
    const where = random.chance(0.6)
      ? ` where ${condition(inner, { ...grammar, depth: Math.min(grammar.depth, 1) })}`
      : '';
    const place: Place = { scope: inner, mode: ROW, nesting: NESTING };
    const value = expression(kind, place, { ...grammar, depth: Math.min(grammar.depth, 1) });
    return grammar.dialect.ordered.has(kind) && random.chance(0.6)
      ? `(select ${random.pick(['min', 'max'])}(${value}) from ${from.text}${where})`
      : `(select ${value} from ${from.text}${where} order by 1 limit 1)`;
  },
  condition: (scope, grammar) => {
    const { random } = grammar;
    const from = makeItem(scope, [], { ...grammar, depth: Math.min(grammar.depth, 1) });
    const inner: Scope = { ranges: from.ranges, outer: scope };
    const low = { ...grammar, depth: Math.min(grammar.depth, 1) };
    const where = random.chance(0.7) ? ` where ${condition(inner, low)}` : '';
    const place: Place = { scope: inner, mode: ROW, nesting: NESTING };
    const outside: Place = { scope, mode: ROW, nesting: NESTING };
    const kind = random.pick(['int', 'text'] as const);
    const one = (): string => `${expression(kind, outside, low)}`;
    const rows = `(select ${expression(kind, place, low)} from ${from.text}${where})`;
    return random.pick([
      `exists (select 1 from ${from.text}${where})`,
      `not exists (select * from ${from.text}${where})`,
      `(${one()} in ${rows})`,
      `(${one()} not in ${rows})`,
      `(${one()} = any ${rows})`,
      `(${one()} ${random.pick(['<', '>=', '<>'])} all ${rows})`,
      `((${one()}, 1) in (select ${expression(kind, place, low)}, 1 from ${from.text}${where}))`,
    ]);
  },
  array: (kind, scope, grammar) => {
    const from = makeItem(scope, [], { ...grammar, depth: 0 });
    const place: Place = { scope: { ranges: from.ranges, outer: scope }, mode: ROW, nesting: NESTING };
    const value = expression(kind === 'ints' ? 'int' : 'text', place, { ...grammar, depth: 0 });
    return `array(select ${value} from ${from.text} order by 1)`;
  },
};

export { columnsOf };
