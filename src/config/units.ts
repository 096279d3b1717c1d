/** Durations and byte sizes as people write them; loaded values are milliseconds and bytes. */
import { z } from 'zod';

const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/;
const SIZE = /^(\d+(?:\.\d+)?) ?([KMGT]i?B|B)$/;
const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

/** Milliseconds of `500ms`, `30s`, `5m`, `8h`, `7d`; null for anything else. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS]);
}

/** Bytes of `512KB`, `64MiB`, `2GB`; null for anything else. */
export function parseSize(text: string): number | null {
  const match = SIZE.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * BYTES[match[2] as keyof typeof BYTES]);
}

interface Bounds {
  readonly least: string;
  readonly most: string;
}

/** A duration in the file: a text with a unit, or a number of seconds; milliseconds once loaded. */
export function duration(bounds: Bounds) {
  return quantity({
    title: 'duration',
    pattern: DURATION,
    parse: (given) => (typeof given === 'number' ? Math.round(given * 1_000) : parseDuration(given)),
    expected: `must be a duration such as 500ms, 30s, 5m, 8h, 7d or a number of seconds, from ${bounds.least} to ${bounds.most}`,
    least: parseDuration(bounds.least) ?? 0,
    most: parseDuration(bounds.most) ?? Number.MAX_SAFE_INTEGER,
  });
}

/** A size in the file: a text with a unit, or a number of bytes; bytes once loaded. */
export function size(bounds: Bounds) {
  return quantity({
    title: 'size',
    pattern: SIZE,
    parse: (given) => (typeof given === 'number' ? given : parseSize(given)),
    expected: `must be a size such as 256KiB, 64MB, 2GB or a number of bytes, from ${bounds.least} to ${bounds.most}`,
    least: parseSize(bounds.least) ?? 0,
    most: parseSize(bounds.most) ?? Number.MAX_SAFE_INTEGER,
  });
}

interface Quantity {
  readonly title: string;
  readonly pattern: RegExp;
  readonly parse: (given: string | number) => number | null;
  readonly expected: string;
  readonly least: number;
  readonly most: number;
}

function quantity({ title, pattern, parse, expected, least, most }: Quantity) {
  return z
    .union([z.string().regex(pattern, { error: expected }), z.number()], { error: expected })
    .transform((given, context) => {
      const value = parse(given);
      if (value !== null && Number.isInteger(value) && value >= least && value <= most) return value;
      context.addIssue({ code: 'custom', message: expected });
      return z.NEVER;
    })
    .meta({ title });
}
