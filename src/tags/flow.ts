/** One step of propagation: what a node's columns get from what they come from, as far as it is known now. */
import type { ColumnRef } from '../catalogue/dataset.ts';
import type { ColumnOrigin, NodeLineage } from '../lineage/lineage.ts';
import { type Carried, type Columns, extended, NO_COLUMNS, put, sameColumns, type Tags } from './carried.ts';
import type { Propagation } from './rules.ts';

export interface FlowInput {
  readonly propagation: Propagation;
  readonly lineageOf: (node: string) => NodeLineage | undefined;
  /** Tags of the node's own columns that follow. */
  readonly own: (node: string) => Columns;
  /** Other nodes that stand for the same relation: their columns are the same columns. */
  readonly twins: (node: string) => readonly string[];
  /** Columns at which whatever comes from upstream ends. */
  readonly declassified: (node: string) => ReadonlyMap<string, string>;
  /** Dataset id of a node, its unique_id where it has none. */
  readonly nameOf: (node: string) => string;
}

/** A tag that did not pass. */
export interface Ended {
  readonly column: string;
  readonly tag: string;
  /** The column that it came from. */
  readonly from: ColumnRef;
  /** The function, or null for `declassify`. */
  readonly by: string | null;
}

export interface Flow {
  /** Whether anything changed. */
  step(node: string): boolean;
  /** What came from upstream, by column. */
  arrived(node: string): Columns;
  /** What ended there, and nothing else brought. */
  ended(node: string): readonly Ended[];
}

interface Found {
  readonly node: string;
  readonly column: string;
  readonly tags: Tags;
}

type Growing = Map<string, Map<string, Carried>>;

