/**
 * What each mask shows, computed here from the words of the documentation alone, to hold the engines' SQL against. Values
 * are texts as PostgreSQL writes them; null is NULL. Shares no code with src.
 */
import { createHash, createHmac } from 'node:crypto';
import type { MaskSpec } from '../../src/policies/policy.ts';

export interface Kind {
  readonly family:
    | 'text'
    | 'integer'
    | 'decimal'
    | 'float'
    | 'boolean'
    | 'date'
    | 'timestamp'
    | 'timestamptz'
    | 'uuid'
    | 'other';
  readonly bits?: number;
  readonly precision?: number;
  readonly scale?: number;
}

export interface Secrets {
  readonly hash: Uint8Array;
  readonly token: { readonly id: string; readonly secret: Uint8Array };
  readonly policy: string;
  readonly datasetId: string;
}

type Shown = string | null;

/** @param custom what the expression of a custom mask means */
export function reference(
  mask: MaskSpec,
  kind: Kind,
  value: Shown,
  secrets: Secrets,
  custom: (value: Shown, kind: Kind) => Shown | undefined = () => undefined,
): Shown {
  if (mask.kind === 'custom') return custom(value, kind) ?? null;
  if (mask.kind === 'constant') return constantFor(mask.value, kind);
  if (value === null) return null;
  switch (mask.kind) {
    case 'hide':
      throw new Error('a hidden column shows nothing');
    case 'null':
      return null;
    case 'hash':
      return hashed(value, kind, mask.scope === 'global' ? secrets.hash : derived(secrets));
    case 'tokenise':
      return kind.family === 'text' ? token(value, mask.scope, secrets) : null;
    case 'regex':
      return kind.family === 'text' ? replaced(value, mask) : null;
    case 'partial':
      if (kind.family !== 'text') return null;
      return 'format' in mask ? formatted(value, mask.format, mask.with) : ends(value, mask);
    case 'bucket':
      return 'boundaries' in mask
        ? boundary(value, mask.boundaries, kind)
        : steps(value, mask.width, mask.origin, kind, 'down');
    case 'round':
      return steps(value, mask.to, 0, kind, 'nearest');
    case 'truncate_date':
      return truncated(value, mask.to, kind);
    default:
      return mask satisfies never;
  }
}

function constantFor(
  value: string | number | boolean,
  { family, bits = 0, precision = 0, scale = 0 }: Kind,
): Shown {
  const text = String(value);
  switch (family) {
    case 'text':
      return typeof value === 'string' ? text : null;
    case 'boolean':
      return typeof value === 'boolean' ? text : null;
    case 'integer':
      return /^-?\d+$/.test(text) && bits <= 64 && Math.abs(Number(text)) < 2 ** (bits - 1) ? text : null;
    case 'decimal':
      if (typeof value === 'boolean' || precision === 0 || !/^-?\d+(\.\d+)?$/.test(text)) return null;
      return Math.abs(Number(text)) < 10 ** (precision - scale) ? Number(text).toFixed(scale) : null;
    case 'float':
      return typeof value !== 'boolean' && /^-?\d+(\.\d+)?$/.test(text) ? text : null;
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(text) ? text : null;
    case 'timestamp':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(text) ? `${text} 00:00:00` : null;
    default:
      return null;
  }
}

const derived = ({ hash, datasetId }: Secrets): Uint8Array =>
  createHmac('sha256', hash).update(`dataset:${datasetId}`).digest();

function hashed(value: string, { family, bits = 64 }: Kind, key: Uint8Array): Shown {
  if (bits > 64) return null;
  const digest = createHmac('sha256', key).update(value).digest();
  const hex = digest.toString('hex');
  if (family === 'text') return hex;
  if (family === 'integer') return String(digest.readBigUInt64BE() / 2n);
  return family === 'uuid'
    ? hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    : null;
}

/** HMAC by the book, out of SHA-256. */
function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  const sha = (...bytes: readonly Uint8Array[]): Buffer =>
    createHash('sha256').update(Buffer.concat(bytes)).digest();
  const block = Buffer.alloc(64);
  block.set(key.length > 64 ? sha(key) : key);
  const inner = sha(
    block.map((byte) => byte ^ 0x36),
    ...parts,
  );
  return sha(
    block.map((byte) => byte ^ 0x5c),
    inner,
  );
}

