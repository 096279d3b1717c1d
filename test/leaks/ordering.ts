/** How values of a type compare, computed from their texts; the oracle's own, so that a filter is not judged by itself. */

export type Scalar = string | number | boolean;

/** Negative, zero or positive; null where the two cannot be compared, which makes a filter unknown. */
export function ordering(type: string, left: Scalar, right: Scalar): number | null {
  const parse = parserOf(type);
  if (parse === null) return null;
  const a = parse(left);
  const b = parse(right);
  if (a === null || b === null) return null;
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return Buffer.compare(a, b);
  return a === b ? 0 : a < b ? -1 : 1;
}

type Comparable = bigint | number | Buffer;
type Parse = (value: Scalar) => Comparable | null;

function parserOf(type: string): Parse | null {
  if (/^(VARCHAR(\(\d+\))?|TEXT)$/.test(type))
    return (value) => (typeof value === 'boolean' ? null : Buffer.from(String(value)));
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT)$/.test(type)) {
    return (value) => (typeof value !== 'boolean' && /^-?\d+$/.test(String(value)) ? BigInt(value) : null);
  }
  if (type.startsWith('DECIMAL')) {
    return (value) =>
      typeof value !== 'boolean' && /^-?\d+(\.\d{1,2})?0*$/.test(String(value))
        ? Math.round(Number(value) * 100)
        : null;
  }
  if (type === 'DOUBLE' || type === 'DOUBLE PRECISION')
    return (value) => (typeof value === 'boolean' ? null : float(String(value)));
  if (type === 'BOOLEAN') {
    return (value) =>
      value === true || value === 'true' ? 1 : value === false || value === 'false' ? 0 : null;
  }
  if (type === 'DATE') return (value) => (typeof value === 'string' ? day(value) : null);
  if (type === 'UUID')
    return (value) => (typeof value === 'string' && value.length === 36 ? Buffer.from(value) : null);
  return null;
}

/** NaN is the greatest, and equal to itself. */
function float(text: string): number | null {
  if (text === 'nan') return 2 ** 1023 * 1.5;
  if (text === 'inf') return Number.MAX_VALUE / 2;
  if (text === '-inf') return -Number.MAX_VALUE;
  const number = Number(text);
  return Number.isNaN(number) ? null : number;
}

function day(text: string): number | null {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  const parts = /^(\d+)-(\d{2})-(\d{2})$/.exec(text);
  return parts === null ? null : Number(parts[1]) * 10_000 + Number(parts[2]) * 100 + Number(parts[3]);
}
