/**
 * What a pair of datasets comes down to for whoever decides: level, policies and columns on both sides, with every name put
 * in order. Pairs of one shape are decided once, and what changes is then told of each in its own names.
 */
import type { AccessLevel, Column, Dataset } from '../catalogue/dataset.ts';
import type { MatchedPolicy, Predicate, PredicateOver, ScalarOperand } from '../policies/policy.ts';
import { type ConditionTable, placeholder, refuseLiterals, replaceConditions } from './conditions.ts';
import type { DatasetPair } from './pairs.ts';

export interface Side {
  readonly level: AccessLevel;
  /** Queries are refused, whoever asks. */
  readonly invalid: boolean;
  /** With ordered names, and with their conditions as they are. */
  readonly policies: readonly MatchedPolicy[];
  /** Numbers of the conditions, in the order in which they stand. */
  readonly conditions: readonly number[];
  /** Sides of one text are asked about as one. */
  readonly text: string;
}

export interface ShapeColumn {
  /** Whether it can be seen at all on each side. */
  readonly before: boolean;
  readonly after: boolean;
  readonly tagged: boolean;
}

export interface NamedPair {
  readonly pair: DatasetPair;
  /** In the order of the shape. */
  readonly columns: readonly string[];
  readonly policies: readonly string[];
}

export interface Shape {
  readonly before: Side | null;
  readonly after: Side | null;
  readonly columns: readonly ShapeColumn[];
  readonly pairs: readonly NamedPair[];
}

export interface PairedPolicies {
  readonly pair: DatasetPair;
  readonly before: readonly MatchedPolicy[];
  readonly after: readonly MatchedPolicy[];
}

/** Pairs whose two sides are the same to whoever decides are left out: nobody gains or loses there. */
export function shapesOf(pairs: Iterable<PairedPolicies>, table: ConditionTable): readonly Shape[] {
  const shapes = new Map<string, Shape & { readonly pairs: NamedPair[] }>();
  for (const { pair, before, after } of pairs) {
    const states = columnsOf(pair, before, after);
    const columns = [...states.keys()];
    const policies = [...new Set([...before, ...after].map(({ id }) => id))].sort();
    const names = { columns: orderOf(columns), policies: orderOf(policies) };
    const sideBefore = sideOf(pair.before, before, names, table);
    const sideAfter = sideOf(pair.after, after, names, table);
    const facts = [...states.values()];
    const still = facts.every((column) => column.before === column.after);
    if (still && sideBefore?.text === sideAfter?.text) continue;
    const key = `${sideBefore?.text}\n${sideAfter?.text}\n${JSON.stringify(facts)}`;
    const shape = shapes.get(key) ?? { before: sideBefore, after: sideAfter, columns: facts, pairs: [] };
    shape.pairs.push({ pair, columns, policies });
    shapes.set(key, shape);
  }
  return [...shapes.values()];
}

/** Columns that policies name, in the order in which they do, then those that are tagged or come or go. */
function columnsOf(
  pair: DatasetPair,
  before: readonly MatchedPolicy[],
  after: readonly MatchedPolicy[],
): ReadonlyMap<string, ShapeColumn> {
  const found = new Map<string, ShapeColumn>();
  const absent: ShapeColumn = { before: false, after: false, tagged: false };
  for (const policy of [...before, ...after])
    renameColumns(policy, (name) => {
      found.set(name, absent);
      return name;
    });
  const states = new Map<string, ShapeColumn>();
  for (const side of ['before', 'after'] as const)
    for (const column of pair[side]?.columns ?? []) {
      const known = states.get(column.folded) ?? absent;
      const tagged = known.tagged || tagsOf(column).length > 0;
      states.set(column.folded, { ...known, tagged, [side]: column.exposed });
    }
  for (const [name, state] of states)
    if (found.has(name) || state.tagged || state.before !== state.after) found.set(name, state);
  return found;
}

export function columnOf(dataset: Dataset | null, folded: string): Column | undefined {
  return dataset?.columns.find((column) => column.folded === folded);
}

/** What says something of the data: a tag that follows from how a node is built does not. */
export function tagsOf(column: Column | undefined): readonly string[] {
  return (column?.tags ?? []).flatMap(({ tag, source }) => (source.kind === 'derived' ? [] : [tag]));
}

interface Names {
  readonly columns: ReadonlyMap<string, string>;
  readonly policies: ReadonlyMap<string, string>;
}

/** `00003`: an order by text is that of the list. */
const orderOf = (names: readonly string[]): ReadonlyMap<string, string> =>
  new Map(names.map((name, index) => [name, String(index).padStart(5, '0')]));

function sideOf(
  dataset: Dataset | null,
  matched: readonly MatchedPolicy[],
  names: Names,
  table: ConditionTable,
): Side | null {
  if (dataset === null) return null;
  const policies = matched.map(
    (policy): MatchedPolicy => ({
      ...renameColumns(policy, (name) => names.columns.get(name) ?? name),
      id: names.policies.get(policy.id) ?? policy.id,
      // Neither changes what is decided.
      description: '',
      source: { file: '', line: 0 },
    }),
  );
  const conditions: number[] = [];
  const compared = policies.map((policy) =>
    replaceConditions(policy, (condition) => {
      const number = table.of(condition);
      conditions.push(number);
      return placeholder(number);
    }),
  );
  const { accessLevel: level } = dataset;
  const invalid = dataset.invalid !== null;
  const text = JSON.stringify([level, invalid, compared]);
  refuseLiterals(text);
  return { level, invalid, policies, conditions, text };
}

/** The policy with the columns of its dataset called otherwise. */
function renameColumns(policy: MatchedPolicy, rename: (name: string) => string): MatchedPolicy {
  switch (policy.effect) {
    case 'allow':
    case 'require':
    case 'deny':
    case 'discover':
    case 'break_glass':
      return policy;
    case 'limit': {
      const { require_filter: filter, ...limits } = policy.limits;
      return filter === undefined
        ? policy
        : { ...policy, limits: { ...limits, require_filter: filter.map(rename) } };
    }
    case 'rows':
      return { ...policy, predicate: renameIn(policy.predicate, rename) };
    case 'mask':
      return {
        ...policy,
        columns: policy.columns.map((column) => ({ ...column, name: rename(column.name), tag: null })),
        where: policy.where === null ? null : renameIn(policy.where, rename),
      };
    default:
      return policy satisfies never;
  }
}

function renameIn(predicate: Predicate, rename: (name: string) => string): PredicateOver<ScalarOperand> {
  const operand = (one: ScalarOperand): ScalarOperand =>
    one.kind === 'column' ? { ...one, name: rename(one.name) } : one;
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return { ...predicate, args: predicate.args.map((arg) => renameIn(arg, rename)) };
    case 'not':
      return { ...predicate, arg: renameIn(predicate.arg, rename) };
    case 'compare':
      return { ...predicate, left: operand(predicate.left), right: operand(predicate.right) };
    case 'in':
      return { ...predicate, left: operand(predicate.left), values: predicate.values.map(operand) };
    case 'is_null':
      return { ...predicate, arg: operand(predicate.arg) };
    case 'any':
    case 'like':
    // The condition inside a lookup is over the columns of another dataset.
    case 'lookup':
      return { ...predicate, left: operand(predicate.left) };
    case 'true':
    case 'false':
      return predicate;
    default:
      return predicate satisfies never;
  }
}
