/**
 * Row filters as expressions over the raw columns. Three-valued: what cannot be answered (a missing or empty attribute,
 * a value that does not fit the column) is NULL, which lets no row through, negated or not. Every value is bound.
 */
import type { Dataset } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import type { AttributeValue, Identity } from '../../identity/identity.ts';
import type { Predicate, ScalarOperand } from '../../policies/policy.ts';
import type { SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import {
  type Binder,
  bool,
  call,
  cast,
  column,
  type EngineKind,
  every,
  isIn,
  not,
  operation,
  some,
  text,
  UNKNOWN_CONDITION,
} from './build.ts';
import { boundValue, comparableColumns, comparedColumn, type Scalar } from './filter-values.ts';

export interface FilterOptions {
  readonly dataset: Dataset;
  readonly identity: Identity;
  readonly binder: Binder;
  /** The range under which the raw columns stand. */
  readonly range: string;
  readonly engine: EngineKind;
}

/** An operand once the identity is known: a raw column, a value, or nothing. */
type Operand =
  | { readonly kind: 'column'; readonly node: Node; readonly type: SqlType }
  | { readonly kind: 'value'; readonly value: Scalar }
  | { readonly kind: 'missing' };

export function filterExpression(predicate: Predicate, options: FilterOptions): Node {
  const again = (inner: Predicate): Node => filterExpression(inner, options);
  switch (predicate.kind) {
    case 'and':
      return predicate.args.length === 0 ? bool(true) : every(predicate.args.map(again));
    case 'or':
      return predicate.args.length === 0 ? bool(false) : some(predicate.args.map(again));
    case 'not':
      return not(again(predicate.arg));
    case 'true':
      return bool(true);
    case 'false':
      return bool(false);
    case 'compare':
      return compare(
        predicate.op,
        operandOf(predicate.left, options),
        operandOf(predicate.right, options),
        options,
      );
    case 'in':
      return among(
        operandOf(predicate.left, options),
        predicate.values.map((value) => operandOf(value, options)),
        options,
      );
    case 'any':
      return among(
        operandOf(predicate.left, options),
        listOf(identityValue(predicate.list.path, options.identity)).map((value) => ({
          kind: 'value',
          value,
        })),
        options,
      );
    case 'is_null':
      return isNull(operandOf(predicate.arg, options), predicate.negated);
    case 'like':
      return like(operandOf(predicate.left, options), predicate.pattern, predicate.negated, options);
    default:
      return predicate satisfies never;
  }
}

function operandOf(operand: ScalarOperand, options: FilterOptions): Operand {
  switch (operand.kind) {
    case 'column': {
      const found = options.dataset.columns.find((candidate) => candidate.folded === operand.name);
      if (found === undefined) {
        // Checked at push; a filter is never silently skipped.
        throw new SluiceError('rewrite_failed', undefined, { cause: `filter column ${operand.name}` });
      }
      const compared = comparedColumn(found, column(options.range, found.name), options.engine);
      return { kind: 'column', ...compared };
    }
    case 'literal':
      return { kind: 'value', value: operand.value };
    case 'identity': {
      const value = identityValue(operand.path, options.identity);
      const scalar = value === undefined || Array.isArray(value) ? undefined : (value as Scalar);
      return scalar === undefined || scalar === '' ? { kind: 'missing' } : { kind: 'value', value: scalar };
    }
    default:
      return operand satisfies never;
  }
}

/** What a path such as `attributes.regions` or `sub` holds; undefined where the token did not say. */
function identityValue(path: readonly string[], identity: Identity): AttributeValue | undefined {
  const [first, second] = path;
  if (first === 'attributes' && second !== undefined && path.length === 2) {
    return Object.hasOwn(identity.attributes, second) ? identity.attributes[second] : undefined;
  }
  if (path.length !== 1) return undefined;
  switch (first) {
    case 'sub':
    case 'kind':
      return identity[first];
    case 'issuer':
      return identity.issuer ?? undefined;
    case 'groups':
    case 'roles':
    case 'scopes':
      return identity[first];
    default:
      return undefined;
  }
}

function listOf(value: AttributeValue | undefined): readonly Scalar[] {
  if (value === undefined) return [];
  const items = Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar];
  return items.filter((item) => item !== '');
}

