/**
 * Masks of the author's own: an expression over `value` in PostgreSQL's grammar, of a small closed set that can be said on
 * every engine with the same result and that cannot raise. Anything else is refused at push.
 */
import type { A_Expr, Node } from '@pgsql/types';
import { hasSqlDetails, parseSync } from 'libpg-query';
import { loadParser } from '../../parse.ts';

/** The grammar is WASM: loaded with this module, so that compiling policies stays synchronous. */
await loadParser();

const MAX_TEXT = 2000;
const MAX_NESTING = 30;

export const COMPARISONS = ['=', '<>', '<', '<=', '>', '>='] as const;
export type Comparison = (typeof COMPARISONS)[number];
export const FUNCTIONS = {
  left: 2,
  right: 2,
  substr: 3,
  upper: 1,
  lower: 1,
  length: 1,
  replace: 3,
} as const;
export type CustomFunction = keyof typeof FUNCTIONS;

export type CustomNode =
  | { readonly kind: 'value' | 'null' }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'call'; readonly name: CustomFunction; readonly args: readonly CustomNode[] }
  /** NULL where one of them is. */
  | { readonly kind: 'join'; readonly left: CustomNode; readonly right: CustomNode }
  | { readonly kind: 'coalesce' | 'and' | 'or'; readonly args: readonly CustomNode[] }
  | {
      readonly kind: 'case';
      readonly branches: readonly { readonly when: CustomNode; readonly result: CustomNode }[];
      readonly otherwise: CustomNode;
    }
  | {
      readonly kind: 'arithmetic';
      readonly op: '+' | '-' | '*';
      readonly left: CustomNode;
      readonly right: CustomNode;
    }
  | {
      readonly kind: 'compare';
      readonly op: Comparison;
      readonly left: CustomNode;
      readonly right: CustomNode;
    }
  | { readonly kind: 'not'; readonly arg: CustomNode }
  | { readonly kind: 'is_null'; readonly arg: CustomNode; readonly negated: boolean };

/** The expression is not of the accepted set; the message says which part. */
export class CustomProblem extends Error {}

const refuse = (message: string): never => {
  throw new CustomProblem(message);
};

/** @throws CustomProblem */
export function parseCustom(text: string): CustomNode {
  if (text.trim() === '') refuse('the expression is empty');
  if (text.length > MAX_TEXT) refuse(`the expression is longer than ${MAX_TEXT} characters`);
  if (text.includes('\0')) refuse('the expression holds a NUL byte');
  return read(soleTarget(text), 0);
}

/** On lines of its own, and the statement around it must come back as it was put: no parentheses of ours that the text could close. */
function soleTarget(text: string): Node {
  const parsed = grammar(`SELECT\n${text}\n`);
  const statement = parsed.stmts?.length === 1 ? parsed.stmts[0]?.stmt : undefined;
  const select = statement !== undefined && 'SelectStmt' in statement ? statement.SelectStmt : undefined;
  const frame = ['targetList', 'limitOption', 'op'];
  const [target, second] = select?.targetList ?? [];
  if (
    select === undefined ||
    select.op !== 'SETOP_NONE' ||
    target === undefined ||
    second !== undefined ||
    !('ResTarget' in target) ||
    target.ResTarget.val === undefined ||
    Object.keys(target.ResTarget).some((key) => key !== 'val' && key !== 'location') ||
    Object.keys(select).some((key) => !frame.includes(key))
  )
    return refuse('it is not one expression');
  return target.ResTarget.val;
}

function grammar(text: string) {
  try {
    return parseSync(text);
  } catch (error) {
    return refuse(hasSqlDetails(error) ? `it is not valid SQL: ${error.message}` : 'it cannot be parsed');
  }
}

