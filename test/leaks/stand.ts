/** The port of the oracle to an engine: the governed database, its twin and the physical copy, side by side. */
import type { Witness } from '../../src/engines/engine.ts';
import type { Code } from '../../src/errors.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import type { ParamValue } from '../../src/sql/stages.ts';
import type { CataloguedColumn, Row, Storage } from './world.ts';

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly CataloguedColumn[];
  readonly rows: readonly Row[];
}

export type Side = 'governed' | 'twin' | 'copy';

export type Outcome =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly unknown[])[] }
  /** The class that a caller would be told, and the text that only the log sees. */
  | { readonly kind: 'failed'; readonly code: Code; readonly text: string };

export interface Stand {
  readonly engine: EngineKind;
  /** The database that relations are printed with; null for none. */
  database(storage: Storage): string | null;
  /** Replaces everything that a side holds. */
  load(side: Side, tables: readonly Table[], storage: Storage): Promise<void>;
  run(side: Side, sql: string, params: readonly ParamValue[]): Promise<Outcome>;
  /** The copy, asked in the caller's own words and not through the gate. */
  words(sql: string, params: readonly ParamValue[]): Promise<Outcome>;
  /**
   * Without the optimisation of the engine's that is known to give wrong answers; null where none is known. What then
   * answers alike was told apart by the engine's fault.
   */
  soundly: ((side: Side, sql: string, params: readonly ParamValue[]) => Promise<Outcome>) | null;
  /**
   * Puts other rows in the place of a side's, and leaves what the engine knows of the old ones; null where it knows
   * nothing that could choose another plan.
   */
  replaceRows: ((side: Side, tables: readonly Table[]) => Promise<void>) | null;
  witness(sql: string): Promise<Witness>;
  close(): Promise<void>;
}
