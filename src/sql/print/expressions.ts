/** Expressions as text that stands anywhere an operand may: atoms bare, everything else in parentheses. */
import type {
  A_Expr,
  A_Indirection,
  BoolExpr,
  BooleanTest,
  CaseExpr,
  ColumnRef,
  Node,
  SubLink,
  TypeCast,
  TypeName,
} from '@pgsql/types';
import { dottedName, INTERVAL_FIELDS, OWN_TYPES, typeOf } from '../guard/types.ts';
import { type Print, quoteName, strings, unprintable } from './tokens.ts';

export function printAll(print: Print, nodes: readonly Node[] | undefined): string {
  return (nodes ?? []).map(print).join(', ');
}

/** A node that has to be there. */
export function need(node: Node | undefined): Node {
  if (node === undefined) throw unprintable('an expression without an operand');
  return node;
}

export function printColumn(column: ColumnRef): string {
  const fields = column.fields ?? [];
  if (fields.length === 0) throw unprintable('a column without a name');
  return fields.map((field) => ('A_Star' in field ? '*' : quoteName(strings([field])[0]))).join('.');
}

export function printBoolean(print: Print, expression: BoolExpr): string {
  const args = (expression.args ?? []).map(print);
  if (expression.boolop === 'NOT_EXPR' && args.length === 1) return `(NOT ${args[0]})`;
  if (expression.boolop === 'NOT_EXPR' || args.length < 2) throw unprintable('this condition');
  return `(${args.join(expression.boolop === 'OR_EXPR' ? ' OR ' : ' AND ')})`;
}

const TRUTH: Readonly<Record<string, string>> = {
  IS_TRUE: 'IS TRUE',
  IS_NOT_TRUE: 'IS NOT TRUE',
  IS_FALSE: 'IS FALSE',
  IS_NOT_FALSE: 'IS NOT FALSE',
  IS_UNKNOWN: 'IS UNKNOWN',
  IS_NOT_UNKNOWN: 'IS NOT UNKNOWN',
};

export function printTruth(print: Print, test: BooleanTest): string {
  return `(${print(need(test.arg))} ${TRUTH[test.booltesttype ?? ''] ?? fail('this test')})`;
}

export function printCase(print: Print, expression: CaseExpr): string {
  const whens = (expression.args ?? []).map((when) => {
    if (!('CaseWhen' in when)) throw unprintable('this CASE');
    return `WHEN ${print(need(when.CaseWhen.expr))} THEN ${print(need(when.CaseWhen.result))}`;
  });
  const argument = expression.arg === undefined ? '' : ` ${print(expression.arg)}`;
  const otherwise = expression.defresult === undefined ? '' : ` ELSE ${print(expression.defresult)}`;
  return `CASE${argument} ${whens.join(' ')}${otherwise} END`;
}

export function printSubLink(print: Print, link: SubLink): string {
  const query = `(${print(need(link.subselect))})`;
  switch (link.subLinkType) {
    case 'EXISTS_SUBLINK':
      return `EXISTS ${query}`;
    case 'EXPR_SUBLINK':
      return query;
    case 'ARRAY_SUBLINK':
      return `ARRAY${query}`;
    case 'ANY_SUBLINK':
    case 'ALL_SUBLINK': {
      const test = print(need(link.testexpr));
      const all = link.subLinkType === 'ALL_SUBLINK';
      if (link.operName === undefined) return all ? fail('ALL without an operator') : `(${test} IN ${query})`;
      return `(${test} ${operator(link.operName)} ${all ? 'ALL' : 'ANY'} ${query})`;
    }
    default:
      return fail('this subquery');
  }
}

/** Forms that PostgreSQL keeps under an operator's name; `!` marks the negated one. */
const WORDS: Readonly<Record<string, string>> = {
  AEXPR_LIKE: 'LIKE',
  AEXPR_ILIKE: 'ILIKE',
  AEXPR_SIMILAR: 'SIMILAR TO',
  AEXPR_BETWEEN: 'BETWEEN',
  AEXPR_NOT_BETWEEN: 'NOT BETWEEN',
  AEXPR_BETWEEN_SYM: 'BETWEEN SYMMETRIC',
  AEXPR_NOT_BETWEEN_SYM: 'NOT BETWEEN SYMMETRIC',
};

