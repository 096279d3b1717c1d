/** Dates, times and durations in ISO 8601, from the numbers engines keep; years outside 0..9999 are signed with six digits at least. */
import type { ByteWriter } from './byte-writer.ts';

export const MICROS_PER_DAY = 86_400_000_000;
const PLUS = 43;
const DASH = 45;
const COLON = 58;
const DOT = 46;

/** Days since 1970-01-01, in the proleptic Gregorian calendar (the civil-from-days algorithm of H. Hinnant). */
export function writeDate(out: ByteWriter, days: number): void {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra =
    ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36_524) | 0) - ((dayOfEra / 146_096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const shiftedMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * shiftedMonth + 2) / 5) | 0) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);

  out.reserve(16);
  writeYear(out, year);
  out.byte(DASH);
  out.digits(month, 2);
  out.byte(DASH);
  out.digits(day, 2);
}

/** Astronomical: the year before 1 is 0. Engines' dates go to seven digits. */
export function writeYear(out: ByteWriter, year: number): void {
  if (year >= 0 && year <= 9999) {
    out.digits(year, 4);
    return;
  }
  out.byte(year < 0 ? DASH : PLUS);
  out.digits(Math.abs(year), Math.abs(year) > 999_999 ? 7 : 6);
}

/** `fraction` counts units of 10^-width seconds below one second; none is written when it is zero. */
export function writeTimeOfDay(out: ByteWriter, seconds: number, fraction: number, width: 3 | 6 | 9): void {
  const hours = (seconds / 3600) | 0;
  const minutes = ((seconds - hours * 3600) / 60) | 0;
  out.reserve(20);
  out.digits(hours, 2);
  out.byte(COLON);
  out.digits(minutes, 2);
  out.byte(COLON);
  out.digits(seconds - hours * 3600 - minutes * 60, 2);
  if (fraction === 0) return;
  out.byte(DOT);
  // Nanoseconds that are whole microseconds are written as such.
  if (width === 9 && fraction % 1000 === 0) out.digits(fraction / 1000, 6);
  else out.digits(fraction, width);
}

export function writeMicrosOfDay(out: ByteWriter, micros: number): void {
  const seconds = Math.floor(micros / 1_000_000);
  writeTimeOfDay(out, seconds, micros - seconds * 1_000_000, 6);
}

export function writeTimestamp(out: ByteWriter, days: number, microsOfDay: number): void {
  writeDate(out, days);
  out.byte(84);
  writeMicrosOfDay(out, microsOfDay);
}

/** `+02:00`, with seconds only where the offset has them. */
export function writeOffset(out: ByteWriter, seconds: number): void {
  const size = Math.abs(seconds);
  out.byte(seconds < 0 ? DASH : PLUS);
  out.digits(Math.floor(size / 3600), 2);
  out.byte(COLON);
  out.digits(Math.floor(size / 60) % 60, 2);
  if (size % 60 === 0) return;
  out.byte(COLON);
  out.digits(size % 60, 2);
}

/** ISO 8601 duration with a sign on each part, since an interval of months, days and microseconds has three. */
export function writeDuration(out: ByteWriter, months: number, days: number, micros: bigint): void {
  const years = Math.trunc(months / 12);
  const parts = [unit(years, 'Y'), unit(months - years * 12, 'M'), unit(days, 'D')].join('');
  const seconds = micros / 1_000_000n;
  const fraction = micros % 1_000_000n;
  const clock = [
    unit(seconds / 3600n, 'H'),
    unit((seconds % 3600n) / 60n, 'M'),
    secondsPart(seconds % 60n, fraction),
  ];
  const time = clock.join('');
  if (parts === '' && time === '') out.ascii('PT0S');
  else out.ascii(`P${parts}${time === '' ? '' : `T${time}`}`);
}

function unit(amount: number | bigint, letter: string): string {
  return Number(amount) === 0 ? '' : `${amount}${letter}`;
}

function secondsPart(seconds: bigint, fraction: bigint): string {
  if (fraction === 0n) return unit(seconds, 'S');
  const sign = seconds < 0n || fraction < 0n ? '-' : '';
  const size = (amount: bigint): bigint => (amount < 0n ? -amount : amount);
  return `${sign}${size(seconds)}.${size(fraction).toString().padStart(6, '0').replace(/0+$/, '')}S`;
}
