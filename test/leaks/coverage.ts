/** Which accepted constructs the compared queries held: node types, fields, their values, functions, operators, types. */
import { FUNCTIONS } from '../../src/sql/guard/functions.ts';
import { NODES } from '../../src/sql/guard/nodes.ts';
import { OPERATORS } from '../../src/sql/guard/operators.ts';
import { TYPES } from '../../src/sql/guard/types.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';

export const GROUPS = ['nodes', 'fields', 'values', 'functions', 'operators', 'types'] as const;
export type Group = (typeof GROUPS)[number];
export type Seen = Readonly<Record<Group, Set<string>>>;

export function nothingSeen(): Seen {
  return {
    nodes: new Set(),
    fields: new Set(),
    values: new Set(),
    functions: new Set(),
    operators: new Set(),
    types: new Set(),
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** Adds what a parsed statement holds. Reads the tree as it comes from the parser, without the walkers under test. */
export function note(statement: unknown, seen: Seen): void {
  const [tag] = Object.keys(statement as Fields);
  if (tag !== undefined) noteBody(tag, (statement as Record<string, Fields>)[tag]!, seen);
}

function noteBody(tag: string, body: Fields, seen: Seen): void {
  const slots = NODES[tag as keyof typeof NODES] as
    | Readonly<Record<string, { is: string; of?: unknown }>>
    | undefined;
  if (slots === undefined) return;
  seen.nodes.add(tag);
  for (const [field, value] of Object.entries(body)) {
    seen.fields.add(`${tag}.${field}`);
    const slot = slots[field];
    if (slot?.is === 'enum') seen.values.add(`${tag}.${field}=${String(value)}`);
    else if (slot?.is === 'bare') noteBody(String(slot.of), value as Fields, seen);
    else if (Array.isArray(value)) for (const item of value) note(item, seen);
    else if (slot?.is === 'node') note(value, seen);
  }
  if (tag === 'FuncCall') seen.functions.add(lastName(body.funcname));
  if (tag === 'A_Expr') seen.operators.add(lastName(body.name));
  if (tag === 'TypeName') seen.types.add(dotted(body.names));
}

const strings = (names: unknown): string[] =>
  (names as { String?: { sval?: string } }[]).map((part) => part.String?.sval ?? '');
const lastName = (names: unknown): string => strings(names).at(-1) ?? '';
const dotted = (names: unknown): string => strings(names).join('.');

/** What no text is read as: the server's own analysis makes it. */
const NEVER_READ: ReadonlySet<string> = new Set(['GroupingSet.kind=GROUPING_SET_SIMPLE']);

/** Everything that the tables accept for an engine. */
export function everything(engine: EngineKind): Readonly<Record<Group, readonly string[]>> {
  const slots = Object.entries(NODES).flatMap(([tag, fields]) =>
    Object.entries(fields).map(([field, slot]) => ({ name: `${tag}.${field}`, slot })),
  );
  return {
    nodes: Object.keys(NODES),
    fields: slots.filter(({ slot }) => slot.is !== 'refused' && slot.is !== 'offset').map(({ name }) => name),
    values: slots.flatMap(({ name, slot }) =>
      slot.is === 'enum'
        ? slot.of.map((value) => `${name}=${value}`).filter((value) => !NEVER_READ.has(value))
        : [],
    ),
    functions: FUNCTIONS.filter(
      (one) => one[engine] !== null || (engine === 'duckdb' && one.spelled !== null),
    ).map(({ name }) => name),
    operators: OPERATORS.filter((one) => (engine === 'postgres' ? one.postgres : one.duckdb !== null)).map(
      ({ name }) => name,
    ),
    types: TYPES.filter((one) => one[engine] !== null).map(({ name }) => name),
  };
}

export interface Covered {
  readonly group: Group;
  readonly seen: number;
  readonly all: number;
  readonly missing: readonly string[];
}

export function covered(seen: Seen, engine: EngineKind): readonly Covered[] {
  const all = everything(engine);
  return GROUPS.map((group) => {
    const missing = all[group].filter((name) => !seen[group].has(name));
    return { group, seen: all[group].length - missing.length, all: all[group].length, missing };
  });
}
