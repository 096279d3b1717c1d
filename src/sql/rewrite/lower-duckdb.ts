/**
 * Lowers a resolved tree to DuckDB's dialect: every function under its full name in system.main, and syntax that
 * DuckDB's parser would turn into functions by bare names said in full names instead (DuckDB 1.5).
 */
import type { A_Indirection, FuncCall, RangeFunction, SelectStmt, SubLink, TypeCast } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import { calledName, functionNamed, VALUE_FUNCTIONS } from '../guard/functions.ts';
import { operatorNamed } from '../guard/operators.ts';
import { typeNamed } from '../guard/types.ts';
import { type Ranges, typeOf } from '../resolve/types.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import { arrayElements, quoteJsonPointer, writtenPath } from './array-literal.ts';
import { bool, call, column, every, isIn, NULL, not, operation, some, text, when } from './build.ts';
import { isUnbounded, unboundedDecimal } from './decimals-duckdb.ts';
import { onlyValue } from './dependents.ts';
import { plainInterval } from './interval-literals-duckdb.ts';
import { hoistGroupedSets, lowerFunctionInFrom, lowerSetCall, setCall } from './lower-sets-duckdb.ts';
import { ANY_CHARACTER, testedPattern } from './patterns-duckdb.ts';
import { similarTo } from './similar-duckdb.ts';
import { spelledInDuckDb, writtenHex } from './spell-duckdb.ts';
import { fromTheStart } from './subscripts-duckdb.ts';
import { checkTakes } from './takes.ts';
import { typedArgument, typedParameter } from './typed-parameters.ts';
import { noOperator, notHere, unsupported } from './unsupported.ts';
import { withoutInheritedWindows } from './windows-duckdb.ts';

export interface Lowering {
  /** Gives range names that the statement does not use yet. */
  readonly fresh: () => string;
  /** The caller's values. */
  readonly params: readonly ParamValue[];
  /** What each reference of the resolved tree means. */
  readonly ranges: Ranges;
}

export function lowerToDuckDb(node: Node, lowering: Lowering): Node {
  const again = (child: Node): Node => lowerToDuckDb(child, lowering);
  const { tag, body } = open(node);
  switch (tag) {
    case 'A_Expr':
      return lowerOperation(node, body, again, lowering.ranges);
    case 'FuncCall': {
      const only = onlyValue(body as FuncCall, 'duckdb');
      if (only !== undefined) return only;
      if (setCall(body as FuncCall) !== null)
        return lowerSetCall(body as FuncCall, { ...lowering, lower: again });
      refuseIntervals(body as FuncCall, lowering.ranges);
      return lowerCall(body as FuncCall, open(mapChildren(node, again)).body as FuncCall, lowering);
    }
    case 'RangeFunction':
      return lowerFunctionInFrom(body as RangeFunction, { ...lowering, lower: again });
    case 'SelectStmt': {
      const flat = withoutInheritedWindows(body as SelectStmt);
      const select = hoistGroupedSets(flat, { ...lowering, lower: again });
      return mapChildren(select === body ? node : close('SelectStmt', select), again);
    }
    case 'SQLValueFunction': {
      const entry = VALUE_FUNCTIONS[body.op as string];
      if (entry === undefined) throw refused('SQLValueFunction');
      return call(entry.duckdb);
    }
    case 'MinMaxExpr':
      return call(body.op === 'IS_LEAST' ? 'least' : 'greatest', ...(body.args as Node[]).map(again));
    case 'A_ArrayExpr':
      return call('list_value', ...((body.elements as Node[] | undefined) ?? []).map(again));
    case 'ParamRef':
      return typedParameter(node, lowering.params, 'duckdb');
    case 'TypeCast':
      return lowerCast(
        open(mapChildren(node, again)).body as TypeCast,
        again,
        (body as TypeCast).arg!,
        lowering,
      );
    case 'CollateClause':
      // Its own order.
      return again(body.arg as Node);
    case 'A_Indirection':
      return lowerIndirection(open(mapChildren(node, again)).body as unknown as A_Indirection);
    case 'SubLink':
      return lowerSubLink(open(mapChildren(node, again)).body as SubLink, lowering);
    default:
      return mapChildren(node, again);
  }
}

function refused(what: string): SluiceError {
  return new SluiceError('rewrite_failed', undefined, { cause: `no lowering for ${what}` });
}