export function createFlow({ propagation, lineageOf, own, twins, declassified, nameOf }: FlowInput): Flow {
  const state = new Map<string, Columns>();
  /** Tags by name that went into a node that could not be read: whatever comes out of it may hold them. */
  const loose = new Map<string, Columns>();
  const refs = new Map<string, ColumnRef>();

  function refTo(node: string, column: string): ColumnRef {
    const key = `${node}\n${column}`;
    const made = refs.get(key) ?? Object.freeze({ dataset: nameOf(node), column });
    refs.set(key, made);
    return made;
  }

  const arrived = (node: string): Columns => state.get(node) ?? NO_COLUMNS;
  const namesAt = (node: string): readonly string[] => [
    ...new Set([...own(node).keys(), ...arrived(node).keys()]),
  ];

  /** Each column that it may be, with its tags; null is every column of the node. */
  function at(node: string, column: string | null, seen: ReadonlySet<string> = NONE): readonly Found[] {
    if (column === null) return namesAt(node).flatMap((name) => at(node, name, seen));
    const found: Found[] = [];
    for (const tags of [own(node).get(column), arrived(node).get(column)])
      if (tags !== undefined) found.push({ node, column, tags });
    const lineage = lineageOf(node);
    if (lineage?.rest === undefined || Object.hasOwn(lineage.columns, column) || seen.has(node)) return found;
    const further = new Set([...seen, node]);
    for (const one of lineage.rest.alike) found.push(...at(one, column, further));
    for (const origin of lineage.rest.from) found.push(...at(origin.node, origin.column, further));
    return found;
  }

  function intake(node: string, onEnd: ((ended: Ended) => void) | null): Growing {
    const result: Growing = new Map();
    const ends = declassified(node);
    const mine = own(node);
    const add = (column: string, tag: string, carried: Carried): void => {
      if (mine.get(column)?.has(tag) === true) return;
      const target = result.get(column) ?? new Map<string, Carried>();
      result.set(column, target);
      put(target, tag, carried);
    };
    const bring = (column: string, found: readonly Found[], through: readonly string[]): void => {
      for (const { node: from, column: name, tags } of found)
        for (const [tag, carried] of tags) {
          const by = ends.has(column) ? null : propagation.stoppedBy(tag, through);
          if (by === null && !ends.has(column)) add(column, tag, extended(carried, refTo(from, name)));
          else onEnd?.({ column, tag, from: refTo(from, name), by });
        }
    };
    const follow = (column: string, { node: from, column: name, through }: ColumnOrigin): void =>
      bring(column, at(from, name), through ?? NO_WORDS);
    const byName = (column: string, nodes: readonly string[]): void => {
      for (const one of nodes) bring(column, at(one, column), NO_WORDS);
    };

    for (const twin of twins(node)) for (const name of namesAt(twin)) bring(name, at(twin, name), NO_WORDS);
    const lineage = lineageOf(node);
    if (lineage === undefined) return result;
    const { columns, parents, rest, status } = lineage;
    for (const [column, { from, resolved }] of Object.entries(columns)) {
      for (const origin of from) follow(column, origin);
      if (!resolved) byName(column, parents);
    }
    // Columns that nobody listed: every name that has a tag may be one.
    const alike = rest?.alike ?? NO_WORDS;
    for (const name of new Set(alike.flatMap(namesAt)))
      if (!Object.hasOwn(columns, name)) byName(name, alike);
    if (status === 'unknown') for (const name of new Set(parents.flatMap(namesAt))) byName(name, parents);
    for (const [name, tags] of loose.get(node) ?? NO_COLUMNS)
      if (!ends.has(name) && mayComeThroughUnknown(node, name, NONE))
        for (const [tag, carried] of tags) add(name, tag, carried);
    return result;
  }

  /** The way of a loose tag ends at what went into the unknown node: nobody knows how it went on. */
  function looseAt(node: string): Columns {
    const lineage = lineageOf(node);
    const all: Growing = new Map();
    const add = (name: string, tag: string, carried: Carried): void => {
      const target = all.get(name) ?? new Map<string, Carried>();
      all.set(name, target);
      put(target, tag, carried);
    };
    for (const parent of lineage?.parents ?? []) {
      for (const [name, tags] of loose.get(parent) ?? NO_COLUMNS)
        for (const [tag, carried] of tags) add(name, tag, carried);
      if (lineage?.status !== 'unknown') continue;
      for (const found of at(parent, null))
        for (const [tag, carried] of found.tags)
          add(found.column, tag, extended(carried, refTo(found.node, found.column)));
    }
    return all.size === 0 ? NO_COLUMNS : all;
  }

  /** A column whose way is known, and leads past every unknown node, cannot hold what went into one. */
  function mayComeThroughUnknown(node: string, column: string | null, seen: ReadonlySet<string>): boolean {
    const key = `${node}\n${column ?? '\n'}`;
    const lineage = lineageOf(node);
    if (lineage === undefined || seen.has(key)) return false;
    const further = new Set([...seen, key]);
    if (lineage.status === 'unknown') return true;
    const origins = (all: readonly ColumnOrigin[]): boolean =>
      all.some((origin) => mayComeThroughUnknown(origin.node, origin.column, further));
    if (column === null)
      return Object.keys(lineage.columns).some((name) => mayComeThroughUnknown(node, name, further));
    const found = Object.hasOwn(lineage.columns, column) ? lineage.columns[column] : undefined;
    if (found !== undefined) return !found.resolved || origins(found.from);
    const { rest } = lineage;
    if (rest === undefined) return false;
    return origins(rest.from) || rest.alike.some((one) => mayComeThroughUnknown(one, column, further));
  }

  return {
    arrived,
    step(node) {
      const before = loose.get(node) ?? NO_COLUMNS;
      const above = looseAt(node);
      if (above.size > 0) loose.set(node, above);
      const next = intake(node, null);
      const same = sameColumns(arrived(node), next) && sameColumns(before, above);
      if (next.size > 0) state.set(node, next);
      return !same;
    },
    ended(node) {
      const found = new Map<string, Ended>();
      const result = intake(node, (one) => {
        const key = `${one.column}\n${one.tag}\n${one.by ?? ''}`;
        if (!found.has(key)) found.set(key, one);
      });
      return [...found.values()].filter(
        ({ column, tag }) =>
          result.get(column)?.has(tag) !== true && own(node).get(column)?.has(tag) !== true,
      );
    },
  };
}

const NONE: ReadonlySet<string> = new Set();
const NO_WORDS: readonly string[] = [];
