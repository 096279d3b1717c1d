/** Remembers tokens that were proven, by their hash, for as long as both they and their issuer's keys count. */
import { hash } from 'node:crypto';
import { BoundedCache } from '../cache.ts';

interface Entry<T> {
  readonly proven: T;
  /** Epoch milliseconds. */
  readonly until: number;
}

export class VerifiedTokens<T> {
  readonly #entries: BoundedCache<string, Entry<T>>;

  constructor(capacity: number) {
    this.#entries = new BoundedCache(capacity);
  }

  get(token: string, now: number): T | undefined {
    const key = keyOf(token);
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.until) return entry?.proven;
    this.#entries.delete(key);
    return undefined;
  }

  add(token: string, proven: T, until: number): void {
    this.#entries.set(keyOf(token), { proven, until });
  }
}

/** A dump of the heap's map keys holds no token. */
function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}
