/** What the gate and an engine process say to each other; both sides are ours, so the heads are trusted as typed. */
import type { Code } from '../../errors.ts';
import type { RowEncoding } from '../../results/rows.ts';
import type { ParamValue } from '../../sql/stages.ts';
import type { PhysicalRelation, ResultColumn, Witness } from '../engine.ts';

/** How the process opens its instance; sent once, first. Sizes in bytes. */
export interface OpenRequest {
  readonly kind: 'open';
  readonly catalog: string;
  /** A published copy, or Parquet files by relation. */
  readonly source:
    | { readonly kind: 'database'; readonly path: string }
    | { readonly kind: 'parquet'; readonly relations: readonly ParquetRelation[] };
  readonly tempDirectory: string;
  readonly memoryLimit: number | null;
  readonly tempLimit: number | null;
  readonly threads: number | null;
}

export interface ParquetRelation {
  readonly schema: string;
  readonly name: string;
  readonly files: readonly string[];
}

export interface RunRequest {
  readonly kind: 'run';
  readonly sql: string;
  readonly params: readonly WireParam[];
  readonly encoding: RowEncoding;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Time that the engine may work on it; time spent waiting for the reader does not count. */
  readonly timeoutMs: number;
  /** Time after which a reader that takes nothing loses its query. */
  readonly stallMs: number;
}

export type Request =
  | OpenRequest
  | RunRequest
  | { readonly kind: 'cancel' }
  /** The reader took this many bytes of the query. */
  | { readonly kind: 'credit'; readonly bytes: number }
  | { readonly kind: 'witness'; readonly sql: string }
  | { readonly kind: 'describe' };

export type Truncation = 'rows' | 'bytes' | null;

/** `columns` comes with the first rows, `end` with the last; a small result is one message. */
export interface RowsReply {
  readonly kind: 'rows';
  readonly rows: number;
  readonly columns?: readonly ResultColumn[];
  readonly end?: { readonly truncated: Truncation };
}

export type Reply =
  | RowsReply
  | { readonly kind: 'opened' }
  | { readonly kind: 'witnessed'; readonly witness: Witness }
  | { readonly kind: 'described'; readonly relations: readonly PhysicalRelation[] }
  /** `text` is the engine's own; for the log alone. After a fatal one the process ends. */
  | { readonly kind: 'failed'; readonly code: Code; readonly text: string; readonly fatal?: boolean };

/** JSON has neither big integers nor bytes. */
export type WireParam =
  | string
  | number
  | boolean
  | null
  | { readonly bigint: string }
  | { readonly bytes: string }
  | { readonly list: readonly (string | number | boolean)[] };

/** Values that a rewrite may bind; bytes are keys of masks. */
export function toWire(value: ParamValue | Uint8Array): WireParam {
  if (typeof value === 'bigint') return { bigint: value.toString() };
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (typeof value === 'object' && value !== null) return { list: value };
  return value;
}

/** Bytes of rows that may be on their way to a reader; more are not fetched until it takes some. */
export const WINDOW = 1 << 20;

/** The engine process ends by it where it took more memory than it may. Nothing else here sends it. */
export const MEMORY_SIGNAL = 'SIGUSR2';
