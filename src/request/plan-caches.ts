/** What is kept of queries that were planned before. All of it is bounded. */
import { BoundedCache, Tickets } from '../cache.ts';
import type { Project } from '../catalogue/dataset.ts';
import type { BoundQuery, VerifiedQuery } from '../sql/stages.ts';
import type { Equalised } from './equalise.ts';
import type { Roomed } from './in-room.ts';

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
  /** What each plan reads, for the record of use. */
  readonly columns: WeakMap<VerifiedQuery, readonly string[]>;
  readonly tickets: Tickets;
  /** Decisions with the rules of a clean room, so that the same come again. */
  readonly roomed: Roomed;
  readonly equalised: WeakMap<Project, Equalised>;
}

/** Characters of all texts: a tree takes about a hundred bytes for each of its text's, so this is some 200 MB at the most. */
const TEXTS = 2_000_000;
/** Characters of all plans: their texts, and the values that they were made for. */
const PLANS = 20_000_000;
/** What an entry costs that is short. */
const LEAST = 500;

export function emptyCaches(): PlanCaches {
  return {
    texts: new BoundedCache(TEXTS, (_, key) => LEAST + key.length),
    plans: new BoundedCache(PLANS, ({ sql }, key) => LEAST + sql.length + 2 * key.length),
    columns: new WeakMap(),
    tickets: new Tickets(),
    roomed: new WeakMap(),
    equalised: new WeakMap(),
  };
}
