/**
 * The physically governed copy, computed here from the rules as they are documented: hidden rows deleted, hidden columns
 * dropped, masked columns rewritten. Shares no code with the rewriter, nor with anything else under src but types.
 */
import { createHmac } from 'node:crypto';
import type { AttributeValue, Identity } from '../../src/identity/identity.ts';
import type { HashScope, MaskSpec, Predicate, ScalarOperand } from '../../src/policies/policy.ts';
import { type Kind, reference } from '../conformance/mask-reference.ts';
import { LISTED, NOW } from './listed.ts';
import { ordering, type Scalar } from './ordering.ts';
import {
  type CataloguedColumn,
  type Cell,
  maskPolicy,
  type Row,
  TOKEN_KEY,
  type WorldColumn,
  type WorldDataset,
} from './world.ts';

export interface Copy {
  readonly columns: readonly CataloguedColumn[];
  readonly rows: readonly Row[];
}

export function copyOf(
  dataset: WorldDataset,
  rows: readonly Row[],
  identity: Identity,
  key: Uint8Array,
): Copy {
  const shown = dataset.columns.flatMap((column, i) =>
    dataset.hidden.includes(column.name) ? [] : [{ column, i }],
  );
  return {
    columns: shown.map(({ column }) => ({ name: column.name, type: shownType(column, dataset) })),
    rows: rows
      .filter((row) => isVisible(dataset, row, identity))
      .map((row) => shown.map(({ column, i }) => shownValue(dataset, column, row, row[i]!, identity, key))),
  };
}

/** What a caller sees of one value of a row. */
function shownValue(
  dataset: WorldDataset,
  column: WorldColumn,
  row: Row,
  value: Cell,
  identity: Identity,
  key: Uint8Array,
): Cell {
  const { name } = column;
  const some = Object.hasOwn(dataset.conditional ?? {}, name) ? dataset.conditional?.[name] : undefined;
  if (some !== undefined && holds(some.where, dataset, row, identity) !== false)
    return masked(column, value, some.mask, dataset, maskPolicy(dataset, `some-${name}`), key);
  const mask = Object.hasOwn(dataset.masks, name) ? dataset.masks[name] : undefined;
  return mask === undefined
    ? value
    : masked(column, value, mask, dataset, maskPolicy(dataset, `mask-${name}`), key);
}

export function isVisible(dataset: WorldDataset, row: Row, identity: Identity): boolean {
  return dataset.filters.every((filter) => holds(filter, dataset, row, identity) === true);
}

const INTEGERS = /^(TINYINT|SMALLINT|INTEGER|BIGINT)$/;
export const isText = (type: string): boolean => /^(VARCHAR(\(\d+\))?|TEXT)$/.test(type);

/** A hashed integer needs 63 bits, and what stands for a text may be longer than it. */
function shownType(column: WorldColumn, { masks, conditional = {} }: WorldDataset): string {
  const { name, type } = column;
  const made = [masks, conditional].flatMap((one) => (Object.hasOwn(one, name) ? [one[name]!] : []));
  if (made.length === 0) return type;
  if (isText(type)) return 'TEXT';
  const hashes = made.some((one) => ('mask' in one ? one.mask : one).kind === 'hash');
  return hashes && INTEGERS.test(type) ? 'BIGINT' : type;
}

/** What a caller sees in the place of one value. */
export function masked(
  column: WorldColumn,
  value: Cell,
  mask: MaskSpec,
  dataset: WorldDataset,
  policy: string,
  key: Uint8Array,
): Cell {
  switch (mask.kind) {
    case 'hide':
      throw new Error('hidden columns are dropped, not masked');
    case 'null':
      return null;
    case 'constant':
      return constantFits(column.type, mask.value) ? String(mask.value) : null;
    case 'hash':
      return value === null ? null : hashed(column.type, value, mask.scope, dataset.id, key);
    default: {
      const secrets = { hash: key, token: TOKEN_KEY, policy, datasetId: dataset.id };
      const kind = kindOf(column.type);
      return reference(
        mask,
        kind,
        value === null ? null : inUtc(value, kind),
        secrets,
        CUSTOM[customOf(mask)]?.meaning,
      );
    }
  }
}

const customOf = (mask: MaskSpec): string => (mask.kind === 'custom' ? mask.expression : '');

