/** Puts a piece of one query's tree into another's, so that what comes out still parses: it reaches the later stages. */
import type { SelectStmt } from '@pgsql/types';
import { parseSync } from 'libpg-query';
import { print } from '../../src/sql/print/print.ts';
import type { Random } from '../leaks/random.ts';

type Raw = Readonly<Record<string, unknown>>;

const EXPRESSIONS: ReadonlySet<string> = new Set([
  'A_Const',
  'ColumnRef',
  'ParamRef',
  'A_Expr',
  'BoolExpr',
  'NullTest',
  'BooleanTest',
  'SubLink',
  'CaseExpr',
  'CoalesceExpr',
  'MinMaxExpr',
  'TypeCast',
  'FuncCall',
  'A_ArrayExpr',
  'A_Indirection',
  'RowExpr',
]);
const FROM: ReadonlySet<string> = new Set(['RangeVar', 'RangeSubselect', 'JoinExpr']);
const KINDS = [EXPRESSIONS, EXPRESSIONS, EXPRESSIONS, FROM, new Set(['SelectStmt'])];

/** Null where one of the texts does not parse, or the result has no text. */
export function spliced(text: string, other: string, random: Random): string | null {
  try {
    const kind = random.pick(KINDS);
    const into = tree(text);
    const places = nodesOf(into, kind);
    const pieces = nodesOf(tree(other), kind);
    if (places.length === 0 || pieces.length === 0) return null;
    const changed = replaced(into, random.pick(places), random.pick(pieces)) as { SelectStmt: SelectStmt };
    return print(changed.SelectStmt);
  } catch {
    return null;
  }
}

function tree(text: string): Raw {
  return (parseSync(text) as unknown as { stmts: readonly { stmt: Raw }[] }).stmts[0]!.stmt;
}

function nodesOf(node: unknown, kind: ReadonlySet<string>, found: object[] = []): readonly object[] {
  if (typeof node !== 'object' || node === null) return found;
  const keys = Object.keys(node);
  if (keys.length === 1 && kind.has(keys[0]!)) found.push(node);
  for (const value of Object.values(node)) nodesOf(value, kind, found);
  return found;
}

function replaced(node: unknown, at: object, by: object): unknown {
  if (node === at) return by;
  if (Array.isArray(node)) return node.map((item) => replaced(item, at, by));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, replaced(value, at, by)]));
}
