/** Expressions of a wanted kind, from templates, columns in scope, literals, parameters and subqueries. */
import type { Kind } from '../kinds.ts';
import { type Column, columnsOf, type Grammar, type Range, type Scope } from './scope.ts';

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
  const { random, depth, dialect } = grammar;
  if (kind === 'bool' && place.mode.kind !== 'group' && random.chance(0.18)) {
    const probe = raising(place, grammar);
    if (probe !== null) return probe;
  }
  if (depth <= 0 || random.chance(0.3)) return leaf(kind, place, grammar);
  const inner = { ...grammar, depth: depth - 1 };
  const chosen = random.next();
  if (place.mode.kind === 'group' && chosen < 0.5) return aggregate(kind, place, inner);
  if (place.mode.kind === 'window' && chosen < 0.5 && dialect.window[kind] !== undefined) {
    return filled(random.pick(dialect.window[kind]), place, inner);
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
  const templates = dialect.scalar[kind];
  if (templates.length === 0 || chosen < 0.45) {
    return filled(random.pick(dialect.generic).replaceAll('KIND', kind), place, inner);
  }
  return filled(random.pick(templates), place, inner);
}

/** A condition that holds for what may be seen and raises on poison; null where no column in reach has one. */
export function raising(place: Place, grammar: Grammar): string | null {
  const {
    random,
    dialect: { raising: templates },
  } = grammar;
  const found = columnsOf(place.scope).filter(
    ({ column: { flavour } }) => flavour !== null && Object.hasOwn(templates, flavour),
  );
  if (found.length === 0) return null;
  const { range, column: one } = random.pick(found);
  const template = random.pick(templates[one.flavour!]!);
  return filled(template.replaceAll('@', written(range, one.name, false)), place, { ...grammar, depth: 0 });
}

function aggregate(kind: Kind, place: Place, grammar: Grammar): string {
  const templates = grammar.dialect.aggregate[kind];
  return templates === undefined
    ? leaf(kind, place, grammar)
    : filled(grammar.random.pick(templates), place, grammar);
}

function leaf(kind: Kind, place: Place, grammar: Grammar): string {
  const { random } = grammar;
  if (place.mode.kind === 'group') {
    const keys = place.mode.keys.filter((key) => key.kind === kind);
    if (keys.length > 0 && random.chance(0.6)) return random.pick(keys).text;
    const templates = grammar.dialect.aggregate[kind];
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
  if (random.chance(0.04)) return grammar.dialect.nulls[kind] ?? 'null';
  if (random.chance(0.06)) {
    if (kind === 'int') return `${grammar.param(random.pick([0, 1, 2, 7, null]))}::integer`;
    if (kind === 'text')
      return random.pick([grammar.param(random.pick(['alpha', 'a', ''])), `${grammar.param('EU')}::text`]);
    if (kind === 'bool') return `${grammar.param(random.chance(0.5))}::boolean`;
    if (kind === 'float') return `cast(${grammar.param(1.5)} as double precision)`;
  }
  const literals = grammar.dialect.literals[kind];
  return literals.length === 0 ? null : random.pick(literals);
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

export function filled(template: string, place: Place, grammar: Grammar): string {
  let last = '';
  return template.replace(/==|[{<](\w+)[}>]/g, (hole, name: string) => {
    if (hole === '==') return last;
    if (!hole.startsWith('<')) return one(name, place, grammar);
    last = one(name, { ...place, mode: ROW }, grammar);
    return last;
  });
}

function one(name: string, place: Place, grammar: Grammar): string {
  const { random, dialect } = grammar;
  const flavoured = dialect.flavoured[name];
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
  const texts = dialect.holes[name];
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
  const order =
    kind === 'total' ? everything.join(', ') : `${item()}${random.pick(grammar.dialect.holes.order!)}`;
  const orders = order !== '' && (kind !== 'over' || random.chance(0.6));
  const framed = orders && kind !== 'ordered' && random.chance(0.5);
  // ROWS counts rows, so equal ones must not be told apart.
  const frame = framed
    ? random.pick(kind === 'total' ? FRAMES : FRAMES.filter((text) => !text.startsWith('rows')))
    : '';
  return `(${[partition, orders ? `order by ${order}` : '', frame].filter(Boolean).join(' ')})`;
}
