/** What a door hands over: who asks, for what, and how the answer is to be delivered. */
import type { RowEncoding } from '../engines/engine.ts';

/** Who asks, through which door. The signal aborts when the caller goes away. */
export interface Caller {
  readonly requestId: string;
  readonly token: string | null;
  readonly client: { readonly ip: string | null; readonly door: string; readonly user_agent: string | null };
  readonly signal: AbortSignal;
  /** What the request says that the caller acts in, and why; what may come of it is settled by `actingIn` alone. */
  readonly project?: string | null;
  readonly purpose?: string | null;
}

/** A governed read without SQL; each part is parsed on its own. */
export interface Read {
  readonly dataset: string;
  readonly select: string | null;
  readonly where: string | null;
  readonly order: string | null;
}

export interface Ask {
  readonly text: { readonly sql: string } | { readonly read: Read };
  readonly params?: readonly unknown[];
  readonly limit?: number;
  readonly offset?: number;
  readonly cursor?: string;
}

export interface Delivery {
  /** A page is counted and has a cursor; a stream goes on to `max_rows`. */
  readonly mode: 'page' | 'stream';
  readonly encoding: RowEncoding;
}
