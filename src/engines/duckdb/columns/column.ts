/** One result column whose cells are written straight from DuckDB's vector memory; pointed at each chunk in turn by `load`. */
import duckdb from '@duckdb/node-bindings';
import type { ByteWriter } from '../../../results/byte-writer.ts';
import type { Cells } from '../../../results/rows.ts';

/** The chunk of a loaded vector must be kept alive until the next `load`: the views point into its memory. */
export abstract class Column implements Cells {
  private validity: Uint8Array | null = null;

  load(vector: duckdb.Vector, count: number): void {
    // The binding gives null where no row is NULL, though its types do not say so.
    const validity: Uint8Array | null = duckdb.vector_get_validity(vector, Math.ceil(count / 64) * 8);
    this.validity = validity;
    this.read(vector, count);
  }

  isNull(row: number): boolean {
    return this.validity !== null && (this.validity[row >> 3]! & (1 << (row & 7))) === 0;
  }

  json(row: number, out: ByteWriter): void {
    if (this.isNull(row)) out.ascii('null');
    else this.write(row, out, true);
  }

  csv(row: number, out: ByteWriter): void {
    if (!this.isNull(row)) this.write(row, out, false);
  }

  protected abstract read(vector: duckdb.Vector, count: number): void;
  /** `json`: a JSON value; otherwise a CSV field. The row is not NULL. */
  protected abstract write(row: number, out: ByteWriter, json: boolean): void;
}

/** Writes by `format` what needs no escaping, in quotes where JSON wants a string. */
export abstract class QuotedColumn extends Column {
  protected write(row: number, out: ByteWriter, json: boolean): void {
    if (json) out.byte(34);
    this.format(row, out);
    if (json) out.byte(34);
  }

  /** Plain ASCII without quotes, commas or line ends. */
  protected abstract format(row: number, out: ByteWriter): void;
}

/** The raw memory of a fixed-width vector. */
export function vectorBytes(vector: duckdb.Vector, count: number, width: number): Uint8Array<ArrayBuffer> {
  return duckdb.vector_get_data(vector, count * width) as Uint8Array<ArrayBuffer>;
}
