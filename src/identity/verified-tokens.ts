/** Remembers tokens that were proven, by their hash, for as long as both they and their issuer's keys count. */
import { hash } from 'node:crypto';
import type { Identity } from './identity.ts';

interface Entry {
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** Bounded; the one unused for longest goes first. */
export class VerifiedTokens {
  readonly #entries = new Map<string, Entry>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  get(token: string, now: number): Identity | undefined {
    const key = keyOf(token);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (now >= entry.until) return undefined;
    this.#entries.set(key, entry);
    return entry.identity;
  }

  add(token: string, identity: Identity, until: number): void {
    this.#entries.set(keyOf(token), { identity, until });
    if (this.#entries.size <= this.#size) return;
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}

/** A dump of the heap's map keys holds no token. */
function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}
