/** Dates and times as the server writes them (DateStyle ISO, TimeZone UTC) to ISO 8601 as every engine's are written. */
import type { ByteWriter } from '../../results/byte-writer.ts';
import { writeYear } from '../../results/temporal.ts';
import { type Format, quotedBy } from './formats.ts';

const SPACE = 32;
const PLUS = 43;
const DASH = 45;
const COLON = 58;
const T = 84;
const Z = 90;
const ZERO = 48;
/** ` BC` */
const ERA = 3;

/** `infinity` and `-infinity` have no digit where a date or an offset would. */
function isInfinite(bytes: Buffer, start: number, end: number): boolean {
  return bytes[end - 1] === 121 && (bytes[start] === 105 || bytes[start] === DASH);
}

function isBeforeChrist(bytes: Buffer, end: number): boolean {
  return bytes[end - 1] === 67;
}

/** `YYYY-MM-DD`; a year has four digits at least, and there is none called zero. */
function writeDay(bytes: Buffer, start: number, end: number, before: boolean, out: ByteWriter): void {
  const year = end - start - '-MM-DD'.length;
  if (year === 4 && !before) {
    out.copy(bytes, start, end - start);
    return;
  }
  const count = Number(bytes.toString('latin1', start, start + year));
  writeYear(out, before ? 1 - count : count);
  out.copy(bytes, start + year, end - start - year);
}

/** `HH:MM:SS[.f]`, with all six digits of a fraction. */
function writeClock(bytes: Buffer, start: number, end: number, out: ByteWriter): void {
  out.copy(bytes, start, end - start);
  if (end - start <= 8) return;
  for (let digits = end - start - 9; digits < 6; digits++) out.byte(ZERO);
}

export const date: Format = quotedBy((bytes, start, end, out) => {
  if (isInfinite(bytes, start, end)) out.copy(bytes, start, end - start);
  else if (isBeforeChrist(bytes, end)) writeDay(bytes, start, end - ERA, true, out);
  else writeDay(bytes, start, end, false, out);
});

export const time: Format = quotedBy(writeClock);

export const timestamp: Format = quotedBy((bytes, start, end, out) => writeMoment(bytes, start, end, 0, out));

/** `+00` stands for UTC, in which the session writes. */
export const timestamptz: Format = quotedBy((bytes, start, end, out) =>
  writeMoment(bytes, start, end, '+00'.length, out),
);

function writeMoment(bytes: Buffer, start: number, end: number, zone: number, out: ByteWriter): void {
  if (isInfinite(bytes, start, end)) {
    out.copy(bytes, start, end - start);
    return;
  }
  const before = isBeforeChrist(bytes, end);
  const clockEnd = end - zone - (before ? ERA : 0);
  const space = bytes.indexOf(SPACE, start);
  writeDay(bytes, start, space, before, out);
  out.byte(T);
  writeClock(bytes, space + 1, clockEnd, out);
  if (zone > 0) out.byte(Z);
}

/** `12:30:00+02` to `12:30:00+02:00`. */
export const timetz: Format = quotedBy((bytes, start, end, out) => {
  let sign = end - 1;
  while (bytes[sign] !== PLUS && bytes[sign] !== DASH) sign--;
  writeClock(bytes, start, sign, out);
  out.copy(bytes, sign, end - sign);
  if (end - sign !== 3) return;
  out.byte(COLON);
  out.byte(ZERO);
  out.byte(ZERO);
});

/** IntervalStyle iso_8601; a fraction of seconds has no zeros at its end, as elsewhere. */
export const interval: Format = quotedBy((bytes, start, end, out) => out.copy(bytes, start, end - start));
