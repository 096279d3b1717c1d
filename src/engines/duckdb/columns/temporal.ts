/** Dates, times, timestamps and intervals, in ISO 8601. */
import type duckdb from '@duckdb/node-bindings';
import type { ByteWriter } from '../../../results/byte-writer.ts';
import {
  MICROS_PER_DAY,
  writeDate,
  writeDuration,
  writeMicrosOfDay,
  writeOffset,
  writeTimeOfDay,
} from '../../../results/temporal.ts';
import { QuotedColumn, vectorBytes } from './column.ts';

const TWO_32 = 4_294_967_296;
const INFINITE = 9_223_372_036_854_775_807n;
const INFINITE_DAYS = 2_147_483_647;

export class DateColumn extends QuotedColumn {
  private days = new Int32Array(0);

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 4);
    this.days = new Int32Array(bytes.buffer, bytes.byteOffset, count);
  }

  protected format(row: number, out: ByteWriter): void {
    const days = this.days[row]!;
    if (Math.abs(days) === INFINITE_DAYS) out.ascii(days > 0 ? 'infinity' : '-infinity');
    else writeDate(out, days);
  }
}

/** TIME in microseconds, TIME_NS in nanoseconds. */
export class TimeColumn extends QuotedColumn {
  private view = new DataView(new ArrayBuffer(0));
  private readonly width: 6 | 9;

  constructor(width: 6 | 9) {
    super();
    this.width = width;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 8);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, count * 8);
  }

  protected format(row: number, out: ByteWriter): void {
    // A day has fewer than 2^53 nanoseconds.
    const units = this.view.getUint32(row * 8 + 4, true) * TWO_32 + this.view.getUint32(row * 8, true);
    const perSecond = this.width === 6 ? 1_000_000 : 1_000_000_000;
    const seconds = Math.floor(units / perSecond);
    writeTimeOfDay(out, seconds, units - seconds * perSecond, this.width);
  }
}

/** 40 bits of microseconds, then 24 bits of 57599 minus the offset in seconds. */
export class TimeTzColumn extends QuotedColumn {
  private view = new DataView(new ArrayBuffer(0));

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 8);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, count * 8);
  }

  protected format(row: number, out: ByteWriter): void {
    const bits = this.view.getBigUint64(row * 8, true);
    writeMicrosOfDay(out, Number(bits >> 24n));
    writeOffset(out, 57_599 - Number(bits & 0xffffffn));
  }
}

/** Every TIMESTAMP; `perSecond` is the unit of the stored count. With `zone` it is an instant, written in UTC. */
export class TimestampColumn extends QuotedColumn {
  private view = new DataView(new ArrayBuffer(0));
  private readonly perSecond: 1 | 1000 | 1_000_000 | 1_000_000_000;
  private readonly zone: boolean;

  constructor(perSecond: 1 | 1000 | 1_000_000 | 1_000_000_000, zone: boolean) {
    super();
    this.perSecond = perSecond;
    this.zone = zone;
  }

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 8);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, count * 8);
  }

  protected format(row: number, out: ByteWriter): void {
    const at = row * 8;
    const high = this.view.getInt32(at + 4, true);
    if (this.perSecond !== 1_000_000 || high >= 2_097_152 || high < -2_097_152) {
      this.formatExact(this.view.getBigInt64(at, true), out);
      return;
    }
    const micros = high * TWO_32 + this.view.getUint32(at, true);
    const days = Math.floor(micros / MICROS_PER_DAY);
    writeDate(out, days);
    out.byte(84);
    writeMicrosOfDay(out, micros - days * MICROS_PER_DAY);
    if (this.zone) out.byte(90);
  }

  private formatExact(value: bigint, out: ByteWriter): void {
    if (value === INFINITE || value === -INFINITE) {
      out.ascii(value > 0n ? 'infinity' : '-infinity');
      return;
    }
    const perDay = BigInt(this.perSecond) * 86_400n;
    let days = value / perDay;
    let rest = value % perDay;
    if (rest < 0n) {
      rest += perDay;
      days -= 1n;
    }
    const unitsOfDay = Number(rest);
    const seconds = Math.floor(unitsOfDay / this.perSecond);
    const fraction = unitsOfDay - seconds * this.perSecond;
    writeDate(out, Number(days));
    out.byte(84);
    writeTimeOfDay(
      out,
      seconds,
      fraction,
      this.perSecond === 1000 ? 3 : this.perSecond === 1_000_000_000 ? 9 : 6,
    );
    if (this.zone) out.byte(90);
  }
}

export class IntervalColumn extends QuotedColumn {
  private view = new DataView(new ArrayBuffer(0));

  protected read(vector: duckdb.Vector, count: number): void {
    const bytes = vectorBytes(vector, count, 16);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, count * 16);
  }

  protected format(row: number, out: ByteWriter): void {
    const at = row * 16;
    const micros = this.view.getBigInt64(at + 8, true);
    writeDuration(out, this.view.getInt32(at, true), this.view.getInt32(at + 4, true), micros);
  }
}