/** @param written the call before its arguments were lowered. */
function lowerCall(written: FuncCall, body: FuncCall, lowering: Lowering): Node {
  const name = calledName(body);
  const entry = name === null ? undefined : functionNamed(name);
  if (entry === undefined) throw refused(name ?? 'a qualified function');
  const args = body.args?.map((arg, i) => typedArgument(arg, i, entry, lowering.params));
  const typed = args === undefined ? body : { ...body, args };
  if (entry.duckdb === null) checkTakes(entry, body, 'duckdb');
  const families = (written.args ?? []).map((arg) => typeOf(arg, lowering.ranges).family);
  const spelled = spelledInDuckDb(entry.name, args ?? [], { ...lowering, families, whole: body });
  if (spelled !== undefined) return spelled;
  if (entry.duckdb === null) throw notHere(entry.name);
  if (entry.kind === 'window' && body.agg_within_group === true) throw notHere(entry.name, ' WITHIN GROUP');
  checkTakes(entry, body, 'duckdb');
  const { agg_star: star, ...rest } = typed;
  const target = star === true ? 'count_star' : entry.duckdb;
  return close('FuncCall', {
    ...rest,
    funcname: ['system', 'main', target].map((sval): Node => ({ String: { sval } })),
    funcformat: 'COERCE_EXPLICIT_CALL',
  });
}

/** DuckDB 1.5 adds up no intervals. */
function refuseIntervals(body: FuncCall, ranges: Ranges): void {
  const name = calledName(body);
  const [arg] = body.args ?? [];
  if ((name === 'sum' || name === 'avg') && arg !== undefined && typeOf(arg, ranges).family === 'interval')
    throw unsupported(`${name} of intervals`, `Write ${name}(extract(epoch from x)): it counts in seconds.`);
}

/** @param written what is cast, before it was lowered. */
function lowerCast(body: TypeCast, again: (child: Node) => Node, written: Node, lowering: Lowering): Node {
  const typeName = body.typeName!;
  const dotted = (typeName.names ?? []).map((part) => open(part).body.sval as string).join('.');
  const entry = typeNamed(dotted);
  if (entry === undefined) throw refused(`type ${dotted}`);
  if (entry.family === 'interval') {
    const plain = plainInterval(body.arg!, typeName);
    if (plain !== undefined) return plain;
  }
  if (isUnbounded(typeName)) return unboundedDecimal(body, written, lowering);
  const names = entry.duckdb.split('.').map((sval): Node => ({ String: { sval } }));
  const hex = entry.family === 'bytes' ? writtenHex(body.arg!) : undefined;
  if (hex !== undefined && typeName.arrayBounds === undefined) return hex;
  const elements = (typeName.arrayBounds ?? []).length === 1 ? writtenElements(body.arg!) : undefined;
  const arg = elements === undefined ? body.arg! : again(elements);
  const { typmods, ...rest } = typeName;
  if (typmods === undefined || !PRECISE.has(entry.family))
    return close('TypeCast', { ...body, arg, typeName: { ...typeName, names } });
  const [digits] = typmods;
  if (digits === undefined || !('A_Const' in digits) || digits.A_Const.ival?.ival !== FINEST)
    throw unsupported(`A precision of ${entry.written}`, 'Use date_trunc.');
  return close('TypeCast', { ...body, arg, typeName: { ...rest, names } });
}

/** Times have a precision, which DuckDB would read as another type; all of it is what there is without one. */
const PRECISE: ReadonlySet<TypeFamily> = new Set(['time', 'timestamp', 'timestamptz']);
const FINEST = 6;

