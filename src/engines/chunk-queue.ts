/** Rows on their way from an engine to their reader: chunk after chunk, and a wait where there is none yet. */
import type { SluiceError } from '../errors.ts';
import type { RowChunk } from './engine.ts';

/** How a query stands, as its reader has to know it. */
export type StreamState =
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly truncated: 'rows' | 'bytes' | null }
  | { readonly kind: 'failed'; readonly error: SluiceError };

export interface ChunkReader {
  state(): StreamState;
  /** Before the reader finds the queue empty: what is not whole yet may be pushed. */
  refill?(): void;
  taken(chunk: RowChunk): void;
  /** The reader is gone, at the end or early. */
  left(): void;
}

/** As long as one query; one reader. */
export class ChunkQueue {
  private readonly chunks: RowChunk[] = [];
  private wake: (() => void) | null = null;

  /** Whether the reader waits for something. */
  get awaited(): boolean {
    return this.wake !== null;
  }

  push(chunk: RowChunk): void {
    this.chunks.push(chunk);
  }

  /** A chunk has come, or the state has changed. */
  notify(): void {
    this.wake?.();
  }

  /** What came before a failure is read before it is thrown. */
  async *read(reader: ChunkReader): AsyncGenerator<RowChunk> {
    try {
      for (;;) {
        if (this.chunks.length === 0) reader.refill?.();
        const chunk = this.chunks.shift();
        if (chunk !== undefined) {
          reader.taken(chunk);
          yield chunk;
          continue;
        }
        const state = reader.state();
        if (state.kind === 'failed') throw state.error;
        if (state.kind === 'ended') return;
        const { promise, resolve } = Promise.withResolvers<void>();
        this.wake = resolve;
        await promise;
        this.wake = null;
      }
    } finally {
      reader.left();
    }
  }
}
