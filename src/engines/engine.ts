/** The port that every engine fills: it executes verified text only, streams encoded rows, and can be cancelled. */
import type { Relation, TypeFamily } from '../catalogue/dataset.ts';
import type { RowEncoding } from '../results/rows.ts';
import type { VerifiedQuery } from '../sql/stages.ts';

/** How rows are encoded on the way: `json` gives comma-separated arrays, `ndjson` objects a line, `csv` RFC 4180 records without header. */
export type { RowEncoding } from '../results/rows.ts';

export interface PhysicalColumn {
  readonly name: string;
  readonly type: string;
  readonly family: TypeFamily;
}

export interface PhysicalRelation {
  readonly relation: Relation;
  readonly columns: readonly PhysicalColumn[];
  /** Estimated rows, null where the engine does not tell. */
  readonly rows: number | null;
  /** Whether it is computed from other relations when it is read, and may leave rows of theirs out. */
  readonly view: boolean;
}

/** What the engine's own parser sees in a text. `relations` fully qualified as printed; `functions` with schema where printed so. */
export interface Witness {
  readonly relations: readonly string[];
  readonly functions: readonly string[];
}

export interface RunOptions {
  readonly requestId: string;
  /** For the bound on parallel queries of one caller. */
  readonly principal: string;
  readonly encoding: RowEncoding;
  /** Rows after which the result is cut. The engine reads one more to know. */
  readonly maxRows: number;
  /** Bytes of encoded rows after which the result is cut. */
  readonly maxBytes: number;
  /** Time that the engine may work on it; waiting for its turn or for the reader does not count. */
  readonly timeoutMs: number;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** Whole rows. The bytes of successive chunks follow one another as they are: dividing commas are among them. */
export interface RowChunk {
  readonly rows: number;
  readonly bytes: Uint8Array;
}

export interface ResultColumn {
  readonly name: string;
  /** Engine type text, lower-case: `varchar`, `decimal(10,2)`. */
  readonly type: string;
  readonly family: TypeFamily;
}

export interface RunningQuery {
  /** Known before the first chunk. */
  readonly columns: readonly ResultColumn[];
  /** Pulled by the reader; nothing is read ahead of a slow one but a few chunks. */
  readonly chunks: AsyncIterable<RowChunk>;
  /** Valid once the chunks are drained: whether rows were cut, and by what. */
  truncated(): 'rows' | 'bytes' | null;
  /** Stops it; also happens when the signal aborts or the iterator is returned early. Resolves when the engine has let go. */
  cancel(): Promise<void>;
}

/** What an engine would serve next. Exactly one of `commit` and `discard` ends it. */
export interface Staged {
  readonly relations: readonly PhysicalRelation[];
  /** At once, without waiting: queries that start from now on see it, those in flight end on what they began with. */
  commit(): void;
  discard(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly kind: 'duckdb' | 'postgres';
  /** Relations as they stand in what is published now. */
  describe(): Promise<readonly PhysicalRelation[]>;
  /** Parses without running. */
  witness(sql: string): Promise<Witness>;
  /**
   * Throws SluiceError with a 7xxx code, dataset_invalid where a relation changed since the last push, or sql_parameter;
   * messages of the engine go to the log alone.
   */
  run(query: VerifiedQuery, options: RunOptions): Promise<RunningQuery>;
  /** Reads the current source data beside what is served, so that both can change hands together with the metadata. */
  stage(): Promise<Staged>;
  /** Publishes the current source data, if it changed; queries in flight finish on the old copy. Queries go on meanwhile. */
  publish(): Promise<void>;
  /**
   * A name for the data that a query would read if it began now: the same name, the same data. Null where the engine cannot
   * tell, since others write to it.
   */
  dataVersion(): string | null;
  health(): Promise<'ready' | 'unavailable'>;
  close(): Promise<void>;
}

/** What an engine reports about itself, beside the answers it gives; `text` is the engine's own and may quote data. */
export type EngineObservation =
  | {
      readonly kind: 'engine_started';
      readonly engine: string;
      readonly pid: number;
      readonly durationMs: number;
    }
  | { readonly kind: 'engine_lost'; readonly engine: string; readonly pid: number; readonly why: string }
  | { readonly kind: 'engine_start_failed'; readonly engine: string; readonly text: string }
  | { readonly kind: 'engine_published'; readonly engine: string; readonly durationMs: number }
  /** The source could not be read at start, so the copy published last is served. */
  | { readonly kind: 'engine_stale'; readonly engine: string; readonly text: string };