/** `'{a,b}'`, the text of an array, as an array; with its cast around each element, if it has one. */
function writtenElements(node: Node): Node | undefined {
  if ('TypeCast' in node && node.TypeCast.typeName?.arrayBounds?.length === 1) {
    const inner = writtenElements(node.TypeCast.arg!);
    if (inner === undefined || !('A_ArrayExpr' in inner)) return undefined;
    const { arrayBounds: _, ...typeName } = node.TypeCast.typeName;
    const elements = (inner.A_ArrayExpr.elements ?? []).map((arg): Node => ({ TypeCast: { arg, typeName } }));
    return { A_ArrayExpr: { elements } };
  }
  if (!('A_Const' in node) || node.A_Const.sval === undefined) return undefined;
  const written = node.A_Const.sval.sval ?? '';
  const elements = arrayElements(written);
  if (elements === undefined) {
    if (/^\s*\{/.test(written)) throw unsupported('This text of an array', 'Write ARRAY[…].');
    return undefined;
  }
  return { A_ArrayExpr: { elements: elements.map((one) => (one === null ? NULL : text(one))) } };
}

/** Operators that DuckDB's parser reads as something else, or as a function by a bare name. */
const AS_FUNCTION: Readonly<Record<string, string>> = {
  '~': 'regexp_full_match',
  '->': 'json_extract',
  '->>': 'json_extract_string',
  '^@': 'starts_with',
};

function lowerOperation(
  node: Node,
  body: Readonly<Record<string, unknown>>,
  again: (child: Node) => Node,
  ranges: Ranges,
): Node {
  const name = open((body.name as Node[])[0]!).body.sval as string;
  const left = body.lexpr as Node | undefined;
  const right = body.rexpr as Node;
  switch (body.kind) {
    case 'AEXPR_OP': {
      const there = operatorNamed(name)?.duckdb;
      if (there === 'lowered') return lowerOperator(name, left, right, again);
      if (there === null) throw noOperator(name);
      refuseJson(name, left, right, ranges);
      const target = name === '||' ? besideList(left!, right, ranges) : AS_FUNCTION[name];
      if (left === undefined || (target === undefined && name !== '!~')) return mapChildren(node, again);
      if (target !== undefined) return call(target, again(left), again(right));
      return not(call('regexp_full_match', again(left), again(right)));
    }
    case 'AEXPR_NULLIF':
      return call('nullif', again(left!), again(right));
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE': {
      const escaped = argumentsOf(right, 'like_escape');
      if (escaped === null) return mapChildren(node, again);
      const target = body.kind === 'AEXPR_LIKE' ? 'like_escape' : 'ilike_escape';
      const matches = call(target, again(left!), ...escaped.map(again));
      return name.startsWith('!') ? not(matches) : matches;
    }
    case 'AEXPR_SIMILAR': {
      const matches = similarTo(again(left!), argumentsOf(right, 'similar_to_escape') ?? [right]);
      return name === '!~' ? not(matches) : matches;
    }
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM': {
      const value = again(left!);
      const [low, high] = (open(right).body.items as Node[]).map(again) as [Node, Node];
      const within = some([between(value, low, high), between(value, high, low)]);
      return body.kind === 'AEXPR_BETWEEN_SYM' ? within : not(within);
    }
    case 'AEXPR_OP_ANY':
    case 'AEXPR_OP_ALL':
      return lowerQuantified(body.kind, name, left!, right, again);
    default:
      return mapChildren(node, again);
  }
}

function lowerIndirection(body: A_Indirection): Node {
  return close('A_Indirection', { ...body, indirection: (body.indirection ?? []).map(fromTheStart) });
}

/** `list || element` and `element || list`, which DuckDB's operator does not take. */
function besideList(left: Node, right: Node, ranges: Ranges): string | undefined {
  if (isList(left, ranges)) return isElement(right, ranges) ? 'list_append' : undefined;
  return isList(right, ranges) && isElement(left, ranges) ? 'list_prepend' : undefined;
}

function isList(node: Node, ranges: Ranges): boolean {
  return typeOf(node, ranges).family === 'list';
}

function isElement(node: Node, ranges: Ranges): boolean {
  const { family } = typeOf(node, ranges);
  const operator = 'A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP' ? operatorIn(node.A_Expr) : '';
  return family === 'unknown' ? '+-*/%'.includes(operator || ' ') : family !== 'list';
}

function operatorIn({ name }: { name?: Node[] }): string {
  return open(name![0]!).body.sval as string;
}

/** PostgreSQL's operators of JSON that DuckDB has not, or reads as operators of texts. */
const OF_JSON: Readonly<Record<string, string>> = {
  '@>': 'Read the value with -> and ->>, and compare it.',
  '<@': 'Read the value with -> and ->>, and compare it.',
  '-': 'Build the object that you want with json_build_object.',
  '||': 'Build the object that you want with json_build_object.',
};

function refuseJson(name: string, left: Node | undefined, right: Node, ranges: Ranges): void {
  const hint = Object.hasOwn(OF_JSON, name) ? OF_JSON[name] : undefined;
  if (hint === undefined || left === undefined || typeOf(left, ranges).family !== 'json') return;
  const { family } = typeOf(right, ranges);
  // JSON beside a text that is computed is a text, as it is in PostgreSQL.
  if (name === '||' && family !== 'json' && !('A_Const' in right)) return;
  throw unsupported(`The operator ${name} of JSON`, hint);
}

