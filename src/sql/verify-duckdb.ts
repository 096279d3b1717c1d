/**
 * DuckDB as a witness: which relations and functions its own parser finds in a text, read from `json_serialize_sql`
 * (1.5). Strict: a class, type or field that is not in the tables below is a fault, so a newer DuckDB fails closed.
 */
import type { Witness } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import { OPERATORS } from './guard/operators.ts';

interface Look {
  readonly relations: Set<string>;
  readonly functions: Set<string>;
  /** Names of the CTEs in scope, which DuckDB shows as base tables. */
  readonly ctes: ReadonlySet<string>;
}
type Json = Readonly<Record<string, unknown>>;
type Visit = (value: unknown, look: Look) => void;

/**
 * Reads the answer of `SELECT json_serialize_sql(text)`, as text or parsed.
 *
 * Relations come as `catalog.schema.table`, functions as `catalog.schema.name`, both without the parts that are absent;
 * operators and functions that the parser makes of syntax are left out. Throws verify_failed on anything unknown.
 */
export function duckdbWitness(serialized: unknown): Witness {
  const answer = asObject(typeof serialized === 'string' ? parsed(serialized) : serialized);
  const statements = answer.statements;
  if (answer.error !== false || !Array.isArray(statements) || statements.length !== 1) {
    throw strange('the text does not parse as one query');
  }
  const look: Look = { relations: new Set(), functions: new Set(), ctes: new Set() };
  query(statements[0], look);
  return { relations: [...look.relations].sort(), functions: [...look.functions].sort() };
}

/** DuckDB writes infinity as it is, which is no JSON. */
function parsed(serialized: string): unknown {
  try {
    return JSON.parse(serialized);
  } catch {
    throw strange('an answer that is no JSON');
  }
}

const plain: Visit = () => {};
/** Must hold nothing: sampling, time travel, EXCLUDE lists and the like. */
const absent: Visit = (value) => {
  const empty = value === null || value === false || (Array.isArray(value) && value.length === 0);
  if (!empty) throw strange('a construct that is never printed');
};
const optional =
  (visit: Visit): Visit =>
  (value, look) => {
    if (value !== null) visit(value, look);
  };
const many =
  (visit: Visit): Visit =>
  (value, look) => {
    if (!Array.isArray(value)) throw strange('a list that is none');
    for (const item of value) visit(item, look);
  };
const fields =
  (table: Readonly<Record<string, Visit>>): Visit =>
  (value, look) => {
    const object = asObject(value);
    for (const [field, inner] of Object.entries(object)) {
      const visit = table[field];
      if (visit === undefined) throw strange(`the field ${field}`);
      visit(inner, look);
    }
  };
/** Chooses the table by a field of the object. */
const chosenBy =
  (key: string, tables: () => Readonly<Record<string, Readonly<Record<string, Visit>>>>): Visit =>
  (value, look) => {
    const name = asObject(value)[key];
    const table = typeof name === 'string' ? tables()[name] : undefined;
    if (table === undefined) throw strange(`the ${key} ${String(name)}`);
    fields({ [key]: plain, type: plain, alias: plain, query_location: plain, ...table })(value, look);
  };

const expression: Visit = (value, look) => {
  const object = asObject(value);
  if (object.class === 'FUNCTION' || object.class === 'WINDOW') noteFunction(object, look);
  chosenBy('class', () => EXPRESSIONS)(value, look);
};
const expressions = many(expression);
const from: Visit = (value, look) => {
  const object = asObject(value);
  if (object.type === 'BASE_TABLE') noteRelation(object, look);
  chosenBy('type', () => FROM)(value, look);
};
/** The CTEs of a node are visible in its body, each one in those after it, and in itself when it recurs. */
const queryNode: Visit = (value, look) => {
  const { cte_map: map, ...body } = asObject(value);
  let ctes = look.ctes;
  for (const entry of map === undefined ? [] : asList(asObject(map).map)) {
    const { key, value: cte } = asObject(entry);
    const recurs = asObject(asObject(asObject(cte).query).node).type === 'RECURSIVE_CTE_NODE';
    const after = new Set([...ctes, String(key)]);
    common(cte, { ...look, ctes: recurs ? after : ctes });
    ctes = after;
  }
  chosenBy('type', () => QUERY_NODES)(body, { ...look, ctes });
};
const query = fields({ node: queryNode, named_param_map: plain });
const common = fields({
  aliases: plain,
  query,
  materialized: plain,
  key_targets: absent,
});
const order = fields({ type: plain, null_order: plain, expression });
const modifier: Visit = (value, look) => chosenBy('type', () => MODIFIERS)(value, look);

