/** Decisions that were answered before, for as long as the decision point says that they hold: what it says else ends all of them. */
import { BoundedCache } from '../cache.ts';
import type { Decision } from './decision.ts';
import type { Keeping, Pdp } from './pdp-port.ts';

export interface KeptDecisions {
  /** Opened before anything is looked up, for one call to the decision point. */
  round(): Round;
}

export interface Round {
  /** @param epoch seconds, for decisions that expire */
  get(key: string, epoch: number): Decision | undefined;
  /** Keeps it, unless the decision point has turned to another state since the round was opened. */
  set(key: string, decision: Decision): void;
}

interface Kept {
  readonly decision: Decision;
  /** On the clock that nobody sets. */
  readonly until: number;
}

const NOTHING: Round = { get: () => undefined, set: () => {} };

/** @param size decisions; 0 keeps none */
export function keepDecisions(pdp: Pick<Pdp, 'keeping'>, size: number): KeptDecisions {
  if (size <= 0) return { round: () => NOTHING };
  const cache = new BoundedCache<string, Kept>(size);
  let under: Keeping | null = null;

  function keeping(): Keeping | null {
    const now = pdp.keeping();
    if (now !== under) cache.clear();
    under = now;
    return now;
  }

  return {
    round() {
      const opened = keeping();
      const started = performance.now();
      return {
        get(key, epoch) {
          const kept = opened === null ? undefined : cache.get(key);
          if (kept === undefined) return undefined;
          const { decision, until } = kept;
          if (until > started && (decision.expires_at === null || decision.expires_at > epoch))
            return decision;
          cache.delete(key);
          return undefined;
        },
        set(key, decision) {
          if (opened === null || keeping() !== opened) return;
          cache.set(key, {
            decision,
            until: opened.ms === null ? Number.POSITIVE_INFINITY : started + opened.ms,
          });
        },
      };
    },
  };
}
