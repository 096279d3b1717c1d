/** Which events of a block hold a term: a list of 16-bit offsets while they are few, a bitmap beyond. */

/** Events in a block. */
export const BLOCK = 8192;

const BITMAP_BYTES = BLOCK / 8;
const WORDS = BLOCK / 32;

/** From here on the list takes as much room as the bitmap. */
const DENSE = BITMAP_BYTES / 2;

export type Bitmap = Uint32Array;

export const emptyBitmap = (): Bitmap => new Uint32Array(WORDS);

export const fullBitmap = (): Bitmap => emptyBitmap().fill(0xffffffff);

/** @param offsets rising, each once */
export function encode(offsets: readonly number[]): Uint8Array {
  if (offsets.length < DENSE) return new Uint8Array(Uint16Array.from(offsets).buffer);
  const bitmap = emptyBitmap();
  for (const offset of offsets) setBit(bitmap, offset);
  return new Uint8Array(bitmap.buffer);
}

/** Of what `encode` gave. */
export function decode(bytes: Uint8Array): Bitmap {
  // What comes from SQLite need not be aligned.
  const { buffer } = Uint8Array.from(bytes);
  if (bytes.byteLength === BITMAP_BYTES) return new Uint32Array(buffer);
  const bitmap = emptyBitmap();
  for (const offset of new Uint16Array(buffer)) setBit(bitmap, offset);
  return bitmap;
}

/** Adds offsets, rising and higher than all before, to what is there. */
export function extend(bytes: Uint8Array, offsets: readonly number[]): Uint8Array {
  return encode([...offsetsOf(decode(bytes)).reverse(), ...offsets]);
}

/** Keeps in `bitmap` what is in `other` too. */
export function keepCommon(bitmap: Bitmap, other: Bitmap): void {
  for (let word = 0; word < WORDS; word += 1) bitmap[word] = (bitmap[word] ?? 0) & (other[word] ?? 0);
}

/** Highest first. */
export function offsetsOf(bitmap: Bitmap): number[] {
  const offsets: number[] = [];
  for (let word = WORDS - 1; word >= 0; word -= 1) {
    let rest = bitmap[word] ?? 0;
    while (rest !== 0) {
      const bit = 31 - Math.clz32(rest);
      offsets.push(word * 32 + bit);
      rest = (rest & ~(1 << bit)) >>> 0;
    }
  }
  return offsets;
}

function setBit(bitmap: Bitmap, offset: number): void {
  const word = offset >>> 5;
  bitmap[word] = (bitmap[word] ?? 0) | (1 << (offset & 31));
}
