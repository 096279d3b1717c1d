/** What is refused by name, so that the answer says more than "not accepted"; everything unknown gets the general answer. */
import type { Code } from '../../errors.ts';

export interface Refusal {
  readonly code: Code;
  readonly what: string;
  readonly hint: string;
}

const because = (code: Code, what: string, hint: string): Refusal => ({ code, what, hint });
const inFrom = because(
  'sql_function_in_from',
  'a function in FROM',
  'Read from datasets, subqueries and VALUES; the reference lists the functions that give rows.',
);
const modifying = because('sql_data_modifying_cte', 'a data-modifying CTE', 'A CTE may only SELECT.');
const sqlJson = because('sql_construct_refused', 'SQL/JSON syntax', 'Use json_extract and its kin.');
const xml = because('sql_construct_refused', 'XML', 'Read XML outside the gate.');

/** Node types of the grammar that are not accepted, where there is something to say. */
export const REFUSED_NODES: Readonly<Record<string, Refusal>> = {
  RangeTableFunc: inFrom,
  JsonTable: inFrom,
  RangeTableSample: because('sql_tablesample', 'TABLESAMPLE', 'Read the whole dataset, or filter it.'),
  InsertStmt: modifying,
  UpdateStmt: modifying,
  DeleteStmt: modifying,
  MergeStmt: modifying,
  SetToDefault: because('sql_construct_refused', 'DEFAULT', 'Write the value.'),
  CurrentOfExpr: because('sql_construct_refused', 'CURRENT OF', 'Use a condition.'),
  MergeSupportFunc: because('sql_function_refused', 'merge_action()', 'The gate only reads.'),
  A_Star: because('whole_row', 'a star in this place', 'Name the columns.'),
  XmlExpr: xml,
  XmlSerialize: xml,
  JsonFuncExpr: sqlJson,
  JsonIsPredicate: sqlJson,
  JsonScalarExpr: sqlJson,
  JsonParseExpr: sqlJson,
  JsonSerializeExpr: sqlJson,
  JsonObjectConstructor: sqlJson,
  JsonArrayConstructor: sqlJson,
  JsonArrayQueryConstructor: sqlJson,
  JsonObjectAgg: sqlJson,
  JsonArrayAgg: sqlJson,
};

/** PostgreSQL's system columns; a dataset that has one of these names cannot be asked for it. */
export const SYSTEM_COLUMNS: ReadonlySet<string> = new Set([
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
  'tableoid',
]);