export function printOperation(print: Print, expression: A_Expr): string {
  const name = operator(expression.name);
  const right = need(expression.rexpr);
  if (expression.lexpr === undefined) {
    return expression.kind === 'AEXPR_OP'
      ? `(${name} ${print(right)})`
      : fail('a form without its left side');
  }
  const left = print(expression.lexpr);
  switch (expression.kind) {
    case 'AEXPR_OP':
      return `(${left} ${name} ${print(right)})`;
    case 'AEXPR_OP_ANY':
      return `(${left} ${name} ANY (${print(right)}))`;
    case 'AEXPR_OP_ALL':
      return `(${left} ${name} ALL (${print(right)}))`;
    case 'AEXPR_DISTINCT':
      return `(${left} IS DISTINCT FROM ${print(right)})`;
    case 'AEXPR_NOT_DISTINCT':
      return `(${left} IS NOT DISTINCT FROM ${print(right)})`;
    case 'AEXPR_NULLIF':
      return `NULLIF(${left}, ${print(right)})`;
    case 'AEXPR_IN':
      return `(${left} ${name === '<>' ? 'NOT IN' : 'IN'} (${printAll(print, items(right))}))`;
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
    case 'AEXPR_SIMILAR': {
      const negation = name.startsWith('!') ? 'NOT ' : '';
      return `(${left} ${negation}${WORDS[expression.kind]} ${printPattern(print, right)})`;
    }
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
    case 'AEXPR_NOT_BETWEEN_SYM': {
      const [low, high] = items(right);
      return `(${left} ${WORDS[expression.kind]} ${print(need(low))} AND ${print(need(high))})`;
    }
    default:
      return fail('this operation');
  }
}

/** The grammar wraps what follows LIKE … ESCAPE and SIMILAR TO into a function of its own. */
function printPattern(print: Print, pattern: Node): string {
  const wrapped = 'FuncCall' in pattern && PATTERNS.has(strings(pattern.FuncCall.funcname).join('.'));
  if (!wrapped) return print(pattern);
  const [value, escaping] = pattern.FuncCall.args ?? [];
  return escaping === undefined ? print(need(value)) : `${print(need(value))} ESCAPE ${print(escaping)}`;
}

const PATTERNS: ReadonlySet<string> = new Set(['pg_catalog.like_escape', 'pg_catalog.similar_to_escape']);

function items(list: Node): readonly Node[] {
  return 'List' in list ? (list.List.items ?? []) : fail('an operation without its list');
}

const OPERATOR = /^[-+*/<>=~!@#%^&|?]+$|^(NOT )?BETWEEN( SYMMETRIC)?$/;

function operator(parts: readonly Node[] | undefined): string {
  const [name = '', more] = strings(parts);
  return more === undefined && OPERATOR.test(name) ? name : fail('this operator');
}

/** `(a)[1]`, `(a)[1:2]`, `(a)."b"`. */
export function printIndirection(print: Print, { arg, indirection }: A_Indirection): string {
  const steps = (indirection ?? []).map((step) => {
    if ('String' in step) return `.${quoteName(step.String.sval)}`;
    if (!('A_Indices' in step)) return fail('this subscript');
    const { is_slice, lidx, uidx } = step.A_Indices;
    const upper = uidx === undefined ? '' : print(uidx);
    if (is_slice !== true) return `[${upper}]`;
    return `[${lidx === undefined ? '' : print(lidx)}:${upper}]`;
  });
  return `(${print(need(arg))})${steps.join('')}`;
}

/** CAST, save for an interval's field, which DuckDB reads in a literal alone. */
export function printCast(print: Print, { arg, typeName }: TypeCast): string {
  const type = typeName ?? {};
  if (dottedName(type) === 'pg_catalog.interval' && type.typmods !== undefined) {
    return `INTERVAL ${print(need(arg))} ${intervalField(type.typmods)}`;
  }
  return `CAST(${print(need(arg))} AS ${printType(print, type)})`;
}

function intervalField(modifiers: readonly Node[]): string {
  const [field, more] = modifiers;
  const mask = field !== undefined && 'A_Const' in field ? field.A_Const.ival?.ival : undefined;
  const word = INTERVAL_FIELDS.get(mask ?? 0);
  return word === undefined || more !== undefined ? fail('this interval') : word;
}

function printType(print: Print, type: TypeName): string {
  const written = typeOf(type)?.written ?? OWN_TYPES.get(dottedName(type)) ?? fail('this type');
  const modifiers = type.typmods === undefined ? '' : `(${printAll(print, type.typmods)})`;
  // `timestamp(3) with time zone`: the precision stands after the first word.
  const [, first = written, rest = ''] = /^(\w+)( with time zone)$/.exec(written) ?? [];
  return `${first}${modifiers}${rest}${'[]'.repeat((type.arrayBounds ?? []).length)}`;
}

function fail(what: string): never {
  throw unprintable(what);
}
