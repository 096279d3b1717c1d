/** Texts, JSON documents, blobs, UUIDs, enums, and the rare types that the driver's own reader turns to text. */
import { DuckDBVector } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { ByteWriter } from '../../../results/byte-writer.ts';
import { writeCsvText, writeJsonText } from '../../../results/text.ts';
import { StringLocator } from '../strings.ts';
import { Column, QuotedColumn, vectorBytes } from './column.ts';

const UTF8 = new TextEncoder();

/** VARCHAR; JSON too: a document stays a string, since what a file calls JSON need not be valid. */
export class TextColumn extends Column {
  private readonly strings = new StringLocator();

  protected read(vector: duckdb.Vector, count: number): void {
    this.strings.locate(vector, count, (row) => this.isNull(row));
  }

  protected write(row: number, out: ByteWriter, json: boolean): void {
    const { sources, starts, lengths } = this.strings;
    const quote = json ? writeJsonText : writeCsvText;
    quote(out, sources[row]!, starts[row]!, lengths[row]!);
  }
}

/** BLOB in base64. */
export class BlobColumn extends QuotedColumn {
  private readonly strings = new StringLocator();

  protected read(vector: duckdb.Vector, count: number): void {
    this.strings.locate(vector, count, (row) => this.isNull(row));
  }

  protected format(row: number, out: ByteWriter): void {
    const source = this.strings.sources[row]!;
    const start = source.byteOffset + this.strings.starts[row]!;
    out.ascii(Buffer.from(source.buffer, start, this.strings.lengths[row]!).toString('base64'));
  }
}

/** Stored as a 128-bit integer whose sign bit is flipped, so that it sorts like its text. */
export class UuidColumn extends QuotedColumn {
  private view = new DataView(new ArrayBuffer(0));

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 16);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, count * 16);
  }

  protected format(row: number, out: ByteWriter): void {
    const at = row * 16;
    const high = this.view.getBigUint64(at + 8, true) ^ 0x8000000000000000n;
    const hex =
      high.toString(16).padStart(16, '0') + this.view.getBigUint64(at, true).toString(16).padStart(16, '0');
    const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
    out.ascii(parts.join('-'));
  }
}

export class EnumColumn extends Column {
  private codes: Uint8Array | Uint16Array | Uint32Array = new Uint8Array(0);
  private readonly labels: readonly Uint8Array[];

  constructor(type: duckdb.LogicalType) {
    super();
    const size = duckdb.enum_dictionary_size(type);
    this.labels = Array.from({ length: size }, (_, i) => UTF8.encode(duckdb.enum_dictionary_value(type, i)));
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const size = this.labels.length;
    const view = size <= 0xff ? Uint8Array : size <= 0xffff ? Uint16Array : Uint32Array;
    const bytes = vectorBytes(vector, count, view.BYTES_PER_ELEMENT);
    this.codes = new view(bytes.buffer, bytes.byteOffset, count);
  }

  protected write(row: number, out: ByteWriter, json: boolean): void {
    const label = this.labels[this.codes[row]!]!;
    (json ? writeJsonText : writeCsvText)(out, label, 0, label.length);
  }
}

/** BIT, BIGNUM, GEOMETRY, VARIANT and what comes later: the driver's value, as the text it gives itself. */
export class DriverTextColumn extends Column {
  private values: DuckDBVector | null = null;

  protected read(vector: duckdb.Vector, count: number): void {
    this.values = DuckDBVector.create(vector, count);
  }

  protected write(row: number, out: ByteWriter, json: boolean): void {
    const text = UTF8.encode(String(this.values?.getItem(row)));
    (json ? writeJsonText : writeCsvText)(out, text, 0, text.length);
  }
}

/** The type of a bare NULL: no row has a value. */
export class NullColumn extends Column {
  override isNull(): boolean {
    return true;
  }

  protected read(): void {}

  protected write(): void {}
}