/** Operators that DuckDB has not, with PostgreSQL's meaning. */
function lowerOperator(
  name: string,
  left: Node | undefined,
  right: Node,
  again: (child: Node) => Node,
): Node {
  switch (name) {
    case '~*':
    case '!~*': {
      const pattern = testedPattern(right);
      const matches = call('regexp_matches', again(left!), again(pattern), text(`i${ANY_CHARACTER}`));
      return name === '~*' ? matches : not(matches);
    }
    case '|/':
      return call('sqrt', again(right));
    case '||/':
      return call('cbrt', again(right));
    case '#>':
    case '#>>': {
      const path = writtenPath(right);
      if (path === undefined) throw unsupported('A path that is no literal', 'Chain -> and ->> instead.');
      const target = name === '#>' ? 'json_extract' : 'json_extract_string';
      return call(target, again(left!), text(quoteJsonPointer(path)));
    }
    default:
      throw refused(`the operator ${name}`);
  }
}

/** The arguments of the function that PostgreSQL's grammar puts around a pattern. */
function argumentsOf(node: Node, functionName: string): readonly Node[] | null {
  if (!('FuncCall' in node) || calledName(node.FuncCall) !== functionName) return null;
  return node.FuncCall.args ?? [];
}

function between(value: Node, low: Node, high: Node): Node {
  return {
    A_Expr: {
      kind: 'AEXPR_BETWEEN',
      name: [{ String: { sval: 'BETWEEN' } }],
      lexpr: value,
      rexpr: { List: { items: [low, high] } },
    },
  };
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** `x op ANY (list)`: a list that is written out becomes IN, any other a subquery over its elements, as DuckDB itself does. */
function lowerQuantified(
  kind: 'AEXPR_OP_ANY' | 'AEXPR_OP_ALL',
  operator: string,
  left: Node,
  right: Node,
  again: (child: Node) => Node,
): Node {
  const any = kind === 'AEXPR_OP_ANY';
  const fromText = writtenElements(right);
  const list = fromText ?? right;
  const elements = 'A_ArrayExpr' in list ? (list.A_ArrayExpr.elements ?? []) : [];
  if (fromText !== undefined && elements.length === 0) return bool(!any);
  if (!COMPARISONS.has(operator)) {
    if (elements.length === 0)
      throw unsupported(`${operator} ANY or ALL`, 'Write ARRAY[…] with its elements.');
    const each = elements.map((element) => again(operation(operator, left, element)));
    return any ? some(each) : every(each);
  }
  // Each text is read as what stands on the left, which it would not be as the element of a list.
  if (fromText !== undefined && operator !== (any ? '=' : '<>')) {
    const each = elements.map((element) => again(operation(operator, left, element)));
    return any ? some(each) : every(each);
  }
  if (elements.length > 0 && operator === (any ? '=' : '<>')) {
    return isIn(again(left), elements.map(again), !any);
  }
  const select: SelectStmt = {
    targetList: [{ ResTarget: { name: 'c1', val: call('unnest', again(list)) } }],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  const found: Node = {
    SubLink: {
      subLinkType: any ? 'ANY_SUBLINK' : 'ALL_SUBLINK',
      testexpr: again(left),
      operName: [{ String: { sval: operator } }],
      subselect: { SelectStmt: select },
    },
  };
  // No list is not an empty one: nobody knows what is in it.
  if (elements.length > 0) return found;
  return when({ NullTest: { arg: again(list), nulltesttype: 'IS_NOT_NULL' } }, found, null);
}

/** `ARRAY(SELECT x …)`: an empty list where there is no row. */
function lowerSubLink(link: SubLink, lowering: Lowering): Node {
  if (link.operName !== undefined) {
    const operator = open(link.operName[0]!).body.sval as string;
    if (!COMPARISONS.has(operator)) throw unsupported(`${operator} ANY or ALL of a subquery`, 'Use EXISTS.');
  }
  if (link.subLinkType !== 'ARRAY_SUBLINK') return close('SubLink', link);
  let first = open(link.subselect!).body as SelectStmt;
  while (first.larg !== undefined) first = first.larg;
  const name = open(first.targetList![0]!).body.name as string;
  const range = lowering.fresh();
  const collected: SelectStmt = {
    targetList: [{ ResTarget: { name: 'c1', val: call('array_agg', column(range, name)) } }],
    fromClause: [{ RangeSubselect: { subquery: link.subselect!, alias: { aliasname: range } } }],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  return {
    CoalesceExpr: {
      args: [
        { SubLink: { subLinkType: 'EXPR_SUBLINK', subselect: { SelectStmt: collected } } },
        call('list_value'),
      ],
    },
  };
}
