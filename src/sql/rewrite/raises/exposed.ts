/**
 * Which columns of datasets reach an expression of the caller's that can raise: only those need new vectors, since what
 * runs over a column's dictionary cannot tell of the others. What is not understood exposes every column.
 */
import type { CommonTableExpr, JoinExpr, RangeSubselect, RangeVar, SelectStmt, SubLink } from '@pgsql/types';
import { typeOf } from '../../resolve/types.ts';
import type { Node } from '../../tree.ts';
import { close, eachChild, open, walk } from '../../walk.ts';
import { comparable, isBoolean, type RaiseContext } from './comparable.ts';
import { evenSelect } from './even.ts';
import { safe } from './raises.ts';

/** `range.column`, by the names that resolution gave. */
type ColumnName = string;

export type Exposed = 'every' | ReadonlySet<ColumnName>;

export const columnName = (range: string, column: string): ColumnName => `${range}.${column}`;

/**
 * @param select resolved, so that no two ranges or CTEs share a name, and each output has one.
 * @param datasets the ranges that are datasets
 */
export function exposedColumns(
  select: SelectStmt,
  datasets: { has(range: string): boolean },
  context: RaiseContext,
): Exposed {
  const root = close('SelectStmt', select);
  const exposing = new Set<ColumnName>();
  const expose = (node: Node): void => {
    for (const name of columnsIn(node)) exposing.add(name);
  };
  if (!visit(root, { ...context, subqueries: 'apart' }, expose)) return 'every';
  const flow = flowOf(root);
  const reached = new Set<ColumnName>();
  const waiting = [...exposing];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const sources = flow.get(name);
    // A range that nothing is known of may hand on anything.
    if (sources === undefined && !datasets.has(name.slice(0, name.indexOf('.')))) return 'every';
    waiting.push(...(sources ?? []));
  }
  return reached;
}

function columnsIn(node: Node): readonly ColumnName[] {
  const found: ColumnName[] = [];
  walk(node, (at) => {
    const name = columnOf(at);
    if (name !== null) found.push(name);
    return undefined;
  });
  return found;
}

/** The columns whose values an operand may be, of subqueries in it only what they give out. */
function operandColumns(node: Node): readonly ColumnName[] {
  const found: ColumnName[] = [];
  walk(node, (at) => {
    const name = columnOf(at);
    if (name !== null) found.push(name);
    if (!('SubLink' in at)) return undefined;
    for (const leaf of leavesOf(open(at.SubLink.subselect!).body as SelectStmt))
      for (const { value } of outputsOf(leaf)) found.push(...operandColumns(value));
    return false;
  });
  return found;
}

function columnOf(node: Node): ColumnName | null {
  if (!('ColumnRef' in node)) return null;
  const [range, column] = (node.ColumnRef.fields ?? []).map((field) => open(field).body.sval as string);
  return columnName(range ?? '', column ?? '');
}

/** Exposes what stands in the parts that can raise. @returns false where it cannot tell which those are */
function visit(node: Node, context: RaiseContext, expose: (node: Node) => void): boolean {
  const children = (of: Node = node): boolean => {
    let told = true;
    eachChild(of, (child) => {
      if (!('Alias' in child) && !('String' in child)) told &&= visit(child, context, expose);
    });
    return told;
  };
  const { tag, body } = open(node);
  switch (tag) {
    case 'SelectStmt': {
      const own = body as SelectStmt;
      if (!evenSelect(own, context)) return false;
      for (const condition of [own.whereClause, own.havingClause])
        if (condition !== undefined && !isBoolean(condition, context)) expose(condition);
      return children();
    }
    case 'JoinExpr': {
      const { quals } = body as JoinExpr;
      if (quals !== undefined && !isBoolean(quals, context)) expose(quals);
      return children();
    }
    case 'WithClause':
    case 'CommonTableExpr':
    case 'RangeSubselect':
    case 'ResTarget':
    case 'SortBy':
    case 'List':
    case 'GroupingSet':
    case 'WindowDef':
      return children();
    case 'SubLink': {
      const { testexpr, subselect } = body as SubLink;
      if (testexpr !== undefined && !comparesSafely(testexpr, subselect!, context)) {
        expose(testexpr);
        expose(subselect!);
      }
      return children();
    }
    case 'BoolExpr':
      for (const arg of body.args as Node[]) if (!isBoolean(arg, context)) expose(arg);
      return children();
    case 'RangeVar':
    case 'Alias':
    case 'String':
      return true;
    default:
      if (!safe(node, context)) {
        expose(node);
        return true;
      }
      // Safe but for what stands in its subqueries.
      return subqueriesIn(node).every((subquery) => visit(subquery, context, expose));
  }
}

