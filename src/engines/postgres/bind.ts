/** Parameters as the server takes them: numbers and booleans with their type, texts as literals are, whose type the query says. */
import type { ParamValue } from '../../sql/stages.ts';

export interface BoundValue {
  /** OID of the type, `0` where the server decides by the context. */
  readonly type: string;
  readonly value: string | Buffer | null;
}

const UNKNOWN = '0';
const OID = {
  boolean: '16',
  bytea: '17',
  int8: '20',
  int4: '23',
  float8: '701',
  booleans: '1000',
  int8s: '1016',
  float8s: '1022',
  numeric: '1700',
} as const;

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Bytes are keys of masks. */
export function bindValue(value: ParamValue | Uint8Array): BoundValue {
  if (value === null) return { type: UNKNOWN, value: null };
  switch (typeof value) {
    case 'string':
      return { type: UNKNOWN, value };
    case 'boolean':
      return { type: OID.boolean, value: value ? 't' : 'f' };
    case 'number':
      return bindNumber(value);
    case 'bigint': {
      const fits = value <= INT64_MAX && value >= INT64_MIN;
      return { type: fits ? OID.int8 : OID.numeric, value: value.toString() };
    }
    default:
      if (value instanceof Uint8Array) return { type: OID.bytea, value: Buffer.from(value) };
      return bindList(value);
  }
}

function bindNumber(value: number): BoundValue {
  if (Object.is(value, -0)) return { type: OID.float8, value: '-0' };
  if (value === (value | 0)) return { type: OID.int4, value: String(value) };
  return { type: Number.isSafeInteger(value) ? OID.int8 : OID.float8, value: String(value) };
}

/** A list of one kind keeps it; anything else becomes texts. */
function bindList(items: readonly (string | number | boolean)[]): BoundValue {
  const some = items.length > 0;
  if (some && items.every((item) => typeof item === 'boolean'))
    return { type: OID.booleans, value: `{${items.map((item) => (item ? 't' : 'f')).join()}}` };
  if (some && items.every((item) => Number.isSafeInteger(item)))
    return { type: OID.int8s, value: `{${items.join()}}` };
  if (some && items.every((item) => typeof item === 'number'))
    return { type: OID.float8s, value: `{${items.join()}}` };
  return { type: UNKNOWN, value: `{${items.map((item) => quoteItem(String(item))).join()}}` };
}

function quoteItem(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