function token(
  value: string,
  scope: 'policy' | 'dataset',
  { token: key, policy, datasetId }: Secrets,
): Shown {
  const plain = Buffer.from(value);
  if (plain.length > 255) return null;
  const domain = JSON.stringify([policy, scope === 'dataset' ? datasetId : null]);
  const own = (use: string): Buffer => hmac(key.secret, Buffer.from(`tokenise ${use} ${domain}`));
  const padded = [...plain, 0x80];
  while (padded.length % 32 !== 0) padded.push(0);
  const iv = hmac(own('iv'), plain).subarray(0, 16);
  const stream = Array.from({ length: padded.length / 32 }, (_, i) => [
    ...hmac(own('stream'), iv, Buffer.of(i)),
  ]).flat();
  const cipher = Buffer.from(padded.map((byte, i) => byte ^ stream[i]!));
  return `tok_${key.id}_${iv.toString('hex')}${cipher.toString('hex')}`;
}

function replaced(
  value: string,
  { pattern, replace, unmatched }: Extract<MaskSpec, { kind: 'regex' }>,
): Shown {
  const js = new RegExp(pattern, 'gsu');
  if (!js.test(value)) return unmatched === 'keep' ? value : null;
  return value.replace(new RegExp(pattern, 'gsu'), () => replace);
}

function ends(
  value: string,
  { first, last, with: fill }: { first: number; last: number; with: string },
): string {
  const points = [...value];
  const enough = points.length >= 2 * (first + last);
  return points
    .map((point, i) => (enough && (i < first || i >= points.length - last) ? point : fill))
    .join('');
}

const SHAPES = {
  email: /^[^@\t-\r ]+@[^@\t-\r ]+\.[A-Za-z]{2,24}$/u,
  phone: /^\+?([ ()./-]*[0-9]){8,15}$/u,
  card: /^[0-9]([ -]?[0-9]){11,18}$/u,
  iban: /^[A-Za-z]{2}[0-9]{2}( ?[A-Za-z0-9]){11,30}$/u,
} as const;

function formatted(value: string, format: keyof typeof SHAPES, fill: string): string {
  const points = [...value];
  const hidden = points.map(() => fill).join('');
  if (!SHAPES[format].test(value)) return hidden;
  const [covered, kept, first] = {
    email: [/[^@]/u, value.length - value.lastIndexOf('.'), 1],
    phone: [/[0-9]/, lastOf(value, /[0-9]/), 0],
    card: [/[0-9]/, lastOf(value, /[0-9]/), 0],
    iban: [/[A-Za-z0-9]/, lastOf(value, /[A-Za-z0-9]/), 2],
  }[format] as [RegExp, number, number];
  // An `@` shows as well.
  const mark = format === 'email' ? 1 : 0;
  if (points.length < 2 * (kept + first + mark)) return hidden;
  return points
    .map((point, i) => (i < first || i >= points.length - kept || !covered.test(point) ? point : fill))
    .join('');
}

/** How long the end is that holds the last four. */
function lastOf(value: string, one: RegExp): number {
  let found = 0;
  for (let i = value.length - 1; i >= 0; i--)
    if (one.test(value[i]!) && ++found === 4) return value.length - i;
  return 0;
}

interface Scaled {
  readonly of: (text: string) => bigint;
  readonly write: (scaled: bigint) => string;
  readonly most: bigint;
  readonly least: bigint;
}

function scaledBy(digits: number, most: bigint, least: bigint, shown = digits): Scaled {
  return {
    of(text) {
      const [whole = '0', part = ''] = text.replace('-', '').split('.');
      const size = BigInt(whole + part.padEnd(digits, '0').slice(0, digits));
      return text.startsWith('-') ? -size : size;
    },
    write(scaled) {
      const sign = scaled < 0n ? '-' : '';
      const text = String(scaled < 0n ? -scaled : scaled).padStart(digits + 1, '0');
      const [whole, part] = [text.slice(0, text.length - digits), text.slice(text.length - digits)];
      return `${sign}${whole}${shown === 0 ? '' : `.${part.slice(0, shown)}`}`;
    },
    most,
    least,
  };
}

const digitsOf = (number: number): number => String(number).split('.')[1]?.length ?? 0;

