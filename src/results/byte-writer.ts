/** A growing buffer that encoders write UTF-8 bytes into without building strings; what is written stays until `take`. */

const TWO_DIGITS = Uint8Array.from(
  { length: 200 },
  (_, i) => 48 + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10),
);

/** A lifetime: one writer serves one result and hands out its buffer again and again. */
export class ByteWriter {
  bytes: Uint8Array<ArrayBuffer>;
  position = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(new ArrayBuffer(capacity));
  }

  /** Makes room for `count` more bytes; the `put…` methods below expect it to have been called. */
  reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    const grown = new Uint8Array(new ArrayBuffer(Math.max(this.bytes.length * 2, this.position + count)));
    grown.set(this.bytes.subarray(0, this.position));
    this.bytes = grown;
  }

  /** The written part; the writer goes on with a fresh buffer, so the part is the caller's. */
  take(capacity: number): Uint8Array<ArrayBuffer> {
    const part = this.bytes.subarray(0, this.position);
    this.bytes = new Uint8Array(new ArrayBuffer(capacity));
    this.position = 0;
    return part;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  /** Text known to hold nothing above U+007F. */
  ascii(text: string): void {
    const length = text.length;
    this.reserve(length);
    const bytes = this.bytes;
    let at = this.position;
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i);
    this.position = at;
  }

  copy(source: Uint8Array, start: number, length: number): void {
    this.reserve(length);
    const bytes = this.bytes;
    let at = this.position;
    if (length > 64) {
      bytes.set(source.subarray(start, start + length), at);
      at += length;
    } else {
      for (let i = 0; i < length; i++) bytes[at++] = source[start + i]!;
    }
    this.position = at;
  }

  /** A whole number within ±(2^53 - 1). */
  integer(value: number): void {
    this.reserve(20);
    let rest = value;
    if (rest < 0) {
      this.bytes[this.position++] = 45;
      rest = -rest;
    }
    if (rest < 1_000_000_000) {
      this.digits(rest, countDigits(rest));
      return;
    }
    const high = Math.floor(rest / 1_000_000_000);
    this.digits(high, countDigits(high));
    this.digits(rest - high * 1_000_000_000, 9);
  }

  /** A non-negative whole number below 2^53, left-padded with zeros to `width` (its digits must fit). */
  digits(value: number, width: number): void {
    this.reserve(width);
    const bytes = this.bytes;
    let at = this.position + width;
    this.position = at;
    let left = width;
    let rest = value;
    while (rest > 0x3fffffff) {
      const quotient = Math.floor(rest / 10);
      bytes[--at] = 48 + (rest - quotient * 10);
      rest = quotient;
      left--;
    }
    let small = rest | 0;
    while (left >= 2) {
      const quotient = (small / 100) | 0;
      const pair = (small - quotient * 100) << 1;
      bytes[--at] = TWO_DIGITS[pair + 1]!;
      bytes[--at] = TWO_DIGITS[pair]!;
      small = quotient;
      left -= 2;
    }
    if (left === 1) bytes[--at] = 48 + small;
  }
}

function countDigits(value: number): number {
  let width = 1;
  let limit = 10;
  while (value >= limit) {
    width++;
    limit *= 10;
  }
  return width;
}
