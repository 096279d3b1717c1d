/** What a query under construction may refer to. */
import type { Kind } from '../kinds.ts';
import type { Random } from '../random.ts';
import type { Dialect } from './dialect.ts';

export interface Column {
  /** As it is written, quoted where it must be. */
  readonly name: string;
  readonly kind: Kind;
  /** Of flavours.ts, where it is a dataset's own. */
  readonly flavour: string | null;
}

export interface Range {
  /** As it is written; null where columns can only be named bare. */
  readonly name: string | null;
  readonly columns: readonly Column[];
}

export interface Relation {
  /** As FROM names it. */
  readonly name: string;
  readonly columns: readonly Column[];
}

export interface Scope {
  readonly ranges: readonly Range[];
  readonly outer: Scope | null;
}

export interface Grammar {
  readonly random: Random;
  readonly dialect: Dialect;
  /** Datasets as a caller may see them, and what is in reach of WITH. */
  readonly relations: readonly Relation[];
  /** Names that are hidden from the caller, or that nothing has. */
  readonly wrongColumns: readonly string[];
  readonly wrongRelations: readonly string[];
  readonly fresh: (prefix: string) => string;
  /** Gives `$n` for a value. */
  readonly param: (value: string | number | boolean | null) => string;
  /** How much deeper expressions and queries may go. */
  readonly depth: number;
}

export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

const RESERVED: ReadonlySet<string> = new Set(['select', 'at', 'day', 'level', 'order', 'table']);

export function columnsOf(scope: Scope | null): readonly { range: Range; column: Column; outer: boolean }[] {
  const found: { range: Range; column: Column; outer: boolean }[] = [];
  for (let at = scope, outer = false; at !== null; at = at.outer, outer = true) {
    for (const range of at.ranges) for (const column of range.columns) found.push({ range, column, outer });
  }
  return found;
}