function read(node: Node | undefined, depth: number): CustomNode {
  if (node === undefined) return refuse('an operand is missing');
  if (depth > MAX_NESTING) refuse(`the expression is nested more than ${MAX_NESTING} deep`);
  const again = (child: Node | undefined): CustomNode => read(child, depth + 1);
  if ('ColumnRef' in node) {
    const names = (node.ColumnRef.fields ?? []).map((field) => ('String' in field ? field.String.sval : '*'));
    return names.length === 1 && names[0] === 'value'
      ? { kind: 'value' }
      : refuse(`\`${names.join('.')}\` is not known; the column is called \`value\``);
  }
  if ('A_Const' in node) return constant(node.A_Const);
  if ('CoalesceExpr' in node) return { kind: 'coalesce', args: (node.CoalesceExpr.args ?? []).map(again) };
  if ('CaseExpr' in node) {
    const { arg, args, defresult } = node.CaseExpr;
    if (arg !== undefined) refuse('say CASE WHEN … rather than CASE x WHEN …');
    const branches = (args ?? []).map((when) =>
      'CaseWhen' in when
        ? { when: again(when.CaseWhen.expr), result: again(when.CaseWhen.result) }
        : refuse('this CASE is not accepted'),
    );
    return {
      kind: 'case',
      branches,
      otherwise: defresult === undefined ? { kind: 'null' } : again(defresult),
    };
  }
  if ('BoolExpr' in node) {
    const args = (node.BoolExpr.args ?? []).map(again);
    const [only] = args;
    if (node.BoolExpr.boolop === 'NOT_EXPR')
      return only === undefined ? refuse('NOT needs an operand') : { kind: 'not', arg: only };
    return { kind: node.BoolExpr.boolop === 'AND_EXPR' ? 'and' : 'or', args };
  }
  if ('NullTest' in node)
    return {
      kind: 'is_null',
      arg: again(node.NullTest.arg),
      negated: node.NullTest.nulltesttype === 'IS_NOT_NULL',
    };
  if ('A_Expr' in node) return operator(node.A_Expr, again);
  if ('FuncCall' in node) {
    const { funcname, args = [], funcformat, ...rest } = node.FuncCall;
    const names = (funcname ?? []).map((part) => ('String' in part ? part.String.sval : ''));
    const written = names.join('.');
    // The grammar's own spelling of SUBSTRING(x FROM a FOR b).
    const name =
      { 'pg_catalog.substring': 'substr', substring: 'substr', char_length: 'length' }[written] ?? written;
    if (Object.keys(rest).some((key) => key !== 'location') || !Object.hasOwn(FUNCTIONS, name))
      return refuse(
        `the function \`${written}\` is not accepted; known are ${[...Object.keys(FUNCTIONS), 'coalesce'].join(', ')}`,
      );
    const known = name as CustomFunction;
    if (args.length !== FUNCTIONS[known]) refuse(`\`${name}\` takes ${FUNCTIONS[known]} arguments here`);
    return { kind: 'call', name: known, args: args.map(again) };
  }
  return refuse(`${Object.keys(node)[0] ?? 'this'} is not accepted`);
}

function operator(expr: A_Expr, again: (node: Node | undefined) => CustomNode): CustomNode {
  const names = (expr.name ?? []).map((part) => ('String' in part ? part.String.sval : ''));
  const op = names.length === 1 ? (names[0] ?? '') : refuse('qualified operators are not accepted');
  if (expr.kind !== 'AEXPR_OP') return refuse(`\`${op}\` is not accepted in this form`);
  if (expr.lexpr === undefined)
    return op === '-'
      ? { kind: 'arithmetic', op: '-', left: { kind: 'integer', value: 0n }, right: again(expr.rexpr) }
      : refuse(`\`${op}\` is not accepted in this form`);
  const sides = { left: again(expr.lexpr), right: again(expr.rexpr) };
  if (op === '||') return { kind: 'join', ...sides };
  if (op === '+' || op === '-' || op === '*') return { kind: 'arithmetic', op, ...sides };
  const comparison = COMPARISONS.find((known) => known === op);
  return comparison === undefined
    ? refuse(`the operator \`${op}\` is not accepted; known are ||, +, -, * and comparisons`)
    : { kind: 'compare', op: comparison, ...sides };
}

type Constant = Extract<Node, { readonly A_Const: unknown }>['A_Const'];

function constant(value: Constant): CustomNode {
  if (value.isnull === true) return { kind: 'null' };
  if (value.sval !== undefined) return { kind: 'text', value: value.sval.sval ?? '' };
  if (value.boolval !== undefined) return { kind: 'boolean', value: value.boolval.boolval ?? false };
  if (value.ival !== undefined) return { kind: 'integer', value: BigInt(value.ival.ival ?? 0) };
  const digits = value.fval?.fval ?? '';
  return /^\d{1,18}$/.test(digits)
    ? { kind: 'integer', value: BigInt(digits) }
    : refuse(`the constant ${digits} is not accepted; numbers are whole, of up to 18 digits`);
}
