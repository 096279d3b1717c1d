/**
 * What a pair of datasets comes down to for whoever decides: level, policies and columns on both sides, with every name put
 * in order. Pairs of one shape are decided once, and what changes is then told of each in its own names.
 */
import type { AccessLevel, Column, Dataset } from '../catalogue/dataset.ts';
import type { MatchedPolicy } from '../policies/policy.ts';
import { type ConditionTable, placeholder, refuseLiterals, replaceConditions } from './conditions.ts';
import type { DatasetPair } from './pairs.ts';
import { renameColumns } from './rename-columns.ts';
import type { TagIndex } from './tag-index.ts';

/**
 * Policies that are decided together. How one column is masked does not depend on the masks of another: the one part without
 * masks says who gets in, to which rows and within which limits, and each of the others says how its columns are shown.
 * Columns that one tokenising policy covers are one part, for whether its tokens may be reversed depends on all of them.
 */
export interface Part {
  readonly level: AccessLevel;
  /** With ordered names, and with their conditions as they are. */
  readonly policies: readonly MatchedPolicy[];
  /** Numbers of the conditions, in the order in which they stand. */
  readonly conditions: readonly number[];
  /** Parts of one text are asked about as one. */
  readonly text: string;
  /** What the policies are called in the shape, in the order in which they are in the part. */
  readonly names: readonly string[];
}

export interface Side {
  /** Queries are refused, whoever asks. */
  readonly invalid: boolean;
  readonly access: Part;
  /** By the position of the column; null where no mask covers it. */
  readonly masks: readonly (Part | null)[];
  readonly text: string;
  /** Of all parts. */
  readonly policies: readonly MatchedPolicy[];
  readonly conditions: readonly number[];
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
export function shapesOf(
  pairs: Iterable<PairedPolicies>,
  tags: TagIndex,
  table: ConditionTable,
): readonly Shape[] {
  const shapes = new Map<string, Shape & { readonly pairs: NamedPair[] }>();
  for (const { pair, before, after } of pairs) {
    const states = columnsOf(pair, before, after, tags);
    const columns = [...states.keys()];
    const policies = [...new Set([...before, ...after].map(({ id }) => id))].sort();
    const names = { columns: orderOf(columns, orderedName), policies: orderOf(policies) };
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
  tags: TagIndex,
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
      const of = pair[side] === null ? [] : tags(pair[side], column.folded);
      const tagged = known.tagged || of.length > 0;
      states.set(column.folded, { ...known, tagged, [side]: column.exposed });
    }
  for (const [name, state] of states)
    if (found.has(name) || state.tagged || state.before !== state.after) found.set(name, state);
  return found;
}

export function columnOf(dataset: Dataset | null, folded: string): Column | undefined {
  return dataset?.columns.find((column) => column.folded === folded);
}

interface Names {
  readonly columns: ReadonlyMap<string, string>;
  readonly policies: ReadonlyMap<string, string>;
}

/** `00003`: an order by text is that of the list. */
const ordered = (position: number): string => String(position).padStart(5, '0');

/** What a column is called: apart from all else that could stand in words about it. */
export const orderedName = (position: number): string => `\u{e000}${ordered(position)}`;

/** The same words with the names that the columns of a dataset have. */
export const inNames = (words: string, columns: readonly string[]): string =>
  words.replaceAll(/\u{e000}(\d{5})/gu, (_, position: string) => columns[Number(position)] ?? position);

const orderOf = (names: readonly string[], called = ordered): ReadonlyMap<string, string> =>
  new Map(names.map((name, position) => [name, called(position)]));

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
  const invalid = dataset.invalid !== null;
  const access = partOf(
    dataset.accessLevel,
    policies.filter(({ effect }) => effect !== 'mask'),
    table,
  );
  const masks = maskParts(policies, names.columns.size, table);
  const parts = [access, ...new Set(masks)].filter((part) => part !== null);
  const text = JSON.stringify([
    dataset.accessLevel,
    invalid,
    ...[access, ...masks].map((part) => part && [part.text, part.names]),
  ]);
  return {
    invalid,
    access,
    masks,
    text,
    policies,
    conditions: parts.flatMap(({ conditions }) => conditions),
  };
}

/** The level is that of open datasets: who gets in is said elsewhere. */
function maskParts(
  policies: readonly MatchedPolicy[],
  columns: number,
  table: ConditionTable,
): readonly (Part | null)[] {
  const group = columnGroups(policies);
  const parts = new Map<string, Part | null>();
  return Array.from({ length: columns }, (_, position) => {
    const of = group(orderedName(position));
    const known = parts.get(of);
    if (known !== undefined) return known;
    const covering = policies.flatMap((policy): readonly MatchedPolicy[] => {
      if (policy.effect === 'break_glass') return [policy];
      if (policy.effect !== 'mask') return [];
      const covered = policy.columns.filter(({ name }) => group(name) === of);
      return covered.length === 0 ? [] : [{ ...policy, columns: covered }];
    });
    const part = covering.some(({ effect }) => effect === 'mask') ? partOf('open', covering, table) : null;
    parts.set(of, part);
    return part;
  });
}

/** One of the columns that are decided together stands for all. */
function columnGroups(policies: readonly MatchedPolicy[]): (name: string) => string {
  const leaders = new Map<string, string>();
  const leader = (name: string): string => {
    const above = leaders.get(name);
    return above === undefined ? name : leader(above);
  };
  for (const policy of policies) {
    if (policy.effect !== 'mask' || policy.mask.kind !== 'tokenise') continue;
    const [first, ...others] = policy.columns.map(({ name }) => leader(name));
    for (const other of others)
      if (first !== undefined && leader(other) !== first) leaders.set(leader(other), first);
  }
  return leader;
}

function partOf(level: AccessLevel, matched: readonly MatchedPolicy[], table: ConditionTable): Part {
  const names = [...new Set(matched.map(({ id }) => id))].sort();
  const order = orderOf(names);
  const policies = matched.map((policy) => ({ ...policy, id: order.get(policy.id) ?? policy.id }));
  const conditions: number[] = [];
  const compared = policies.map((policy) =>
    replaceConditions(policy, (condition) => {
      const number = table.of(condition);
      conditions.push(number);
      return placeholder(number);
    }),
  );
  const text = JSON.stringify([level, compared]);
  refuseLiterals(text);
  return { level, policies, conditions, text, names };
}
