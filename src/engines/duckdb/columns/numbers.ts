/** Booleans, integers of every width, decimals and floats. */
import duckdb from '@duckdb/node-bindings';
import type { ByteWriter } from '../../../results/byte-writer.ts';
import {
  writeBigDecimal,
  writeBigInteger,
  writeDecimal,
  writeDouble,
  writeFloat,
} from '../../../results/numbers.ts';
import { Column, QuotedColumn, vectorBytes } from './column.ts';

const TWO_32 = 4_294_967_296;
/** High words within which a 64-bit integer is exact as a double: ±(2^53 - 1). */
const SAFE_HIGH = 2_097_152;

export class BooleanColumn extends Column {
  private values = new Uint8Array(0);

  protected read(vector: duckdb.Vector, count: number): void {
    this.values = vectorBytes(vector, count, duckdb.sizeof_bool);
  }

  protected write(row: number, out: ByteWriter): void {
    out.ascii(this.values[row * duckdb.sizeof_bool] === 0 ? 'false' : 'true');
  }
}

type SmallIntegers = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
type ViewOf<T> = new (buffer: ArrayBuffer, offset: number, length: number) => T;

/** Integers of up to 32 bits. */
export class IntegerColumn extends Column {
  private values: SmallIntegers = new Int32Array(0);
  private readonly view: ViewOf<SmallIntegers> & { readonly BYTES_PER_ELEMENT: number };

  constructor(view: ViewOf<SmallIntegers> & { readonly BYTES_PER_ELEMENT: number }) {
    super();
    this.view = view;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, this.view.BYTES_PER_ELEMENT);
    this.values = new this.view(bytes.buffer, bytes.byteOffset, count);
  }

  protected write(row: number, out: ByteWriter): void {
    out.integer(this.values[row]!);
  }
}

/** BIGINT and UBIGINT: by words, since a BigInt for each cell is slow; beyond ±(2^53 - 1) as strings in JSON. */
export class LongColumn extends Column {
  private low = new Uint32Array(0);
  private high: Int32Array | Uint32Array = new Int32Array(0);
  private readonly signed: boolean;

  constructor(signed: boolean) {
    super();
    this.signed = signed;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 8);
    this.low = new Uint32Array(bytes.buffer, bytes.byteOffset, count * 2);
    this.high = new (this.signed ? Int32Array : Uint32Array)(bytes.buffer, bytes.byteOffset, count * 2);
  }

  protected write(row: number, out: ByteWriter, json: boolean): void {
    const high = this.high[row * 2 + 1]!;
    const low = this.low[row * 2]!;
    if (high < SAFE_HIGH && high >= -SAFE_HIGH && !(high === -SAFE_HIGH && low === 0)) {
      out.integer(high * TWO_32 + low);
    } else {
      writeBigInteger(out, (BigInt(high) << 32n) | BigInt(low), json);
    }
  }
}

/** HUGEINT and UHUGEINT. */
export class HugeColumn extends Column {
  private view = new DataView(new ArrayBuffer(0));
  private readonly signed: boolean;

  constructor(signed: boolean) {
    super();
    this.signed = signed;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 16);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, count * 16);
  }

  protected write(row: number, out: ByteWriter, json: boolean): void {
    writeBigInteger(out, readHuge(this.view, row * 16, this.signed), json);
  }
}

export function readHuge(view: DataView, offset: number, signed: boolean): bigint {
  const low = view.getBigUint64(offset, true);
  const high = signed ? view.getBigInt64(offset + 8, true) : view.getBigUint64(offset + 8, true);
  return (high << 64n) | low;
}

/** DECIMAL of any width: exact, and a string in JSON, whose readers would round it. */
export class DecimalColumn extends QuotedColumn {
  private view = new DataView(new ArrayBuffer(0));
  private readonly scale: number;
  private readonly width: 2 | 4 | 8 | 16;

  constructor(type: duckdb.LogicalType) {
    super();
    this.scale = duckdb.decimal_scale(type);
    const digits = duckdb.decimal_width(type);
    this.width = digits <= 4 ? 2 : digits <= 9 ? 4 : digits <= 18 ? 8 : 16;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, this.width);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, count * this.width);
  }

  protected format(row: number, out: ByteWriter): void {
    const at = row * this.width;
    switch (this.width) {
      case 2:
        writeDecimal(out, this.view.getInt16(at, true), this.scale);
        return;
      case 4:
        writeDecimal(out, this.view.getInt32(at, true), this.scale);
        return;
      case 8: {
        const high = this.view.getInt32(at + 4, true);
        const exact = high < SAFE_HIGH && high > -SAFE_HIGH && this.scale <= 15;
        if (exact) writeDecimal(out, high * TWO_32 + this.view.getUint32(at, true), this.scale);
        else writeBigDecimal(out, this.view.getBigInt64(at, true), this.scale);
        return;
      }
      case 16:
        writeBigDecimal(out, readHuge(this.view, at, true), this.scale);
        return;
      default:
        this.width satisfies never;
    }
  }
}

export class FloatColumn extends Column {
  private values: Float32Array | Float64Array = new Float64Array(0);
  private readonly single: boolean;

  constructor(single: boolean) {
    super();
    this.single = single;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, this.single ? 4 : 8);
    this.values = new (this.single ? Float32Array : Float64Array)(bytes.buffer, bytes.byteOffset, count);
  }

  protected write(row: number, out: ByteWriter, json: boolean): void {
    if (this.single) writeFloat(out, this.values[row]!, json);
    else writeDouble(out, this.values[row]!, json);
  }
}