/** Null where the mask does not fit the type. */
function exact({ family, bits, precision, scale }: Kind, step: number, origin: number): Scaled | null {
  const shown = Math.max(digitsOf(step), digitsOf(origin));
  if (family === 'integer') {
    const limit = 2n ** BigInt(bits! - 1);
    if (
      !Number.isInteger(step) ||
      !Number.isInteger(origin) ||
      step <= 1 ||
      step >= 2 ** (Math.min(bits!, 64) - 1)
    )
      return null;
    return scaledBy(0, limit - 1n, -limit);
  }
  if (precision === undefined || scale === undefined) return scaledBy(20, 10n ** 50n, -(10n ** 50n), shown);
  if (shown > scale || step <= 10 ** -scale || step * 3 >= 10 ** (precision - scale)) return null;
  return scaledBy(scale, 10n ** BigInt(precision) - 1n, 1n - 10n ** BigInt(precision));
}

function steps(value: string, step: number, origin: number, kind: Kind, which: 'down' | 'nearest'): Shown {
  if (kind.family === 'float') return floatSteps(Number(value), step, origin, which);
  if (kind.family !== 'integer' && kind.family !== 'decimal') return null;
  const scaled = exact(kind, step, origin);
  if (scaled === null || /[NI]/i.test(value)) return null;
  const [v, w, o] = [scaled.of(value), scaled.of(String(step)), scaled.of(String(origin))];
  const floor = (a: bigint): bigint => (a >= 0n ? a / w : -((-a + w - 1n) / w));
  const size = v < 0n ? -v : v;
  const nearest = ((2n * size + w) / (2n * w)) * w;
  const result = which === 'down' ? floor(v - o) * w + o : v < 0n ? -nearest : nearest;
  return result > scaled.most || result < scaled.least ? null : scaled.write(result);
}

function floatSteps(value: number, step: number, origin: number, which: 'down' | 'nearest'): Shown {
  if (!(value >= -1e15 && value <= 1e15)) return null;
  const tenth = step < 1 ? Math.round(1 / step) : 0;
  const inverse = tenth > 0 && Math.abs(tenth * step - 1) < 1e-12;
  const count = (v: number): number => (inverse ? v * tenth : v / step);
  const back = (n: number): number => (inverse ? n / tenth : n * step);
  const near = (v: number): number => back(Math.floor(count(v) + 0.5));
  const tiny = Math.abs(value) < 1e-100 ? (value < 0 ? -1e-100 : 0) : value;
  if (which === 'down') return String(back(Math.floor(count(tiny - origin))) + origin);
  return String(tiny >= 0 ? near(tiny) : 0 - near(0 - tiny));
}

function boundary(
  value: string,
  boundaries: readonly number[],
  { family, bits = 0, precision, scale }: Kind,
): Shown {
  if (!['integer', 'decimal', 'float'].includes(family) || /nan/i.test(value)) return null;
  const whole = (n: number): boolean => Number.isInteger(n) && Math.abs(n) < 2 ** (Math.min(bits, 64) - 1);
  const held = (n: number): boolean =>
    family === 'integer'
      ? whole(n)
      : precision === undefined || (digitsOf(n) <= scale! && Math.abs(n) < 10 ** (precision - scale!));
  if (!boundaries.every(held)) return null;
  const number = Number(value.replace(/inf(inity)?/i, 'Infinity'));
  const found = boundaries.filter((one) => one <= number).at(-1);
  if (found === undefined) return null;
  return family === 'decimal' && scale !== undefined ? found.toFixed(scale) : String(found);
}

function truncated(value: string, to: string, { family }: Kind): Shown {
  if (family !== 'date' && family !== 'timestamp' && family !== 'timestamptz') return null;
  if (family === 'date' && (to === 'day' || to === 'hour')) return null;
  const parts = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):\d\d:\d\d(?:\.\d+)?(?:\+00)?)?$/.exec(value);
  if (parts === null) return null;
  const [year, month, day, hour] = parts.slice(1).map((part) => Number(part ?? '0')) as [
    number,
    number,
    number,
    number,
  ];
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  switch (to) {
    case 'year':
      at.setUTCMonth(0, 1);
      break;
    case 'quarter':
      at.setUTCMonth(Math.floor((month - 1) / 3) * 3, 1);
      break;
    case 'month':
      at.setUTCDate(1);
      break;
    case 'week':
      at.setUTCDate(day - ((at.getUTCDay() + 6) % 7));
      break;
    default:
  }
  const date = at.toISOString().slice(0, 10);
  if (family === 'date') return date;
  const clock = to === 'hour' ? `${String(hour).padStart(2, '0')}:00:00` : '00:00:00';
  return `${date} ${clock}${family === 'timestamptz' ? '+00' : ''}`;
}
