/** The values that one SQL stage hands to the next; each is branded so that a stage cannot be skipped. */
import type { CommonTableExpr, RangeVar, SelectStmt } from '@pgsql/types';
import type { Decision } from '../access/decision.ts';
import type { Column, Dataset, TypeFamily } from '../catalogue/dataset.ts';

declare const stage: unique symbol;
type Stage<Name extends string> = { readonly [stage]: Name };
/** A stage's value before it is branded: only the stage itself may say `as`. */
export type Unbranded<S> = Omit<S, typeof stage>;

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

/** What a relation name of the caller's stands for. */
export type BoundRelation =
  /** `others`: what else a bare name could mean, later in the search path; `admit` chooses. */
  | { readonly kind: 'dataset'; readonly dataset: Dataset; readonly others: readonly Dataset[] }
  | { readonly kind: 'cte'; readonly cte: CommonTableExpr }
  /** Nothing in the catalogue: refused as soon as decisions are known, never before. */
  | { readonly kind: 'unknown' };

/** sql/resolve/bind: every relation is a CTE in scope, a catalogued dataset, or unknown. Columns are not looked at yet. */
export type BoundQuery = Stage<'bound'> & {
  readonly guarded: GuardedQuery;
  /** Distinct datasets, in order of first use. */
  readonly datasets: readonly Dataset[];
  /** By node identity, in the order of the text: the only place where a relation's name decides anything. */
  readonly relations: ReadonlyMap<RangeVar, BoundRelation>;
  /** CTEs that refer to themselves. */
  readonly recursive: ReadonlySet<CommonTableExpr>;
};

/** What one identity may see of one dataset: the only columns that exist for name resolution. */
export interface GovernedDataset {
  readonly dataset: Dataset;
  readonly decision: Decision;
}

/** A type as far as the gate can tell without the engine; `unknown` wherever there is doubt. */
export interface SqlType {
  readonly family: TypeFamily;
  /** Integers: width in bits. */
  readonly bits?: number;
  /**
   * Decimals: digits in all, and after the point. Moments and times of DuckDB: digits of a second where these are not the
   * six of TIMESTAMP, with another range.
   */
  readonly precision?: number;
  readonly scale?: number;
}

/** One column that a range of the query offers. */
export interface RangeColumn {
  readonly type: SqlType;
  /** Whether a masked column flows into it. */
  readonly masked: boolean;
}

/** One place where a dataset stands in the query. */
export interface DatasetUse {
  readonly governed: GovernedDataset;
  /** The columns that exist for this identity, in the catalogue's order. */
  readonly columns: readonly Column[];
}

/**
 * sql/resolve: every name is settled. Ranges are called t1, t2, …, CTEs cte_1, …, windows w1, …; every column reference
 * is `range.column`; stars, USING and NATURAL are gone; output names are explicit. Datasets still stand as bare ranges.
 */
export type ResolvedQuery = Stage<'resolved'> & {
  /** As the caller wrote it: for the places of faults. */
  readonly text: string;
  readonly tree: SelectStmt;
  readonly columns: readonly OutputColumn[];
  /** By range name: the ranges that are datasets. */
  readonly uses: ReadonlyMap<string, DatasetUse>;
  /** By range name, then column: what each reference means. */
  readonly ranges: ReadonlyMap<string, ReadonlyMap<string, RangeColumn>>;
};

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
