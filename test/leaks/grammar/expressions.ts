/** Expressions of a wanted kind, from templates, columns in scope, literals, parameters and subqueries. */
import type { Kind } from '../flavours.ts';
import { type Column, columnsOf, type Grammar, type Range, type Scope } from './scope.ts';
import { AGGREGATE, GENERIC, HOLES, RAISING, SCALAR, WINDOW } from './templates.ts';

/** A row of FROM, the rows of a group (with the expressions that GROUP BY names), or a row with windows over it. */
export type Mode =
  | { readonly kind: 'row' }
  | { readonly kind: 'window'; readonly windows: readonly string[] }
  | { readonly kind: 'group'; readonly keys: readonly { readonly text: string; readonly kind: Kind }[] };

export const ROW: Mode = { kind: 'row' };

export type Subquery = (kind: Kind, scope: Scope, grammar: Grammar) => string;
export type Condition = (scope: Scope, grammar: Grammar) => string;

/** What needs whole queries: given by queries.ts, which needs expressions itself. */
export interface Nesting {
  readonly scalar: Subquery;
  readonly condition: Condition;
  readonly array: Subquery;
}

export interface Place {
  readonly scope: Scope;
  readonly mode: Mode;
  readonly nesting: Nesting;
}

const LITERALS: Readonly<Record<Kind, readonly string[]>> = {
  text: ["'alpha'", "'a'", "''", "'EU'", "'SECRET4242'", "'it''s'", "'Ünï'", "'7'"],
  int: ['0', '1', '2', '3', '-1', '7', '42', '100000', '3000000000'],
  decimal: ['1.25', '0.00', '-3.50', '42.42', '.5'],
  float: ['0.25::double precision', '1e0', '2.5e1', '-1e0'],
  bool: ['true', 'false', 'null::boolean'],
  date: ["date '2024-01-15'", "cast('2023-12-31' as date)", "'2020-02-29'::date"],
  time: ["time '12:30:00'", "'08:15:30'::time"],
  timestamp: ["timestamp '2024-01-15 10:00:00'", "'2020-02-29'::timestamp"],
  timestamptz: ["timestamptz '2024-01-15 10:00:00+00'"],
  interval: ["interval '1 day'", "interval '3' month"],
  uuid: ["uuid '6f1d2c3e-0000-4000-8000-000000000001'"],
  json: [`'{"a": 1, "b": [1, 2]}'::json`, "'[1, 2]'::json", `json '"x"'`],
  blob: ["'abc'::bytea"],
  ints: ['array[1, 2, 3]', 'array[]::integer[]', 'array[5]'],
  texts: ["array['a', 'b']", "array['alpha']"],
  struct: [],
  enum: ["'low'", "'high'"],
};

const KINDS: readonly Kind[] = [
  'text',
  'text',
  'int',
  'int',
  'decimal',
  'float',
  'bool',
  'date',
  'timestamp',
];

/** A kind that the scope has columns of, mostly. */
export function anyKind(scope: Scope, { random }: Grammar): Kind {
  const columns = columnsOf(scope);
  return columns.length > 0 && random.chance(0.8) ? random.pick(columns).column.kind : random.pick(KINDS);
}

export function expression(kind: Kind, place: Place, grammar: Grammar): string {
  const { random, depth } = grammar;
  if (kind === 'bool' && place.mode.kind !== 'group' && random.chance(0.18)) {
    const probe = raising(place, grammar);
    if (probe !== null) return probe;
  }
  if (depth <= 0 || random.chance(0.3)) return leaf(kind, place, grammar);
  const inner = { ...grammar, depth: depth - 1 };
  const chosen = random.next();
  if (place.mode.kind === 'group' && chosen < 0.5) return aggregate(kind, place, inner);
  if (place.mode.kind === 'window' && chosen < 0.5 && WINDOW[kind] !== undefined) {
    return filled(random.pick(WINDOW[kind]), place, inner);
  }
  if (chosen > 0.96 && kind !== 'struct' && kind !== 'enum') {
    return place.mode.kind === 'group'
      ? leaf(kind, place, grammar)
      : place.nesting.scalar(kind, place.scope, inner);
  }
  if (chosen > 0.94 && (kind === 'ints' || kind === 'texts') && place.mode.kind !== 'group') {
    return place.nesting.array(kind, place.scope, inner);
  }
  if (kind === 'bool' && chosen > 0.88 && place.mode.kind !== 'group') {
    return place.nesting.condition(place.scope, inner);
  }
  const templates = SCALAR[kind];
  if (templates.length === 0 || chosen < 0.62) {
    return filled(random.pick(GENERIC).replaceAll('KIND', kind), place, inner);
  }
  return filled(random.pick(templates), place, inner);
}

