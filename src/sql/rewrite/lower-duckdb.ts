/**
 * Lowers a resolved tree to DuckDB's dialect: every function under its full name in system.main, and syntax that
 * DuckDB's parser would turn into functions by bare names said in full names instead (DuckDB 1.5).
 */
import type { FuncCall, RangeFunction, SelectStmt, SubLink, TypeCast } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';
import { calledName, functionNamed, VALUE_FUNCTIONS } from '../guard/functions.ts';
import { typeNamed } from '../guard/types.ts';
import type { Ranges } from '../resolve/types.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open } from '../walk.ts';
import { call, column, isIn, not, some } from './build.ts';
import { hoistGroupedSets, lowerFunctionInFrom, lowerSetCall, setCall } from './lower-sets-duckdb.ts';
import { notHere, unsupported } from './unsupported.ts';

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
      return lowerOperation(node, body, again);
    case 'FuncCall':
      if (setCall(body as FuncCall) !== null)
        return lowerSetCall(body as FuncCall, { ...lowering, lower: again });
      return lowerCall(open(mapChildren(node, again)).body as FuncCall);
    case 'RangeFunction':
      return lowerFunctionInFrom(body as RangeFunction, { ...lowering, lower: again });
    case 'SelectStmt': {
      const select = hoistGroupedSets(body as SelectStmt, { ...lowering, lower: again });
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
    case 'TypeCast':
      return lowerCast(open(mapChildren(node, again)).body as TypeCast);
    case 'SubLink':
      return lowerSubLink(open(mapChildren(node, again)).body as SubLink, lowering);
    default:
      return mapChildren(node, again);
  }
}

function refused(what: string): SluiceError {
  return new SluiceError('rewrite_failed', undefined, { cause: `no lowering for ${what}` });
}

function lowerCall(body: FuncCall): Node {
  const name = calledName(body);
  const entry = name === null ? undefined : functionNamed(name);
  if (entry === undefined) throw refused(name ?? 'a qualified function');
  if (entry.duckdb === null) throw notHere(entry.name);
  const { agg_star: star, ...rest } = body;
  const target = star === true ? 'count_star' : entry.duckdb;
  return close('FuncCall', {
    ...rest,
    funcname: ['system', 'main', target].map((sval): Node => ({ String: { sval } })),
    funcformat: 'COERCE_EXPLICIT_CALL',
  });
}

function lowerCast(body: TypeCast): Node {
  const typeName = body.typeName!;
  const dotted = (typeName.names ?? []).map((part) => open(part).body.sval as string).join('.');
  const entry = typeNamed(dotted);
  if (entry === undefined) throw refused(`type ${dotted}`);
  const names = entry.duckdb.split('.').map((sval): Node => ({ String: { sval } }));
  return close('TypeCast', { ...body, typeName: { ...typeName, names } });
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
): Node {
  const name = open((body.name as Node[])[0]!).body.sval as string;
  const left = body.lexpr as Node | undefined;
  const right = body.rexpr as Node;
  switch (body.kind) {
    case 'AEXPR_OP': {
      const target = AS_FUNCTION[name];
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
      // DuckDB reads the pattern as a regular expression over the whole text, without an escape of its own.
      const [pattern, escaped] = argumentsOf(right, 'similar_to_escape') ?? [right];
      if (escaped !== undefined) throw unsupported('ESCAPE of SIMILAR TO');
      const matches = call('regexp_full_match', again(left!), again(pattern!));
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

/** `x op ANY (list)`: a list that is written out becomes IN, any other a subquery over its elements, as DuckDB itself does. */
function lowerQuantified(
  kind: 'AEXPR_OP_ANY' | 'AEXPR_OP_ALL',
  operator: string,
  left: Node,
  right: Node,
  again: (child: Node) => Node,
): Node {
  const any = kind === 'AEXPR_OP_ANY';
  const elements = 'A_ArrayExpr' in right ? (right.A_ArrayExpr.elements ?? []) : [];
  if (elements.length > 0 && operator === (any ? '=' : '<>')) {
    return isIn(again(left), elements.map(again), !any);
  }
  const select: SelectStmt = {
    targetList: [{ ResTarget: { name: 'c1', val: call('unnest', again(right)) } }],
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  return {
    SubLink: {
      subLinkType: any ? 'ANY_SUBLINK' : 'ALL_SUBLINK',
      testexpr: again(left),
      operName: [{ String: { sval: operator } }],
      subselect: { SelectStmt: select },
    },
  };
}

/** `ARRAY(SELECT x …)`: an empty list where there is no row. */
function lowerSubLink(link: SubLink, lowering: Lowering): Node {
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
