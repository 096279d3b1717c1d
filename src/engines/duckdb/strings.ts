/** Finds the bytes of a VARCHAR or BLOB vector: inlined in their slots, or behind pointers that are read in merged runs. */
import duckdb from '@duckdb/node-bindings';

/** DuckDB keeps texts of up to 12 bytes in the slot itself. */
const INLINE = 12;
const SLOT = 16;
/**
 * One native read per text costs about 0.8 µs, so texts that lie near each other are read together. A gap of less than
 * the smallest page (4 KiB) cannot hold an unmapped page: it ends in the page of a valid text on either side. The gap's
 * bytes are never looked at.
 */
const MAX_GAP = 4096;
/** Runs are read as copies; a bound keeps a scattered vector from copying much more than its texts. */
const MAX_RUN = 4 << 20;
/** A cell beyond this ends its query: the process would hold it several times over. */
export const MAX_CELL = 64 << 20;

/** Where each row's text lies; valid until the next `locate`. */
export class StringLocator {
  sources: Uint8Array[] = [];
  starts = new Float64Array(0);
  lengths = new Uint32Array(0);
  private addresses = new Float64Array(0);

  /** `isNull` guards slots whose content is undefined. */
  locate(vector: duckdb.Vector, count: number, isNull: (row: number) => boolean): void {
    this.grow(count);
    const slots = duckdb.vector_get_data(vector, count * SLOT);
    const words = new Uint32Array(slots.buffer, slots.byteOffset, count * 4);
    const long: number[] = [];
    let ascending = true;
    let last = 0;
    for (let row = 0; row < count; row++) {
      if (isNull(row)) continue;
      const length = words[row * 4]!;
      this.lengths[row] = length;
      if (length > MAX_CELL) throw new RangeError('Out of Memory Error: a value is too large to send');
      if (length <= INLINE) {
        this.sources[row] = slots;
        this.starts[row] = row * SLOT + 4;
        continue;
      }
      const address = words[row * 4 + 3]! * 4_294_967_296 + words[row * 4 + 2]!;
      this.addresses[row] = address;
      ascending &&= address >= last;
      last = address;
      long.push(row);
    }
    if (!ascending) long.sort((a, b) => this.addresses[a]! - this.addresses[b]!);
    this.readRuns(slots, long);
  }

  private readRuns(slots: Uint8Array, rows: readonly number[]): void {
    const { addresses, lengths } = this;
    let first = 0;
    while (first < rows.length) {
      const base = addresses[rows[first]!]!;
      let end = base + lengths[rows[first]!]!;
      let next = first + 1;
      for (; next < rows.length; next++) {
        const row = rows[next]!;
        const address = addresses[row]!;
        if (address - end >= MAX_GAP || address + lengths[row]! - base > MAX_RUN) break;
        end = Math.max(end, address + lengths[row]!);
      }
      const pointer = slots.byteOffset + rows[first]! * SLOT + 8;
      const run = duckdb.get_data_from_pointer(slots.buffer as ArrayBuffer, pointer, end - base);
      for (let i = first; i < next; i++) {
        const row = rows[i]!;
        this.sources[row] = run;
        this.starts[row] = addresses[row]! - base;
      }
      first = next;
    }
  }

  private grow(count: number): void {
    if (this.lengths.length >= count) return;
    this.starts = new Float64Array(count);
    this.lengths = new Uint32Array(count);
    this.addresses = new Float64Array(count);
    this.sources = new Array(count);
  }
}