/** Expressions of worlds.ts, each with its meaning. */
export const CUSTOM: Readonly<Record<string, { readonly meaning: Parameters<typeof reference>[4] }>> = {
  "upper(left(value, 2)) || '…'": {
    meaning: (value, { family }) =>
      value === null || family !== 'text'
        ? undefined
        : `${Array.from(value)
            .slice(0, 2)
            .join('')
            .replace(/[a-z]/g, (letter) => letter.toUpperCase())}…`,
  },
  "coalesce(replace(value, 'a', ''), 'none')": {
    meaning: (value, { family }) =>
      family !== 'text' ? undefined : value === null ? 'none' : value.replaceAll('a', ''),
  },
  'case when value > 3 then value * 2 - 1 else 0 end': {
    meaning: (value, { family, bits = 0 }) => {
      if (family !== 'integer' || bits > 64) return undefined;
      const shown = value !== null && BigInt(value) > 3n ? BigInt(value) * 2n - 1n : 0n;
      return shown < 2n ** BigInt(bits - 1) ? String(shown) : undefined;
    },
  },
  'not value': {
    meaning: (value, { family }) =>
      family === 'boolean' && value !== null ? String(value !== 'true') : undefined,
  },
};

const BITS: Readonly<Record<string, number>> = {
  TINYINT: 8,
  SMALLINT: 16,
  INTEGER: 32,
  BIGINT: 64,
  HUGEINT: 128,
};

function kindOf(type: string): Kind {
  if (isText(type)) return { family: 'text' };
  const bits = BITS[type];
  if (bits !== undefined) return { family: 'integer', bits };
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined)
    return { family: 'decimal', precision: Number(precision), scale: Number(scale) };
  const plain: Readonly<Record<string, Kind['family']>> = {
    DECIMAL: 'decimal',
    DOUBLE: 'float',
    'DOUBLE PRECISION': 'float',
    REAL: 'float',
    BOOLEAN: 'boolean',
    DATE: 'date',
    TIMESTAMP: 'timestamp',
    TIMESTAMPTZ: 'timestamptz',
    UUID: 'uuid',
  };
  return { family: plain[type] ?? 'other' };
}

function inUtc(value: string, { family }: Kind): string {
  if (family !== 'timestamptz' || !/^\d{4}-.*[+-]\d\d$/.test(value)) return value;
  const at = new Date(`${value.replace(' ', 'T')}:00`);
  return `${at.toISOString().slice(0, 19).replace('T', ' ')}+00`;
}

/** Decided for the constants that worlds.ts makes, each of which plainly fits or plainly does not. */
function constantFits(type: string, value: string | number | boolean): boolean {
  if (typeof value === 'boolean') return type === 'BOOLEAN';
  if (typeof value === 'number') {
    const bits = { TINYINT: 8, SMALLINT: 16, INTEGER: 32, BIGINT: 64 }[type];
    if (bits !== undefined) return Number.isInteger(value) && Math.abs(value) < 2 ** (bits - 1);
    // Without a precision nothing is sure to fit.
    if (type.startsWith('DECIMAL(')) return Math.abs(value) < 1e6 && Number.isInteger(value * 100);
    return /^(DOUBLE( PRECISION)?|REAL)$/.test(type);
  }
  if (isText(type)) return true;
  if (type === 'DATE') return /^\d{4}-\d{2}-\d{2}$/.test(value);
  return type === 'UUID' && /^[0-9a-f-]{36}$/.test(value);
}

function hashed(type: string, value: string, scope: HashScope, datasetId: string, key: Uint8Array): Cell {
  const own = scope === 'global' ? key : createHmac('sha256', key).update(`dataset:${datasetId}`).digest();
  const digest = createHmac('sha256', own).update(value, 'utf8').digest();
  if (isText(type)) return digest.toString('hex');
  if (type === 'UUID') {
    const hex = digest.subarray(0, 16).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
  return INTEGERS.test(type) ? String(digest.readBigUInt64BE() / 2n) : null;
}

/** SQL's three values. */
type Truth = boolean | null;

function holds(predicate: Predicate, dataset: WorldDataset, row: Row, identity: Identity): Truth {
  const value = (operand: ScalarOperand): Operand => operandOf(operand, dataset, row, identity);
  switch (predicate.kind) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'not':
      return negate(holds(predicate.arg, dataset, row, identity));
    case 'and': {
      const parts = predicate.args.map((arg) => holds(arg, dataset, row, identity));
      return parts.includes(false) ? false : parts.includes(null) ? null : true;
    }
    case 'or':
      return either(predicate.args.map((arg) => holds(arg, dataset, row, identity)));
    case 'compare':
      if (predicate.right.kind === 'now')
        return sinceThen(predicate.op, value(predicate.left), predicate.right);
      return compared(predicate.op, value(predicate.left), value(predicate.right));
    case 'in': {
      const left = value(predicate.left);
      return either(predicate.values.map((item) => compared('=', left, value(item))));
    }
    case 'any': {
      const left = value(predicate.left);
      const items = listAt(predicate.list.path, identity);
      if (items.length === 0) return null;
      return either(items.map((item) => compared('=', left, { type: null, value: item })));
    }
    case 'is_null': {
      const { type, value: found } = value(predicate.arg);
      if (type === null && found === null) return null;
      return (found === null) !== predicate.negated;
    }
    case 'lookup': {
      const left = value(predicate.left);
      const { where, column } = predicate;
      const type = LISTED.columns.find(({ name }) => name === column)!.type;
      return either(
        LISTED.rows
          .filter((one) => where === null || holds(where, LISTED, one, identity) === true)
          .map((one) =>
            compared('=', left, {
              type,
              value: one[LISTED.columns.findIndex(({ name }) => name === column)]!,
            }),
          ),
      );
    }
    case 'like': {
      const { value: found } = value(predicate.left);
      if (found === null) return null;
      const matches = like(String(found), predicate.pattern);
      return predicate.negated ? !matches : matches;
    }
    default:
      return predicate satisfies never;
  }
}

