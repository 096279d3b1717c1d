/** Sets of small numbers, compared and counted by the word: classes of identities come by the thousand. */

export class Bitset {
  readonly words: Uint32Array;

  constructor(size: number | Uint32Array) {
    this.words = typeof size === 'number' ? new Uint32Array((size + 31) >>> 5) : size;
  }

  add(number: number): void {
    this.words[number >>> 5] = (this.words[number >>> 5] ?? 0) | (1 << (number & 31));
  }

  has(number: number): boolean {
    return ((this.words[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0;
  }

  /** What both have. */
  and(other: Bitset): Bitset {
    return new Bitset(this.words.map((word, i) => word & (other.words[i] ?? 0)));
  }

  or(other: Bitset): Bitset {
    return new Bitset(this.words.map((word, i) => word | (other.words[i] ?? 0)));
  }

  /** What the other has not. */
  without(other: Bitset): Bitset {
    return new Bitset(this.words.map((word, i) => word & ~(other.words[i] ?? 0)));
  }

  equals(other: Bitset): boolean {
    return this.words.every((word, i) => word === other.words[i]);
  }

  within(other: Bitset): boolean {
    return this.words.every((word, i) => (word & ~(other.words[i] ?? 0)) === 0);
  }

  get empty(): boolean {
    return this.words.every((word) => word === 0);
  }

  /** The same for equal sets; almost never for others. */
  get hash(): number {
    let hash = 0x811c9dc5;
    for (const word of this.words) hash = Math.imul(hash ^ word ^ (word >>> 15), 0x01000193);
    return hash >>> 0;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.words.length; i += 1)
      for (let word = this.words[i] ?? 0; word !== 0; word &= word - 1)
        yield i * 32 + (31 - Math.clz32(word & -word));
  }
}
