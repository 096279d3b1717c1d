/** Numbers as text that reads back to the same value: shortest floats, exact decimals, big integers as JSON strings. */
import type { ByteWriter } from './byte-writer.ts';

const QUOTE = 34;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/** JSON readers keep integers within ±(2^53 - 1) only; larger ones travel as strings. */
export function writeBigInteger(out: ByteWriter, value: bigint, json: boolean): void {
  const quoted = json && (value > 9_007_199_254_740_991n || value < -9_007_199_254_740_991n);
  if (quoted) out.byte(QUOTE);
  out.ascii(value.toString());
  if (quoted) out.byte(QUOTE);
}

/** Shortest text of a double; NaN and the infinities, which JSON lacks, are quoted there. */
export function writeDouble(out: ByteWriter, value: number, json: boolean): void {
  if (!Number.isFinite(value)) {
    writeNonFinite(out, value, json);
    return;
  }
  if (!writeShortDecimal(out, value, false)) out.ascii(Object.is(value, -0) ? '-0' : String(value));
}

/** Shortest text that reads back to the same single-precision value. */
export function writeFloat(out: ByteWriter, value: number, json: boolean): void {
  if (!Number.isFinite(value)) {
    writeNonFinite(out, value, json);
    return;
  }
  if (writeShortDecimal(out, value, true)) return;
  for (let precision = 6; precision < 9; precision++) {
    const candidate = Number(value.toPrecision(precision));
    if (Math.fround(candidate) === value) {
      out.ascii(Object.is(value, -0) ? '-0' : String(candidate));
      return;
    }
  }
  out.ascii(String(Number(value.toPrecision(9))));
}

/**
 * Most measured values have few decimals: n / 10^k is correctly rounded, so when it gives the value back, those digits
 * are its text, and with at most 15 of them and the least k, the shortest one.
 */
function writeShortDecimal(out: ByteWriter, value: number, single: boolean): boolean {
  const size = Math.abs(value);
  if (size >= 1e9 || (size < 1e-6 && size !== 0) || Object.is(value, -0)) return false;
  const most = single ? 4 : 6;
  for (let scale = 0; scale <= most; scale++) {
    const power = POWERS[scale]!;
    const scaled = Math.round(size * power);
    const back = scaled / power;
    if ((single ? Math.fround(back) : back) !== size) continue;
    if (single && scaled > 9_999_999) return false;
    if (value < 0) out.byte(45);
    const whole = Math.floor(scaled / power);
    out.integer(whole);
    if (scale > 0) {
      out.byte(46);
      out.digits(scaled - whole * power, scale);
    }
    return true;
  }
  return false;
}

function writeNonFinite(out: ByteWriter, value: number, json: boolean): void {
  if (json) out.byte(QUOTE);
  out.ascii(Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');
  if (json) out.byte(QUOTE);
}

/** `unscaled / 10^scale` without quotes; `unscaled` is within ±(2^53 - 1) and `scale` at most 15. */
export function writeDecimal(out: ByteWriter, unscaled: number, scale: number): void {
  if (scale === 0) {
    out.integer(unscaled);
    return;
  }
  const size = Math.abs(unscaled);
  if (unscaled < 0) out.byte(45);
  const power = POWERS[scale]!;
  const whole = Math.floor(size / power);
  out.integer(whole);
  out.byte(46);
  out.digits(size - whole * power, scale);
}

export function writeBigDecimal(out: ByteWriter, unscaled: bigint, scale: number): void {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  if (negative) out.byte(45);
  out.ascii(digits.slice(0, digits.length - scale));
  if (scale === 0) return;
  out.byte(46);
  out.ascii(digits.slice(digits.length - scale));
}
