/**
 * PostgreSQL as a witness: which relations and functions its own parser finds in a text. Strict: a node that is not in
 * the table below is a fault. It shares nothing with the walk that the rewriter uses.
 */
import type { Witness } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import { SET_FUNCTIONS } from './guard/set-functions.ts';
import { parsePrinted } from './parse.ts';

type Json = Readonly<Record<string, unknown>>;

interface Look {
  readonly relations: Set<string>;
  readonly functions: Set<string>;
}

/** Every node that a printed text may hold. */
const NODES: ReadonlySet<string> = new Set([
  'A_ArrayExpr',
  'A_Const',
  'A_Expr',
  'A_Indices',
  'A_Indirection',
  'A_Star',
  'BoolExpr',
  'BooleanTest',
  'CaseExpr',
  'CaseWhen',
  'CoalesceExpr',
  'CollateClause',
  'ColumnRef',
  'CommonTableExpr',
  'Float',
  'FuncCall',
  'GroupingFunc',
  'GroupingSet',
  'Integer',
  'JoinExpr',
  'List',
  'MinMaxExpr',
  'NamedArgExpr',
  'NullTest',
  'ParamRef',
  'RangeFunction',
  'RangeSubselect',
  'RangeVar',
  'ResTarget',
  'RowExpr',
  'SQLValueFunction',
  'SelectStmt',
  'SortBy',
  'String',
  'SubLink',
  'TypeCast',
  'WindowDef',
]);

/** Fields that would write, lock or sample. */
const NEVER: ReadonlySet<string> = new Set(['intoClause', 'lockingClause', 'search_clause', 'cycle_clause']);

/**
 * Relations come as `database.schema.table`, functions as `schema.name`, both without the parts that are absent; a name
 * without a schema is a CTE in scope, or listed bare. Throws verify_failed on anything but one accepted SELECT.
 */
export function postgresWitness(sql: string): Witness {
  const statement = parsePrinted(sql);
  const look: Look = { relations: new Set(), functions: new Set() };
  if (!isObject(statement) || !('SelectStmt' in statement)) throw strange('no SELECT');
  visit(statement, look, new Set());
  return { relations: [...look.relations].sort(), functions: [...look.functions].sort() };
}

function visit(value: unknown, look: Look, ctes: ReadonlySet<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, look, ctes);
    return;
  }
  if (!isObject(value)) return;
  const { withClause, ...rest } = value;
  const scope = withClause === undefined ? ctes : visitCommon(withClause, look, ctes);
  for (const [key, inner] of Object.entries(rest)) {
    if (NEVER.has(key)) throw strange(key);
    if (/^[A-Z]/.test(key)) visitNode(key, inner, look, scope);
    visit(inner, look, scope);
  }
}

function visitNode(tag: string, body: unknown, look: Look, ctes: ReadonlySet<string>): void {
  if (!NODES.has(tag)) throw strange(tag);
  if (!isObject(body)) return;
  if (tag === 'FuncCall') look.functions.add(dotted(body.funcname));
  if (tag === 'CollateClause' && !COLLATIONS.has(dotted(body.collname))) throw strange('a collation');
  if (tag === 'RangeFunction' && !givesRows(body)) throw strange('a function in FROM');
  // `(x).f` calls the function f where x has no such field.
  if (tag === 'A_Indirection' && hasField(body.indirection)) throw strange('a field of a value');
  if (tag !== 'RangeVar') return;
  const parts = [body.catalogname, body.schemaname, body.relname].filter((part) => part !== undefined);
  if (body.inh !== true) throw strange('ONLY');
  if (parts.length > 1 || !ctes.has(String(parts[0]))) look.relations.add(parts.join('.'));
}

/** Each CTE is visible in those after it and in the body; in itself, and in those before it, where the clause is recursive. */
function visitCommon(clause: unknown, look: Look, ctes: ReadonlySet<string>): ReadonlySet<string> {
  if (!isObject(clause) || !Array.isArray(clause.ctes)) throw strange('a WITH clause without CTEs');
  const names = clause.ctes.map(nameOf);
  const all = new Set([...ctes, ...names]);
  clause.ctes.forEach((cte, index) => {
    visit(cte, look, clause.recursive === true ? all : new Set([...ctes, ...names.slice(0, index)]));
  });
  return all;
}

const COLLATIONS: ReadonlySet<string> = new Set(['pg_catalog.C', 'pg_catalog.POSIX', 'pg_catalog.default']);

const IN_FROM: ReadonlySet<string> = new Set([
  ...SET_FUNCTIONS.map(({ postgres }) => `pg_catalog.${postgres}`),
  // Of several lists, which PostgreSQL takes by this name alone.
  'unnest',
]);

/** One function of the table, without definitions of columns. */
function givesRows({ functions, is_rowsfrom, coldeflist }: Json): boolean {
  if (!Array.isArray(functions) || functions.length !== 1 || is_rowsfrom === true || coldeflist !== undefined)
    return false;
  const [list] = functions as [Json];
  const [item] = isObject(list.List) && Array.isArray(list.List.items) ? (list.List.items as unknown[]) : [];
  const call = isObject(item) ? item.FuncCall : undefined;
  return isObject(call) && IN_FROM.has(dotted(call.funcname));
}

function hasField(steps: unknown): boolean {
  return !Array.isArray(steps) || steps.some((step) => !isObject(step) || !('A_Indices' in step));
}

function nameOf(cte: unknown): string {
  const body = isObject(cte) ? cte.CommonTableExpr : undefined;
  if (!isObject(body) || typeof body.ctename !== 'string') throw strange('a CTE without a name');
  return body.ctename;
}

function dotted(parts: unknown): string {
  if (!Array.isArray(parts)) throw strange('a function without a name');
  return parts
    .map((part: unknown) => {
      const text = isObject(part) ? part.String : undefined;
      if (!isObject(text) || typeof text.sval !== 'string') throw strange('a name that is no text');
      return text.sval;
    })
    .join('.');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strange(what: string): SluiceError {
  return new SluiceError('verify_failed', undefined, {
    cause: new Error(`PostgreSQL's parser shows ${what}`),
  });
}