const negate = (truth: Truth): Truth => (truth === null ? null : !truth);
const either = (parts: readonly Truth[]): Truth =>
  parts.includes(true) ? true : parts.includes(null) ? null : false;

interface Operand {
  /** The column's type; null for a value that the policy or the identity brings. */
  readonly type: string | null;
  readonly value: Scalar | null;
}

function operandOf(operand: ScalarOperand, dataset: WorldDataset, row: Row, identity: Identity): Operand {
  switch (operand.kind) {
    case 'column': {
      const at = dataset.columns.findIndex((column) => column.name.toLowerCase() === operand.name);
      const column = dataset.columns[at];
      if (column === undefined) throw new Error(`no column ${operand.name}`);
      return { type: column.type, value: row[at] ?? null };
    }
    case 'literal':
      return { type: null, value: operand.value };
    case 'now':
      throw new Error('now() stands on the right');
    case 'identity': {
      const found = claim(operand.path, identity);
      const missing = found === undefined || found === '' || Array.isArray(found);
      return { type: null, value: missing ? null : (found as Scalar) };
    }
    default:
      return operand satisfies never;
  }
}

function claim(path: readonly string[], identity: Identity): AttributeValue | undefined {
  const [first, name = ''] = path;
  if (first === 'attributes') return identity.attributes[name];
  return first === 'sub' ? identity.sub : first === 'groups' ? identity.groups : undefined;
}

function listAt(path: readonly string[], identity: Identity): readonly Scalar[] {
  const found = claim(path, identity);
  if (found === undefined) return [];
  const items = (Array.isArray(found) ? found : [found]) as readonly Scalar[];
  return items.filter((item) => item !== '');
}

function compared(op: string, left: Operand, right: Operand): Truth {
  if (left.value === null || right.value === null) return null;
  const type = left.type ?? right.type;
  const sign = type === null ? plain(left.value, right.value) : ordering(type, left.value, right.value);
  if (sign === null) return null;
  switch (op) {
    case '=':
      return sign === 0;
    case '<>':
      return sign !== 0;
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    default:
      return sign >= 0;
  }
}

/** A day against a moment within a day: the day has begun before it, or not yet. */
function sinceThen(
  op: string,
  { value }: Operand,
  { months, days }: Extract<ScalarOperand, { kind: 'now' }>,
): Truth {
  if (value === null) return null;
  const moment = new Date(NOW);
  // No month lacks the fifteenth.
  moment.setUTCMonth(moment.getUTCMonth() + months);
  moment.setUTCDate(moment.getUTCDate() + days);
  const begun = ordering('DATE', value, moment.toISOString().slice(0, 10));
  if (begun === null) return null;
  return op.startsWith('<') ? begun <= 0 : begun > 0;
}

/** Two values, no column: of one kind, or unknown. */
function plain(left: Scalar, right: Scalar): number | null {
  if (typeof left !== typeof right) return null;
  return left === right ? 0 : left < right ? -1 : 1;
}

/** `%` and `_`, with a backslash before what stands for itself. */
function like(value: string, pattern: string): boolean {
  const regex = Array.from(pattern.matchAll(/\\([\s\S])|%|_|[\s\S]/gu), ([part, escaped]) => {
    if (escaped === undefined && part === '%') return '[\\s\\S]*';
    if (escaped === undefined && part === '_') return '[\\s\\S]';
    return (escaped ?? part).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  return new RegExp(`^${regex.join('')}$`, 'u').test(value);
}
