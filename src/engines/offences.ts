/** Principals whose queries cost the engine its process: after a few in a short time they must wait, since every loss hurts the others. */
import { SluiceError } from '../errors.ts';

const WINDOW_MS = 60_000;
const TOLERATED = 3;

export class Offences {
  /** Times of the losses, newest last; entries of the past are dropped as others are added. */
  private readonly losses = new Map<string, number[]>();

  /** `now` in milliseconds, from any clock that only goes forward. */
  blame(principal: string, now: number): void {
    for (const [other, times] of this.losses) {
      if (now - (times.at(-1) ?? 0) > WINDOW_MS) this.losses.delete(other);
    }
    const recent = (this.losses.get(principal) ?? []).filter((time) => now - time <= WINDOW_MS);
    this.losses.set(principal, [...recent, now].slice(-TOLERATED));
  }

  /** @throws SluiceError too_many_queries */
  check(principal: string, now: number): void {
    const times = this.losses.get(principal) ?? [];
    const oldest = times[0];
    if (oldest === undefined || times.length < TOLERATED || now - oldest > WINDOW_MS) return;
    throw new SluiceError('too_many_queries', undefined, {
      hint: 'Queries of yours could not be stopped and cost the engine a restart; ask for less of it.',
      retryAfter: Math.ceil((WINDOW_MS - (now - oldest)) / 1000),
    });
  }
}