const EXPRESSIONS: Readonly<Record<string, Readonly<Record<string, Visit>>>> = {
  CONSTANT: { value: plain },
  COLUMN_REF: { column_names: plain },
  PARAMETER: { identifier: plain },
  STAR: {
    relation_name: plain,
    columns: absent,
    expr: absent,
    exclude_list: absent,
    replace_list: absent,
    qualified_exclude_list: absent,
    rename_list: absent,
  },
  FUNCTION: {
    function_name: plain,
    schema: plain,
    catalog: plain,
    children: expressions,
    filter: optional(expression),
    order_bys: modifier,
    distinct: plain,
    is_operator: plain,
    export_state: absent,
  },
  WINDOW: {
    function_name: plain,
    schema: plain,
    catalog: plain,
    children: expressions,
    partitions: expressions,
    orders: many(order),
    arg_orders: many(order),
    start: plain,
    end: plain,
    start_expr: optional(expression),
    end_expr: optional(expression),
    offset_expr: optional(expression),
    default_expr: optional(expression),
    filter_expr: optional(expression),
    ignore_nulls: plain,
    exclude_clause: plain,
    distinct: plain,
  },
  OPERATOR: { children: expressions },
  COMPARISON: { left: expression, right: expression },
  CONJUNCTION: { children: expressions },
  BETWEEN: { input: expression, lower: expression, upper: expression },
  CASE: {
    case_checks: many(fields({ when_expr: expression, then_expr: expression })),
    else_expr: expression,
  },
  CAST: { child: expression, cast_type: plain, try_cast: absent },
  SUBQUERY: { subquery: query, subquery_type: plain, child: optional(expression), comparison_type: plain },
};

const FROM: Readonly<Record<string, Readonly<Record<string, Visit>>>> = {
  EMPTY: { sample: absent },
  BASE_TABLE: {
    sample: absent,
    catalog_name: plain,
    schema_name: plain,
    table_name: plain,
    column_name_alias: plain,
    at_clause: absent,
  },
  SUBQUERY: { sample: absent, subquery: query, column_name_alias: plain },
  EXPRESSION_LIST: {
    sample: absent,
    expected_names: plain,
    expected_types: absent,
    values: many(expressions),
    column_name_alias: plain,
  },
  JOIN: {
    sample: absent,
    left: from,
    right: from,
    condition: optional(expression),
    join_type: plain,
    ref_type: plain,
    using_columns: plain,
    delim_flipped: absent,
    duplicate_eliminated_columns: absent,
  },
};

const QUERY_NODES: Readonly<Record<string, Readonly<Record<string, Visit>>>> = {
  SELECT_NODE: {
    modifiers: many(modifier),
    select_list: expressions,
    from_table: from,
    where_clause: optional(expression),
    group_expressions: expressions,
    group_sets: plain,
    aggregate_handling: plain,
    having: optional(expression),
    sample: absent,
    qualify: absent,
  },
  SET_OPERATION_NODE: {
    modifiers: many(modifier),
    setop_type: plain,
    setop_all: plain,
    left: queryNode,
    right: queryNode,
    children: many(queryNode),
  },
  RECURSIVE_CTE_NODE: {
    modifiers: many(modifier),
    cte_name: plain,
    union_all: plain,
    left: queryNode,
    right: queryNode,
    aliases: plain,
    key_targets: absent,
  },
};

const MODIFIERS: Readonly<Record<string, Readonly<Record<string, Visit>>>> = {
  ORDER_MODIFIER: { orders: many(order) },
  LIMIT_MODIFIER: { limit: optional(expression), offset: optional(expression) },
  DISTINCT_MODIFIER: { distinct_on_targets: expressions },
};

function noteRelation(table: Json, { relations, ctes }: Look): void {
  const name = dotted(table.catalog_name, table.schema_name, table.table_name);
  const bare = table.catalog_name === '' && table.schema_name === '';
  if (!(bare && ctes.has(name))) relations.add(name);
}

const OPERATOR_NAMES: ReadonlySet<string> = new Set(OPERATORS.map((operator) => operator.name));

/** What DuckDB's parser makes of `INTERVAL '1' DAY` and of ROW; written out, these names come with a schema. */
const DESUGARED: ReadonlySet<string> = new Set([
  'to_years',
  'to_months',
  'to_days',
  'to_hours',
  'to_minutes',
  'to_seconds',
  'trunc',
  'main.row',
]);

/** WITHIN GROUP turns these into functions of another name, with the ordering as the argument. */
const ORDERED: Readonly<Record<string, string>> = {
  'system.main.quantile_cont': 'system.main.percentile_cont',
  'system.main.quantile_disc': 'system.main.percentile_disc',
};

function noteFunction(call: Json, { functions }: Look): void {
  const name = dotted(call.catalog, call.schema, call.function_name);
  if (call.is_operator === true && OPERATOR_NAMES.has(name)) return;
  if (DESUGARED.has(name)) return;
  functions.add(isOrdered(call) ? (ORDERED[name] ?? name) : name);
}

/** `quantile_cont(x, 0.5)` has two arguments, `percentile_cont(0.5) WITHIN GROUP (ORDER BY x)` one. */
function isOrdered(call: Json): boolean {
  return asList(call.children).length === 1;
}

function dotted(...parts: readonly unknown[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('.');
}

function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw strange('a value that is no object');
  }
  return value as Json;
}

function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw strange('a list that is none');
  return value;
}

function strange(what: string): SluiceError {
  return new SluiceError('verify_failed', undefined, { cause: new Error(`DuckDB's parser shows ${what}`) });
}
