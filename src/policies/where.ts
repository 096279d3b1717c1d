/**
 * Row filters: `where` texts parsed by PostgreSQL's own grammar into a small closed set of predicates.
 * Anything outside that set is refused at push, so that no policy text ever reaches an engine.
 */
import type { A_Expr, Node, SubLink, TypeCast } from '@pgsql/types';
import { normaliseTag } from '../tags/tag.ts';
import { readLookup } from './lookup.ts';
import { readNow } from './moments.ts';
import type { PredicateOver, ScalarOperand } from './policy.ts';
import { MAX_NESTING, refuse, whereClause } from './where-text.ts';

export { WhereProblem } from './where-text.ts';

/** Before it is known which columns of a dataset carry the tag. */
export type TemplateOperand =
  | ScalarOperand
  | { readonly kind: 'tagged'; readonly tag: string }
  /** `date '2024-01-01'` */
  | { readonly kind: 'typed'; readonly family: TypedFamily; readonly value: string };

type TypedFamily = 'date' | 'time' | 'timestamp' | 'timestamptz' | 'uuid';
const TYPED: readonly TypedFamily[] = ['date', 'time', 'timestamp', 'timestamptz', 'uuid'];

export type WhereTemplate = PredicateOver<TemplateOperand>;

const LISTS: ReadonlySet<string> = new Set(['groups', 'roles', 'scopes']);
const SCALARS: ReadonlySet<string> = new Set(['sub', 'kind', 'issuer']);

export interface WhereOptions {
  /** Whether the text may look into other datasets. Only where what is false or unknown leaves a row out. */
  readonly lookups?: boolean;
}

/** Where a part of the filter stands. */
interface Place {
  readonly depth: number;
  /** Whether it is under `not`. */
  readonly negated: boolean;
  readonly lookups: boolean;
}

/** @throws WhereProblem */
export function parseWhere(text: string, { lookups = false }: WhereOptions = {}): WhereTemplate {
  return predicate(whereClause(text), { depth: 0, negated: false, lookups });
}

function predicate(node: Node, place: Place): WhereTemplate {
  if (place.depth > MAX_NESTING) refuse(`the filter is nested more than ${MAX_NESTING} deep`);
  if ('BoolExpr' in node) {
    const negated = place.negated || node.BoolExpr.boolop === 'NOT_EXPR';
    const args = (node.BoolExpr.args ?? []).map((arg) =>
      predicate(arg, { ...place, depth: place.depth + 1, negated }),
    );
    const [only] = args;
    switch (node.BoolExpr.boolop) {
      case 'AND_EXPR':
        return { kind: 'and', args };
      case 'OR_EXPR':
        return { kind: 'or', args };
      default:
        return only === undefined ? refuse('NOT needs an operand') : { kind: 'not', arg: only };
    }
  }
  if ('NullTest' in node) {
    const arg = operand(node.NullTest.arg);
    if (arg.kind !== 'column' && arg.kind !== 'tagged')
      refuse('IS NULL takes a column: a missing attribute never matches a row');
    return { kind: 'is_null', arg, negated: node.NullTest.nulltesttype === 'IS_NOT_NULL' };
  }
  if ('A_Const' in node && 'boolval' in node.A_Const) {
    return { kind: node.A_Const.boolval?.boolval === true ? 'true' : 'false' };
  }
  if ('ColumnRef' in node || 'FuncCall' in node) {
    // A bare boolean column.
    const left = operand(node);
    if (left.kind === 'identity') refuse('compare an identity value with something');
    if (left.kind === 'now') refuse('`now()` is compared with a column');
    return { kind: 'compare', op: '=', left, right: { kind: 'literal', value: true } };
  }
  if ('A_Expr' in node) return expression(node.A_Expr);
  if ('SubLink' in node) return lookup(node.SubLink, place);
  return refuse(`${nodeName(node)} is not accepted in a filter`);
}

