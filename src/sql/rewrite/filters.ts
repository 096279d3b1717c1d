/**
 * Row filters as expressions over the raw columns. Three-valued: what cannot be answered (a missing or empty attribute,
 * a value that does not fit the column) is NULL, which lets no row through, negated or not. Every value is bound.
 */
import type { SelectStmt } from '@pgsql/types';
import type { Dataset, Relation } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import type { Identity } from '../../identity/identity.ts';
import { momentAt } from '../../policies/moments.ts';
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
  LOOKUP,
  not,
  operation,
  rangeOf,
  some,
  text,
  UNKNOWN_CONDITION,
} from './build.ts';
import { type Comparison, compareMoment, MIRRORED } from './filter-moments.ts';
import {
  boundValue,
  type ComparedColumn,
  comparableColumns,
  comparedColumn,
  type Scalar,
} from './filter-values.ts';
import { identityValue, listOf } from './identity-values.ts';

/** What filters need beside the dataset that they are of. */
export interface FilterWorld {
  readonly identity: Identity;
  readonly binder: Binder;
  readonly engine: EngineKind;
  /** The moment of the query, in milliseconds since the epoch: what `now()` is. */
  readonly now: number;
  /** By id: the datasets that lookups look into. */
  readonly datasetOf: (id: string) => Dataset | undefined;
  /** Told of each relation that a lookup reads. */
  readonly reads: (relation: Relation) => void;
}

export interface FilterOptions extends FilterWorld {
  readonly dataset: Dataset;
  /** The range under which the raw columns stand. */
  readonly range: string;
  /** Whether it stands under `not`. */
  readonly negated?: boolean;
}

/** An operand once the identity is known: a raw column, a value, or nothing. */
type Operand =
  | { readonly kind: 'column'; readonly node: Node; readonly type: SqlType }
  | { readonly kind: 'value'; readonly value: Scalar }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'moment'; readonly at: number }
  | { readonly kind: 'missing' };

export function filterExpression(predicate: Predicate, options: FilterOptions): Node {
  const again = (inner: Predicate): Node => filterExpression(inner, options);
  switch (predicate.kind) {
    case 'and':
      return predicate.args.length === 0 ? bool(true) : every(predicate.args.map(again));
    case 'or':
      return predicate.args.length === 0 ? bool(false) : some(predicate.args.map(again));
    case 'not':
      return not(filterExpression(predicate.arg, { ...options, negated: true }));
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
    case 'lookup':
      return lookup(predicate, options);
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
    case 'now':
      return { kind: 'moment', at: momentAt(options.now, operand) };
    default:
      return operand satisfies never;
  }
}

const columnOf = (operand: Operand): ComparedColumn | null => (operand.kind === 'column' ? operand : null);

function compare(op: Comparison, left: Operand, right: Operand, options: FilterOptions): Node {
  if (left.kind === 'missing' || right.kind === 'missing') return UNKNOWN_CONDITION;
  if (left.kind === 'moment') return compareMoment(MIRRORED[op], columnOf(right), left.at, options);
  if (right.kind === 'moment') return compareMoment(op, columnOf(left), right.at, options);
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

/**
 * Whether the operand is among the values of another dataset's column: the policy's own read, raw. Whatever makes its
 * condition unknown finds nothing there, and under `not` nothing would mean everything: that is unknown.
 */
function lookup(predicate: Extract<Predicate, { kind: 'lookup' }>, options: FilterOptions): Node {
  const source = options.datasetOf(predicate.dataset);
  const wanted = source?.columns.find(
    ({ folded, state }) => folded === predicate.column && state !== 'ghost',
  );
  // Checked at push; a filter is never silently skipped.
  if (source === undefined || wanted === undefined || source.engine !== options.dataset.engine)
    throw new SluiceError('rewrite_failed', undefined, { cause: `lookup in ${predicate.dataset}` });
  if (source.invalid !== null) throw new SluiceError('dataset_invalid');
  const left = operandOf(predicate.left, options);
  const listed = comparedColumn(wanted, column(LOOKUP, wanted.name), options.engine);
  const tested = testedOf(left, listed.type, options);
  if (options.negated === true || tested === null) return UNKNOWN_CONDITION;
  const where =
    predicate.where === null
      ? null
      : filterExpression(predicate.where, { ...options, dataset: source, range: LOOKUP });
  options.reads(source.relation);
  const subselect: SelectStmt = {
    targetList: [{ ResTarget: { val: listed.node } }],
    fromClause: [rangeOf(source.relation, LOOKUP)],
    ...(where === null ? {} : { whereClause: where }),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  return {
    SubLink: { subLinkType: 'ANY_SUBLINK', testexpr: tested, subselect: { SelectStmt: subselect } },
  };
}

function testedOf(left: Operand, listed: SqlType, options: FilterOptions): Node | null {
  switch (left.kind) {
    case 'column':
      return comparableColumns(left.type, listed, options.engine) ? left.node : null;
    case 'value':
      return boundValue(left.value, listed, options);
    case 'moment':
    case 'missing':
      return null;
    default:
      return left satisfies never;
  }
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
    case 'moment':
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
