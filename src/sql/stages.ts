/** The values that one SQL stage hands to the next; each is branded so that a stage cannot be skipped. */
import type { SelectStmt } from '@pgsql/types';
import type { Decision } from '../access/decision.ts';
import type { Dataset } from '../catalogue/dataset.ts';

declare const stage: unique symbol;
type Stage<Name extends string> = { readonly [stage]: Name };

/** A value that a caller or a policy binds to `$n`; never pasted into text. */
export type ParamValue = string | number | bigint | boolean | null | readonly (string | number | boolean)[];

/** sql/parse: exactly one statement, in PostgreSQL's grammar. */
export type ParsedQuery = Stage<'parsed'> & {
  readonly text: string;
  readonly statement: unknown;
};

/** sql/guard: one SELECT made of nothing but accepted nodes, functions, operators and types, within the bounds. */
export type GuardedQuery = Stage<'guarded'> & {
  readonly text: string;
  readonly select: SelectStmt;
  /** Highest `$n` used. */
  readonly paramCount: number;
};

/** sql/resolve/bind: every relation that is not a CTE is a catalogued dataset. Columns are not looked at yet. */
export type BoundQuery = Stage<'bound'> & {
  readonly guarded: GuardedQuery;
  /** Distinct datasets, in order of first use. */
  readonly datasets: readonly Dataset[];
};

/** What one identity may see of one dataset: the only columns that exist for name resolution. */
export interface GovernedDataset {
  readonly dataset: Dataset;
  readonly decision: Decision;
}

/** An output column of the whole query. */
export interface OutputColumn {
  readonly name: string;
  /** True where any masked column flows into it. */
  readonly masked: boolean;
}

/** sql/rewrite: the governed tree, in the engine's dialect, still as a tree. */
export type GovernedQuery = Stage<'governed'> & {
  readonly tree: SelectStmt;
  /** The caller's parameters first, then the policies' (mask keys, identity attributes). */
  readonly params: readonly ParamValue[];
  readonly columns: readonly OutputColumn[];
  /** What the engine's own parser must find, and nothing else. */
  readonly relations: readonly string[];
  readonly functions: readonly string[];
};

/** sql/verify: text that was printed by us, parsed back to the intended tree, and confirmed by the engine's parser. */
export type VerifiedQuery = Stage<'verified'> & {
  readonly engine: string;
  readonly sql: string;
  readonly params: readonly ParamValue[];
  readonly columns: readonly OutputColumn[];
};