type Comparison = Extract<Predicate, { kind: 'compare' }>['op'];

function compare(op: Comparison, left: Operand, right: Operand, options: FilterOptions): Node {
  if (left.kind === 'missing' || right.kind === 'missing') return UNKNOWN_CONDITION;
  if (left.kind === 'value' && right.kind === 'value') return compareValues(op, left.value, right.value);
  const type = left.kind === 'column' ? left.type : (right as Extract<Operand, { kind: 'column' }>).type;
  if (
    left.kind === 'column' &&
    right.kind === 'column' &&
    !comparableColumns(left.type, right.type, options.engine)
  ) {
    return UNKNOWN_CONDITION;
  }
  const l = left.kind === 'column' ? left.node : boundValue(left.value, type, options);
  const r = right.kind === 'column' ? right.node : boundValue(right.value, type, options);
  return l === null || r === null ? UNKNOWN_CONDITION : operation(op, l, r);
}

/** Neither side is data: answered here. Kinds that differ are not comparable. */
function compareValues(op: Comparison, left: Scalar, right: Scalar): Node {
  if (typeof left !== typeof right) return UNKNOWN_CONDITION;
  switch (op) {
    case '=':
      return bool(left === right);
    case '<>':
      return bool(left !== right);
    case '<':
      return bool(left < right);
    case '<=':
      return bool(left <= right);
    case '>':
      return bool(left > right);
    case '>=':
      return bool(left >= right);
    default:
      return op satisfies never;
  }
}

/** An empty list is unknown; so is the answer about a value that is missing or does not fit, unless another one matches. */
function among(left: Operand, values: readonly Operand[], options: FilterOptions): Node {
  if (left.kind !== 'column') {
    const answers = values.map((value) => compare('=', left, value, options));
    return answers.length === 0 ? UNKNOWN_CONDITION : some(answers);
  }
  const items: Node[] = [];
  const alternatives: Node[] = [];
  let unknown = values.length === 0;
  for (const value of values) {
    const node = value.kind === 'value' ? boundValue(value.value, left.type, options) : null;
    if (node !== null) items.push(node);
    else if (value.kind === 'column') alternatives.push(compare('=', left, value, options));
    else unknown = true;
  }
  if (items.length > 0) alternatives.unshift(isIn(left.node, items));
  if (unknown) alternatives.push(UNKNOWN_CONDITION);
  return some(alternatives);
}

function isNull(operand: Operand, negated: boolean): Node {
  switch (operand.kind) {
    case 'missing':
      return UNKNOWN_CONDITION;
    case 'value':
      return bool(negated);
    case 'column':
      return { NullTest: { arg: operand.node, nulltesttype: negated ? 'IS_NOT_NULL' : 'IS_NULL' } };
    default:
      return operand satisfies never;
  }
}

/** Policies escape with a backslash, as PostgreSQL does unless told; DuckDB has no escape unless told. */
function like(operand: Operand, pattern: string, negated: boolean, options: FilterOptions): Node {
  if (operand.kind !== 'column' || operand.type.family !== 'text') return UNKNOWN_CONDITION;
  if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) return UNKNOWN_CONDITION;
  const bound = cast(options.binder.bind(pattern), 'text');
  const matches =
    options.engine === 'duckdb' && pattern.includes('\\')
      ? call('like_escape', operand.node, bound, text('\\'))
      : likeOperation(operand.node, bound);
  return negated ? not(matches) : matches;
}

function likeOperation(value: Node, pattern: Node): Node {
  return {
    A_Expr: { kind: 'AEXPR_LIKE', name: [{ String: { sval: '~~' } }], lexpr: value, rexpr: pattern },
  };
}