function raising(place: Place, grammar: Grammar): string | null {
  const { random } = grammar;
  const found = columnsOf(place.scope).filter(
    ({ column: { flavour } }) => flavour !== null && Object.hasOwn(RAISING, flavour),
  );
  if (found.length === 0) return null;
  const { range, column: one } = random.pick(found);
  const template = random.pick(RAISING[one.flavour!]!);
  return filled(template.replaceAll('@', written(range, one.name, false)), place, { ...grammar, depth: 0 });
}

function aggregate(kind: Kind, place: Place, grammar: Grammar): string {
  const templates = AGGREGATE[kind];
  return templates === undefined
    ? leaf(kind, place, grammar)
    : filled(grammar.random.pick(templates), place, grammar);
}

function leaf(kind: Kind, place: Place, grammar: Grammar): string {
  const { random } = grammar;
  if (place.mode.kind === 'group') {
    const keys = place.mode.keys.filter((key) => key.kind === kind);
    if (keys.length > 0 && random.chance(0.6)) return random.pick(keys).text;
    const templates = AGGREGATE[kind];
    if (templates !== undefined && random.chance(0.7) && grammar.depth > -2) {
      return filled(random.pick(templates), place, { ...grammar, depth: grammar.depth - 1 });
    }
    return literal(kind, grammar) ?? 'null';
  }
  if (kind === 'bool' && random.chance(0.75)) {
    const shallow = { ...grammar, depth: -1 };
    const near = anyKind(place.scope, grammar);
    const test = COMPARED.has(near) ? `({${near}} {compare} {${near}})` : `({${near}} {is})`;
    return grammar.depth < 0
      ? 'true'
      : filled(random.chance(0.8) ? test : `({${near}} {is})`, place, shallow);
  }
  return random.chance(0.8)
    ? (column((one) => one.kind === kind, place, grammar) ?? other(kind, grammar))
    : other(kind, grammar);
}

const COMPARED: ReadonlySet<Kind> = new Set([
  'text',
  'int',
  'decimal',
  'float',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'uuid',
  'bool',
]);

function other(kind: Kind, grammar: Grammar): string {
  return literal(kind, grammar) ?? 'null';
}

function literal(kind: Kind, grammar: Grammar): string | null {
  const { random } = grammar;
  if (random.chance(0.04)) return 'null';
  if (random.chance(0.06)) {
    if (kind === 'int') return `${grammar.param(random.pick([0, 1, 2, 7, null]))}::integer`;
    if (kind === 'text')
      return random.pick([grammar.param(random.pick(['alpha', 'a', ''])), `${grammar.param('EU')}::text`]);
    if (kind === 'bool') return `${grammar.param(random.chance(0.5))}::boolean`;
    if (kind === 'float') return `cast(${grammar.param(1.5)} as double precision)`;
  }
  return LITERALS[kind].length === 0 ? null : random.pick(LITERALS[kind]);
}

/** A reference to some column in reach; null where there is none that fits. */
export function column(fits: (column: Column) => boolean, place: Place, grammar: Grammar): string | null {
  const { random } = grammar;
  const all = columnsOf(place.scope);
  const near = all.filter((found) => !found.outer && fits(found.column));
  const found = near.length > 0 && random.chance(0.85) ? near : all.filter((one) => fits(one.column));
  if (found.length === 0) return null;
  if (random.chance(0.0015) && grammar.wrongColumns.length > 0) {
    return written(random.pick(found).range, random.pick(grammar.wrongColumns), random.chance(0.5));
  }
  const chosen = random.pick(found);
  const unique = all.filter(({ column: { name } }) => name === chosen.column.name).length === 1;
  return written(chosen.range, chosen.column.name, unique && random.chance(0.5));
}

function written(range: Range, name: string, bare: boolean): string {
  return bare || range.name === null ? name : `${range.name}.${name}`;
}

