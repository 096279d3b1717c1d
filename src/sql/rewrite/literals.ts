/**
 * Which literals surely fit a type: used for constants of policies (one that does not fit is never sent) and for the
 * fence (a cast of such a literal cannot raise). Narrower than what any engine accepts; doubt says no.
 */
import type { SqlType } from '../stages.ts';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?)?$/;
const OFFSET = /(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;
const ZONED = /\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,6})?$/;
const INTERVAL = /^\d{1,4} (?:day|week|month|year|hour|minute|second|quarter)s?$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NUMBER = /^-?(\d+)(?:\.(\d+))?$/;

export function isDate(value: string): boolean {
  const parts = DATE.exec(value);
  if (parts === null) return false;
  const [year, month, day] = parts.slice(1).map(Number) as [number, number, number];
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1]!;
}

function isClock(hour: string | undefined, minute: string | undefined, second: string | undefined): boolean {
  return Number(hour ?? '0') <= 23 && Number(minute ?? '0') <= 59 && Number(second ?? '0') <= 59;
}

export function isTimestamp(value: string): boolean {
  const parts = TIMESTAMP.exec(value);
  return parts !== null && isDate(parts[1]!) && isClock(parts[2], parts[3], parts[4]);
}

export function isInterval(value: string): boolean {
  return INTERVAL.test(value);
}

/** Plain decimal notation, of a length that no engine minds. */
export function isNumber(value: string): boolean {
  return NUMBER.test(value) && value.length <= 100;
}

/** Whether the text of a literal converts to the type without an error. */
export function fits(value: string, type: SqlType): boolean {
  switch (type.family) {
    case 'text':
      return true;
    case 'integer':
      return /^-?\d+$/.test(value) && wholeFits(BigInt(value), type.bits);
    case 'decimal':
      return decimalFits(value, type);
    case 'float':
      return NUMBER.test(value) && value.length <= 18;
    case 'boolean':
      return value === 'true' || value === 'false';
    case 'date':
      return isDate(value);
    case 'time': {
      const parts = TIME.exec(value);
      return parts !== null && isClock(parts[1], parts[2], parts[3]);
    }
    case 'timestamp':
      return isTimestamp(value) && inRange(value, type);
    case 'interval':
      return isInterval(value);
    case 'uuid':
      return UUID.test(value);
    case 'timestamptz':
      return ZONED.test(value) && isTimestamp(value.replace(OFFSET, '')) && inRange(value, type);
    case 'json':
    case 'bytes':
    case 'list':
    case 'other':
    case 'unknown':
      return false;
    default:
      return type.family satisfies never;
  }
}

/** Nanoseconds reach from 1677 to 2262. */
function inRange(moment: string, { precision }: SqlType): boolean {
  const year = Number(moment.slice(0, 4));
  return precision !== 9 || (year > 1677 && year < 2262);
}

export function wholeFits(value: bigint, bits: number | undefined): boolean {
  if (bits === undefined) return false;
  const limit = 1n << BigInt(bits - 1);
  return value >= -limit && value < limit;
}

function decimalFits(value: string, type: SqlType): boolean {
  const parts = NUMBER.exec(value);
  if (parts === null || type.precision === undefined || type.scale === undefined) return false;
  const digits = parts[1]!.replace(/^0+/, '').length;
  return digits <= type.precision - type.scale && (parts[2] ?? '').length <= type.scale;
}
