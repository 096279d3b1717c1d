/** A circuit breaker before the OPA server: after so many failures in a row nobody waits for it any more, and one call now and then tries. */
import { BrokenCircuitError, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import type { BreakerState } from './observation.ts';

export interface BreakerOptions {
  /** Calls in a row that must fail before it opens. */
  readonly failures: number;
  /** Milliseconds for which it stays open before a call tries again. */
  readonly openMs: number;
  readonly onState: (state: BreakerState, error?: unknown) => void;
}

export interface Breaker {
  /** @throws CircuitOpen at once while it is open, and whatever the call throws */
  run<T>(call: () => Promise<T>): Promise<T>;
}

export class CircuitOpen extends Error {
  /** Seconds until a call tries again. */
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super('the OPA server failed time and again: it is left alone for a while');
    this.name = 'CircuitOpen';
    this.retryAfter = retryAfter;
  }
}

export function createBreaker({ failures, openMs, onState }: BreakerOptions): Breaker {
  const policy = circuitBreaker(handleAll, {
    halfOpenAfter: openMs,
    breaker: new ConsecutiveBreaker(failures),
  });
  let openedAt = 0;
  policy.onBreak((reason) => {
    openedAt = performance.now();
    onState('open', 'error' in reason ? reason.error : undefined);
  });
  policy.onHalfOpen(() => onState('half_open'));
  policy.onReset(() => onState('closed'));
  return {
    async run(call) {
      try {
        return await policy.execute(call);
      } catch (thrown) {
        if (!(thrown instanceof BrokenCircuitError)) throw thrown;
        throw new CircuitOpen(Math.max(1, Math.ceil((openedAt + openMs - performance.now()) / 1000)));
      }
    },
  };
}