function lookup(link: SubLink, place: Place): WhereTemplate {
  if (!place.lookups)
    refuse('a subquery is accepted in row filters alone, as a lookup, and not inside another');
  if (place.negated)
    refuse('a lookup under `not` would show everything to whoever is in no list; say which rows may be seen');
  const parts = readLookup(link);
  if (typeof parts === 'string') return refuse(parts);
  const column = operand(parts.column);
  if (column.kind !== 'column') return refuse('a lookup selects one column by its name');
  const left = operand(parts.left);
  if (left.kind === 'now') refuse('`now()` is compared by order alone');
  const where =
    parts.where === null
      ? null
      : predicate(parts.where, { depth: place.depth + 1, negated: false, lookups: false });
  return { kind: 'lookup', left, dataset: parts.dataset, column: column.name, where };
}

function expression(expr: A_Expr): WhereTemplate {
  const op = operatorName(expr);
  switch (expr.kind) {
    case 'AEXPR_OP':
      return compared(comparison(op), operand(expr.lexpr), operand(expr.rexpr));
    case 'AEXPR_OP_ANY': {
      if (op !== '=') refuse(`\`${op} any(…)\` is not accepted; only \`= any(…)\``);
      const path =
        identityPath(expr.rexpr) ??
        refuse(
          '`= any(…)` takes a list of the identity, such as identity.attributes.regions; for constants say `in (…)`',
        );
      if (path.length === 1 && !LISTS.has(path[0] ?? ''))
        refuse(`identity.${path[0]} is no list; compare it with \`=\``);
      const left = operand(expr.lexpr);
      if (left.kind === 'now') refuse('`now()` is compared by order alone');
      return { kind: 'any', left, list: { kind: 'identity', path } };
    }
    case 'AEXPR_IN': {
      const left = operand(expr.lexpr);
      const values = items(expr.rexpr).map(operand);
      if ([left, ...values].some(({ kind }) => kind === 'now')) refuse('`now()` is compared by order alone');
      const inside: WhereTemplate = { kind: 'in', left, values };
      return op === '=' ? inside : { kind: 'not', arg: inside };
    }
    case 'AEXPR_LIKE': {
      const pattern = operand(expr.rexpr);
      if (pattern.kind !== 'literal' || typeof pattern.value !== 'string')
        return refuse('LIKE takes a constant pattern');
      return { kind: 'like', left: operand(expr.lexpr), pattern: pattern.value, negated: op === '!~~' };
    }
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN': {
      const left = operand(expr.lexpr);
      const [low, high] = items(expr.rexpr).map(operand);
      if (low === undefined || high === undefined) return refuse('BETWEEN needs two bounds');
      const inside: WhereTemplate = {
        kind: 'and',
        args: [compared('>=', left, low), compared('<=', left, high)],
      };
      return expr.kind === 'AEXPR_BETWEEN' ? inside : { kind: 'not', arg: inside };
    }
    case 'AEXPR_ILIKE':
      return refuse('ILIKE is not accepted in a filter; LIKE is');
    default:
      return refuse(`\`${op}\` is not accepted in a filter in this form`);
  }
}

function compared(op: Comparison, left: TemplateOperand, right: TemplateOperand): WhereTemplate {
  const moments = [left, right].filter(({ kind }) => kind === 'now').length;
  if (moments > 0 && (op === '=' || op === '<>')) refuse('`now()` is compared by order alone: <, <=, >, >=');
  const columns = [left, right].filter(({ kind }) => kind === 'column' || kind === 'tagged').length;
  if (moments > 0 && columns !== 1) refuse('`now()` is compared with a column');
  return { kind: 'compare', op, left, right };
}

function operatorName(expr: A_Expr): string {
  const names = (expr.name ?? []).map((part) => ('String' in part ? (part.String.sval ?? '') : ''));
  return names.length === 1 ? (names[0] ?? '') : refuse('qualified operators are not accepted in a filter');
}

type Comparison = Extract<WhereTemplate, { readonly kind: 'compare' }>['op'];

function comparison(op: string): Comparison {
  switch (op) {
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return op;
    default:
      return refuse(`the operator \`${op}\` is not accepted in a filter`);
  }
}

const items = (node: Node | undefined): readonly Node[] =>
  node !== undefined && 'List' in node ? (node.List.items ?? []) : refuse('a list of constants was expected');

