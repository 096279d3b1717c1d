/** The port that every sink fills: events go out in order, and count as shipped once the receiver has confirmed them. */
import type { ChainedRow } from '../chain.ts';

export interface Sink {
  /**
   * Resolves once the receiver has all of them for good, with how many of them it said it will never take; rejects where
   * that is not certain, and the same events come again. `signal` aborts when the gate ends.
   */
  ship(batch: readonly ChainedRow[], signal: AbortSignal): Promise<{ readonly refused: number }>;
  close(): Promise<void>;
}

export const TAKEN = Object.freeze({ refused: 0 });

/** Plain JSON, since it goes to a thread of its own. Durations in milliseconds, sizes in bytes, paths absolute. */
export type SinkSettings = {
  /** What its cursor is kept under. */
  readonly name: string;
  /** Where it begins when it is first seen. */
  readonly from: 'now' | 'beginning';
  /** Most events at once. */
  readonly batch: number;
} & (
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly rotate?: { readonly size: number; readonly keep: number | null } | undefined;
    }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'otel'; readonly endpoint: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'postgres'; readonly url: string; readonly table: string }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string }
);

/** What may be told of a fault: its kind, never a URL with a password, a header or what a receiver answered. */
export function inBrief(fault: unknown): string {
  if (!(fault instanceof Error)) return 'unknown fault';
  const { code, cause } = fault as { readonly code?: unknown; readonly cause?: { readonly code?: unknown } };
  const known = typeof code === 'string' ? code : typeof cause?.code === 'string' ? cause.code : fault.name;
  const told = fault instanceof ReceiverRefused ? fault.message : known;
  return told.slice(0, 200);
}

/** The receiver answered, and it was no. */
export class ReceiverRefused extends Error {
  override readonly name = 'ReceiverRefused';
}