/** Holes that stand for columns of a flavour, so that most conversions succeed on what may be seen. */
const FLAVOURED: Readonly<Record<string, { flavours: readonly string[]; otherwise: readonly string[] }>> = {
  digits: { flavours: ['digits'], otherwise: ["'12'", "'7'", "'0'"] },
  moment: { flavours: ['moments'], otherwise: ["'2024-01-15'"] },
  pattern: { flavours: ['patterns'], otherwise: ["'a.*'"] },
  key: { flavours: ['keys', 'small'], otherwise: ['1', '2', '3'] },
  nonzero: { flavours: [], otherwise: ['1', '2', '3', '-2'] },
  plainblob: { flavours: [], otherwise: ["'abc'::bytea", "encode('é')"] },
  texts2: { flavours: [], otherwise: ["array['a', 'b']", "array['SECRET4242', 'x']"] },
  pos1: { flavours: [], otherwise: ['0', '1', '2'] },
  format1: { flavours: [], otherwise: ["'%Y-%m-%d'"] },
};

export function filled(template: string, place: Place, grammar: Grammar): string {
  let last = '';
  return template.replace(/==|[{<](\w+)[}>]/g, (hole, name: string) => {
    if (hole !== '==') {
      last = one(name, hole.startsWith('<') ? { ...place, mode: ROW } : place, grammar);
    }
    return last;
  });
}

function one(name: string, place: Place, grammar: Grammar): string {
  const { random } = grammar;
  const flavoured = FLAVOURED[name];
  if (flavoured !== undefined) {
    const inGroup = place.mode.kind === 'group';
    const found =
      inGroup || random.chance(0.15)
        ? null
        : column(({ flavour }) => flavour !== null && flavoured.flavours.includes(flavour), place, grammar);
    return found ?? random.pick(flavoured.otherwise);
  }
  if (name === 'anything') return expression(anyKind(place.scope, grammar), place, grammar);
  if (name === 'anything1') return expression(random.pick(['text', 'int', 'bool'] as const), place, grammar);
  if (name === 'over' || name === 'ordered' || name === 'total') return over(name, place, grammar);
  const texts = HOLES[name];
  return texts === undefined ? expression(name as Kind, place, grammar) : random.pick(texts);
}

const FRAMES = [
  'rows between unbounded preceding and current row',
  'rows between 1 preceding and 1 following',
  'rows 2 preceding',
  'rows between current row and unbounded following',
  'range between unbounded preceding and current row',
  'range unbounded preceding',
  'groups between 1 preceding and current row',
  'rows between unbounded preceding and unbounded following exclude current row',
  'groups between unbounded preceding and 1 following exclude ties',
  'range between current row and unbounded following exclude group',
  'rows between unbounded preceding and current row exclude no others',
];

/** `over` may leave the order open, `ordered` has one, `total` puts every row in its place. */
function over(kind: string, place: Place, grammar: Grammar): string {
  const { random } = grammar;
  const inner = { ...grammar, depth: Math.min(grammar.depth, 1) };
  const row: Place = { ...place, mode: ROW };
  if (
    place.mode.kind === 'window' &&
    place.mode.windows.length > 0 &&
    kind !== 'total' &&
    random.chance(0.3)
  ) {
    const name = random.pick(place.mode.windows);
    return random.chance(0.5) ? name : `(${name})`;
  }
  const item = (): string => expression(anyKind(place.scope, grammar), row, inner);
  const partition = random.chance(0.4) ? `partition by ${item()}` : '';
  const everything = columnsOf(place.scope)
    .filter(({ outer }) => !outer)
    .map(({ range, column: { name } }) => written(range, name, false));
  const order = kind === 'total' ? everything.join(', ') : `${item()}${random.pick(HOLES.order!)}`;
  const orders = order !== '' && (kind !== 'over' || random.chance(0.6));
  const framed = orders && kind !== 'ordered' && random.chance(0.5);
  // ROWS counts rows, so equal ones must not be told apart.
  const frame = framed
    ? random.pick(kind === 'total' ? FRAMES : FRAMES.filter((text) => !text.startsWith('rows')))
    : '';
  return `(${[partition, orders ? `order by ${order}` : '', frame].filter(Boolean).join(' ')})`;
}
