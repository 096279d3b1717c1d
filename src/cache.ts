/** A cache that never grows beyond its capacity: what was used longest ago leaves first. */
export class BoundedCache<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #capacity: number;
  readonly #weigh: (value: Value, key: Key) => number;
  #weight = 0;

  /**
   * @param capacity what all entries may weigh together; at least 1.
   * @param weigh the same for an entry whenever it is asked; each weighs 1 without it, so that the capacity is their number.
   */
  constructor(capacity: number, weigh: (value: Value, key: Key) => number = () => 1) {
    this.#capacity = Math.max(1, capacity);
    this.#weigh = weigh;
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  /** What is heavier than the whole capacity is not kept. */
  set(key: Key, value: Value): void {
    this.delete(key);
    const weight = this.#weigh(value, key);
    if (weight > this.#capacity) return;
    this.#entries.set(key, value);
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#capacity) break;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    const value = this.#entries.get(key);
    if (value === undefined) return;
    this.#entries.delete(key);
    this.#weight -= this.#weigh(value, key);
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** Small numbers that stand for values by identity, in cache keys: two values that are not one and the same never share one. */
export class Tickets {
  readonly #numbers = new WeakMap<object, number>();
  #last = 0;

  of(value: object): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = ++this.#last;
      this.#numbers.set(value, number);
    }
    return number;
  }
}
