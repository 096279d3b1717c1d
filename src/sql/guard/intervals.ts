/** Reads intervals that are written out, as far as a bound on a series needs: which way they go, and how far at the least. */
import type { TypeName } from '@pgsql/types';
import { INTERVAL_FIELDS } from './types.ts';

export interface Stride {
  readonly forward: boolean;
  /** Seconds that it moves a moment by at the least, without the sign: a month may have 28 days. */
  readonly least: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SECONDS: readonly (readonly [unit: RegExp, seconds: number])[] = [
  [/^(?:us|usecs?|microseconds?)$/, 1e-6],
  [/^(?:ms|msecs?|milliseconds?)$/, 1e-3],
  [/^(?:s|secs?|seconds?)$/, 1],
  [/^(?:m|mins?|minutes?)$/, MINUTE],
  [/^(?:h|hrs?|hours?)$/, HOUR],
  [/^(?:d|days?)$/, DAY],
  [/^(?:w|weeks?)$/, 7 * DAY],
  [/^(?:mons?|months?)$/, 28 * DAY],
  [/^(?:y|yrs?|years?)$/, 365 * DAY],
  [/^(?:decs?|decades?)$/, 3650 * DAY],
  [/^(?:c|cents?|century|centuries)$/, 36_500 * DAY],
];
const PART = /\s*([+-]?)(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]+)/y;
const CLOCK = /\s*([+-]?)(\d{1,6}):(\d{1,2})(?::(\d{1,2}(?:\.\d{1,6})?))?/y;

/** Null for whatever is not plainly an interval of one direction. @param type of the cast, for `interval '1' day`. */
export function strideOf(text: string, type: TypeName | undefined): Stride | null {
  const [field] = type?.typmods ?? [];
  const mask = field !== undefined && 'A_Const' in field ? (field.A_Const.ival?.ival ?? 0) : undefined;
  const unit = mask === undefined ? '' : INTERVAL_FIELDS.get(mask);
  if (unit === undefined) return null;
  const bare = /^\s*[+-]?\d{1,9}\s*$/.test(text);
  return read((bare ? `${text.trim()} ${unit}` : text).toLowerCase());
}

function read(text: string): Stride | null {
  let at = 0;
  let least = 0;
  const signs = new Set<string>();
  const note = (sign: string | undefined, seconds: number): void => {
    least += seconds;
    if (seconds > 0) signs.add(sign === '-' ? '-' : '+');
  };
  while (text.slice(at).trim() !== '') {
    CLOCK.lastIndex = at;
    const clock = CLOCK.exec(text);
    if (clock !== null) {
      note(clock[1], Number(clock[2]) * HOUR + Number(clock[3]) * MINUTE + Number(clock[4] ?? '0'));
      at = CLOCK.lastIndex;
      continue;
    }
    PART.lastIndex = at;
    const part = PART.exec(text);
    const seconds = SECONDS.find(([unit]) => unit.test(part?.[3] ?? ''))?.[1];
    // Half a month is a number of days that the engines take from the front of it.
    if (part === null || seconds === undefined || (seconds >= 28 * DAY && part[2]!.includes('.')))
      return null;
    note(part[1], Number(part[2]) * seconds);
    at = PART.lastIndex;
  }
  return signs.size === 1 ? { forward: signs.has('+'), least } : null;
}
