/** What is kept of queries that were planned before. All of it is bounded. */
import type { BoundedCache, Tickets } from '../cache.ts';
import type { BoundQuery, VerifiedQuery } from '../sql/stages.ts';

/** A text as far as it is the same for everyone: parsed, guarded, bound to one snapshot's catalogue. */
export interface BoundText {
  readonly bound: BoundQuery;
  readonly fingerprint: string;
  readonly normalised: string;
}

export interface PlanCaches {
  readonly texts: BoundedCache<string, BoundText>;
  /** Keyed by the very identity and the very decisions, so that it never crosses callers who are decided for apart. */
  readonly plans: BoundedCache<string, VerifiedQuery>;
  readonly tickets: Tickets;
}