/** The outermost ones. */
function subqueriesIn(node: Node): readonly Node[] {
  const found: Node[] = [];
  walk(node, (at) => {
    if (!('SubLink' in at)) return undefined;
    found.push(at);
    return false;
  });
  return found;
}

/** `x IN (SELECT y …)`; a row of several on the left is not looked into. */
function comparesSafely(testexpr: Node, subselect: Node, context: RaiseContext): boolean {
  const outputs = leavesOf(open(subselect).body as SelectStmt).map(outputsOf);
  return outputs.every(
    ([first, second]) =>
      first !== undefined &&
      second === undefined &&
      typeOf(first.value, context.ranges).family !== 'unknown' &&
      comparable(testexpr, first.value, context),
  );
}

interface Output {
  readonly name: string;
  readonly value: Node;
}

function leavesOf(select: SelectStmt): readonly SelectStmt[] {
  return select.larg === undefined ? [select] : [...leavesOf(select.larg), ...leavesOf(select.rarg!)];
}

function outputsOf(select: SelectStmt): readonly Output[] {
  return (select.targetList ?? []).map((target) => {
    const { name, val } = open(target).body as { name?: string; val: Node };
    return { name: name ?? '', value: val };
  });
}

/**
 * From each column to those whose values it may hold, or whose place it may take: a column of a subquery to what it is
 * made of, and two columns that are compared to each other, since DuckDB puts the one in the place of the other.
 */
function flowOf(root: Node): ReadonlyMap<ColumnName, readonly ColumnName[]> {
  const flow = new Map<ColumnName, ColumnName[]>();
  const add = (from: ColumnName, ...to: readonly ColumnName[]): void => {
    flow.set(from, [...(flow.get(from) ?? []), ...to]);
  };
  const same = (a: Node, b: Node): void => {
    const [left, right] = [operandColumns(a), operandColumns(b)];
    for (const name of left) if (right.length > 0) add(name, ...right);
    for (const name of right) if (left.length > 0) add(name, ...left);
  };
  const ctes = new Map<string, CommonTableExpr>();
  walk(root, (node) => {
    if ('CommonTableExpr' in node) ctes.set(node.CommonTableExpr.ctename ?? '', node.CommonTableExpr);
    return undefined;
  });
  const derive = (range: string, query: Node, names: readonly string[] = []): void => {
    const leaves = leavesOf(open(query).body as SelectStmt);
    const outputs = leaves.map(outputsOf);
    const given = (outputs[0] ?? []).map(({ name }, i) => names[i] ?? name);
    for (const [i, name] of (given.length > 0 ? given : names).entries()) {
      const column = columnName(range, name);
      for (const [n, leaf] of leaves.entries()) {
        // Rows that are written out are looked at as a whole.
        const value = outputs[n]?.[i]?.value ?? close('SelectStmt', leaf);
        add(column, ...columnsIn(value));
        const plain = columnOf(value);
        if (plain !== null) add(plain, column);
      }
    }
  };
  walk(root, (node) => {
    if ('RangeSubselect' in node) {
      const { alias, subquery } = node.RangeSubselect as RangeSubselect;
      derive(alias?.aliasname ?? '', subquery!, wordsOf(alias?.colnames));
    } else if ('RangeVar' in node) {
      const { alias, relname } = node.RangeVar as RangeVar;
      const cte = ctes.get(relname ?? '');
      if (cte !== undefined) derive(alias?.aliasname ?? '', cte.ctequery!, wordsOf(cte.aliascolnames));
    } else if ('RangeFunction' in node) {
      const range = node.RangeFunction.alias?.aliasname ?? '';
      const sources = columnsIn(node);
      for (const name of wordsOf(node.RangeFunction.alias?.colnames))
        add(columnName(range, name), ...sources);
    } else if ('SelectStmt' in node && node.SelectStmt.larg !== undefined) {
      // INTERSECT and EXCEPT are joins to it.
      const [first, ...others] = leavesOf(node.SelectStmt).map(outputsOf);
      for (const [i, { value }] of (first ?? []).entries())
        for (const other of others) if (other[i] !== undefined) same(value, other[i].value);
    } else if ('A_Expr' in node && node.A_Expr.lexpr !== undefined) {
      // Any comparison, so that nothing hangs on which of them the engine replaces by.
      same(node.A_Expr.lexpr, node.A_Expr.rexpr!);
    } else if ('SubLink' in node && node.SubLink.testexpr !== undefined) {
      for (const leaf of leavesOf(open(node.SubLink.subselect!).body as SelectStmt))
        for (const { value } of outputsOf(leaf)) same(node.SubLink.testexpr, value);
    }
    return undefined;
  });
  return flow;
}

function wordsOf(names: readonly Node[] | undefined): readonly string[] {
  return (names ?? []).map((name) => open(name).body.sval as string);
}
