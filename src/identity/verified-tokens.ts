/** Remembers tokens that were proven, by their hash, for as long as both they and their issuer's keys count. */
import { hash } from 'node:crypto';
import { BoundedCache } from '../cache.ts';
import type { Identity } from './identity.ts';

interface Entry {
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly until: number;
}

export class VerifiedTokens {
  readonly #entries: BoundedCache<string, Entry>;

  constructor(capacity: number) {
    this.#entries = new BoundedCache(capacity);
  }

  get(token: string, now: number): Identity | undefined {
    const key = keyOf(token);
    const entry = this.#entries.get(key);
    if (entry === undefined || now < entry.until) return entry?.identity;
    this.#entries.delete(key);
    return undefined;
  }

  add(token: string, identity: Identity, until: number): void {
    this.#entries.set(keyOf(token), { identity, until });
  }
}

/** A dump of the heap's map keys holds no token. */
function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}