function operand(node: Node | undefined): TemplateOperand {
  if (node === undefined) return refuse('an operand is missing');
  const path = identityPath(node);
  if (path !== null) {
    if (LISTS.has(path[0] ?? '')) refuse(`identity.${path[0]} is a list; say \`= any(identity.${path[0]})\``);
    return { kind: 'identity', path };
  }
  if ('ColumnRef' in node) {
    const fields = names(node.ColumnRef.fields);
    return fields.length === 1 && fields[0] !== undefined
      ? { kind: 'column', name: fields[0] }
      : refuse(`\`${fields.join('.')}\` is not accepted: name a column, column('tag') or identity.…`);
  }
  const now = readNow(node);
  if (now !== null) return typeof now === 'string' ? refuse(now) : { kind: 'now', ...now };
  if ('FuncCall' in node) {
    const name = names(node.FuncCall.funcname).join('.');
    const [arg, second] = node.FuncCall.args ?? [];
    if (name !== 'column') return refuse(`the function \`${name}\` is not accepted in a filter`);
    const tag = arg !== undefined && 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined;
    const normal = tag === undefined ? null : normaliseTag(tag);
    if (normal === null || second !== undefined)
      return refuse("column(…) takes one tag as text: column('geo.region')");
    return { kind: 'tagged', tag: normal };
  }
  if ('A_Const' in node) return { kind: 'literal', value: constant(node.A_Const) };
  if ('TypeCast' in node) return typedConstant(node.TypeCast);
  return refuse(`${nodeName(node)} is not accepted in a filter`);
}

function typedConstant({ arg, typeName }: TypeCast): TemplateOperand {
  const type = names(typeName?.names).at(-1);
  const family = TYPED.find((known) => known === type);
  const plain = typeName?.typmods === undefined && typeName?.arrayBounds === undefined;
  const value = arg !== undefined && 'A_Const' in arg ? arg.A_Const.sval?.sval : undefined;
  return family === undefined || value === undefined || !plain
    ? refuse(`a cast is accepted of a constant text to ${TYPED.join(', ')} alone`)
    : { kind: 'typed', family, value };
}

/** Fields of `identity.…`, null where the node is something else. */
function identityPath(node: Node | undefined): readonly string[] | null {
  if (node === undefined || !('ColumnRef' in node)) return null;
  const [root, ...path] = names(node.ColumnRef.fields);
  if (root !== 'identity' || path.length === 0) return null;
  const [first, name] = path;
  if (first === 'attributes') {
    return path.length === 2 && name !== undefined ? path : refuse('say identity.attributes.NAME');
  }
  if (path.length === 1 && first !== undefined && (LISTS.has(first) || SCALARS.has(first))) return path;
  return refuse(
    `\`identity.${path.join('.')}\` does not exist; known are sub, kind, issuer, groups, roles, scopes and attributes.NAME`,
  );
}

const names = (fields: readonly Node[] | undefined): readonly string[] =>
  (fields ?? []).map((field) =>
    'String' in field ? (field.String.sval ?? '') : refuse('`*` is not accepted in a filter'),
  );

type Constant = Extract<Node, { readonly A_Const: unknown }>['A_Const'];

function constant(value: Constant): string | number | boolean {
  if (value.isnull === true) return refuse('NULL is not a value to compare with; say `is null`');
  if (value.sval !== undefined) return value.sval.sval ?? '';
  if (value.boolval !== undefined) return value.boolval.boolval ?? false;
  if (value.ival !== undefined) return value.ival.ival ?? 0;
  if (value.fval !== undefined) {
    const text = value.fval.fval ?? '';
    const number = Number(text);
    // Beyond 15 digits a double would quietly stand for another number.
    if (Number.isFinite(number) && text.replace(/\D/g, '').replace(/^0+/, '').length <= 15) return number;
    return refuse(`the number ${text} has more digits than a filter can hold exactly`);
  }
  return refuse('this constant is not accepted in a filter');
}

const nodeName = (node: Node): string => Object.keys(node)[0] ?? 'this';
