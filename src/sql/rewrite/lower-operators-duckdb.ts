/** Operators in DuckDB's words, with PostgreSQL's meaning. */
import { calledName } from '../guard/functions.ts';
import { operatorNamed } from '../guard/operators.ts';
import { type Ranges, typeOf } from '../resolve/types.ts';
import type { Node } from '../tree.ts';
import { mapChildren, open } from '../walk.ts';
import { quoteJsonPointer, writtenPath } from './array-literal.ts';
import { call, not, some, text } from './build.ts';
import { lowerQuantified } from './lower-quantified-duckdb.ts';
import { ANY_CHARACTER, testedPattern } from './patterns-duckdb.ts';
import { similarTo } from './similar-duckdb.ts';
import { noLowering, noOperator, unsupported } from './unsupported.ts';

/** Operators that DuckDB's parser reads as something else, or as a function by a bare name. */
const AS_FUNCTION: Readonly<Record<string, string>> = {
  '~': 'regexp_full_match',
  '->': 'json_extract',
  '->>': 'json_extract_string',
  '^@': 'starts_with',
};

export function lowerOperation(
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
      throw noLowering(`the operator ${name}`);
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
