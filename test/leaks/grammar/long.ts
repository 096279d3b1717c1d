/** Queries over a long table: few rows or few groups come out, and conditions raise on what is masked. */
import type { EngineKind } from '../../../src/sql/rewrite/build.ts';
import type { ParamValue } from '../../../src/sql/stages.ts';
import { flavoursOf } from '../flavours.ts';
import { ORDINAL } from '../long.ts';
import type { Random } from '../random.ts';
import type { World, WorldDataset } from '../world.ts';
import type { Dialect } from './dialect.ts';
import { DIALECTS } from './dialects.ts';
import { anyKind, expression, type Nesting, type Place, ROW, raising } from './expressions.ts';
import type { Query } from './queries.ts';
import { type Column, columnsOf, type Grammar, quoted } from './scope.ts';

export function makeLongQuery(world: World, random: Random): Query {
  const dataset = world.datasets[0]!;
  const params: ParamValue[] = [];
  const grammar: Grammar = {
    random,
    dialect: dialectOf(world),
    relations: [],
    wrongColumns: [],
    wrongRelations: [],
    fresh: (prefix) => prefix,
    param: (value) => {
      params.push(value);
      return `$${params.length}`;
    },
    depth: random.pick([0, 0, 1]),
  };
  const columns = columnsFor(dataset, world);
  const place = placeOf([{ name: 't', columns }]);
  return { sql: select(dataset, world.engine, place, grammar), params };
}

/** Besides what other worlds ask of patterns. */
const PATTERNS = ["('x' ~ @)", "(regexp_replace('x', @, 'y') <> '')", "('alpha' ~* @)"] as const;

function dialectOf({ engine }: World): Dialect {
  const dialect = DIALECTS[engine];
  const { raising: templates } = dialect;
  return { ...dialect, raising: { ...templates, patterns: [...templates.patterns!, ...PATTERNS] } };
}

/** What a mask makes NULL still looks like its flavour where it is shown. */
function columnsFor(dataset: WorldDataset, { engine }: World): readonly Column[] {
  return dataset.columns.map(({ name, flavour }) => {
    const mask = dataset.conditional?.[name]?.mask;
    const plain = name !== ORDINAL && (mask === undefined || mask.kind === 'null');
    return { name: quoted(name), kind: flavoursOf(engine)[flavour]!.kind, flavour: plain ? flavour : null };
  });
}

const placeOf = (ranges: Place['scope']['ranges']): Place => ({
  scope: { ranges, outer: null },
  mode: ROW,
  nesting: NESTING,
});

/** A subquery a row, over so many rows, is what other worlds are for. */
const NESTING: Nesting = {
  scalar: (kind, scope, grammar) =>
    expression(kind, { scope, mode: ROW, nesting: NESTING }, { ...grammar, depth: 0 }),
  condition: (scope, grammar) =>
    expression('bool', { scope, mode: ROW, nesting: NESTING }, { ...grammar, depth: 0 }),
  array: (kind, _, { dialect }) => dialect.nulls[kind] ?? 'null',
};

function select(dataset: WorldDataset, engine: EngineKind, place: Place, grammar: Grammar): string {
  const { random } = grammar;
  const from = `${dataset.id} as t`;
  const where = random.chance(0.85) ? ` where ${condition(dataset, place, grammar)}` : '';
  const probe = (): string => probed(place, grammar);
  // Behind a fence PostgreSQL may take each row with each.
  const joined = ` where ${within(dataset, engine === 'duckdb' ? 3000 : 30, random)} and ${condition(dataset, place, grammar)}`;
  const near = ` where ${within(dataset, 30, random)}`;
  return random.pick<() => string>([
    () => `select count(*) as n from ${from}${where}`,
    () => `select count(*) filter (where ${condition(dataset, place, grammar)}) as n from ${from}`,
    () => `select ${probe()} as a, count(*) as n from ${from}${where} group by 1`,
    () => `select min(${text(place, grammar)}) as a, max(${text(place, grammar)}) as b from ${from}${where}`,
    () => `select distinct ${probe()} as a from ${from}${where}`,
    () => `select t.${ORDINAL} as a, ${probe()} as b from ${from}${near}`,
    () => `select t.${ORDINAL} as a, ${probe()} as b from ${from}${where} order by 1 limit 9`,
    () => `select count(*) as n from ${from} join ${others(dataset, random)}${joined}`,
    () => `select count(*) as n from (select ${probe()} as a from ${from}${where}) as x where a is not null`,
  ])();
}

const others = ({ id }: WorldDataset, random: Random): string =>
  `(select o.${ORDINAL} as at_id from ${id} as o) as o on o.at_id = t.${ORDINAL}${random.pick(['', ' + 1'])}`;

/** A value in which something raises, mostly. */
function probed(place: Place, grammar: Grammar): string {
  const probe = grammar.random.chance(0.6) ? raising(place, grammar) : null;
  return probe ?? expression(anyKind(place.scope, grammar), place, grammar);
}

const text = (place: Place, grammar: Grammar): string => {
  const probe = grammar.random.chance(0.5) ? raising(place, grammar) : null;
  return probe === null ? expression('text', place, grammar) : `case when ${probe} then 'y' else 'n' end`;
};

function condition(dataset: WorldDataset, place: Place, grammar: Grammar): string {
  const { random } = grammar;
  const some = (): string => selective(dataset, place, random);
  const probe = (): string => raising(place, grammar) ?? 'true';
  return random.pick<() => string>([
    probe,
    () => `${some()} and ${probe()}`,
    () => `${probe()} and ${some()}`,
    () => `(${some()} or ${probe()})`,
    () => `${some()} and ${some()}`,
    () => `${some()} and ${expression('bool', place, grammar)}`,
    () => expression('bool', place, grammar),
  ])();
}

function selective(dataset: WorldDataset, { scope }: Place, random: Random): string {
  const length = Math.max(dataset.rows.length, dataset.twin.length);
  const { name } = random.pick(columnsOf(scope)).column;
  return random.pick([
    within(dataset, 30, random),
    within(dataset, 3000, random),
    `t.${ORDINAL} > ${random.below(length)}`,
    `t.${ORDINAL} < ${random.below(length)}`,
    `t.${ORDINAL} % 97 = 5`,
    `t.${name} is not null`,
    `t.region in ('EU', 'FR')`,
    "t.region = 'EU'",
  ]);
}

function within(dataset: WorldDataset, width: number, random: Random): string {
  const start = random.below(dataset.rows.length);
  return `t.${ORDINAL} between ${start} and ${start + width}`;
}
