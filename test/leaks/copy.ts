/**
 * The physically governed copy, computed here from the rules as they are documented: hidden rows deleted, hidden columns
 * dropped, masked columns rewritten. Shares no code with the rewriter, nor with anything else under src but types.
 */
import { createHmac } from 'node:crypto';
import type { AttributeValue, Identity } from '../../src/identity/identity.ts';
import type { MaskSpec, Predicate, ScalarOperand } from '../../src/policies/policy.ts';
import { ordering, type Scalar } from './ordering.ts';
import type { CataloguedColumn, Cell, Row, WorldColumn, WorldDataset } from './world.ts';

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
    dataset.hidden.includes(column.name) ? [] : [{ column, i, mask: dataset.masks[column.name] }],
  );
  return {
    columns: shown.map(({ column, mask }) => ({ name: column.name, type: shownType(column, mask) })),
    rows: rows
      .filter((row) => isVisible(dataset, row, identity))
      .map((row) =>
        shown.map(({ column, i, mask }) =>
          mask === undefined ? row[i]! : masked(column, row[i]!, mask, dataset.id, key),
        ),
      ),
  };
}

export function isVisible(dataset: WorldDataset, row: Row, identity: Identity): boolean {
  return dataset.filters.every((filter) => holds(filter, dataset, row, identity) === true);
}

const INTEGERS = /^(TINYINT|SMALLINT|INTEGER|BIGINT)$/;
export const isText = (type: string): boolean => /^(VARCHAR(\(\d+\))?|TEXT)$/.test(type);

/** A hashed integer needs 63 bits, and what stands for a text may be longer than it. */
function shownType(column: WorldColumn, mask: MaskSpec | undefined): string {
  if (mask === undefined) return column.type;
  if (isText(column.type)) return 'TEXT';
  return mask.kind === 'hash' && INTEGERS.test(column.type) ? 'BIGINT' : column.type;
}

/** What a caller sees in the place of one value. */
export function masked(
  column: WorldColumn,
  value: Cell,
  mask: MaskSpec,
  datasetId: string,
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
      return value === null ? null : hashed(column.type, value, mask.scope, datasetId, key);
    case 'partial':
      return value === null || !isText(column.type) ? null : partly(value, mask.first, mask.last, mask.with);
    default:
      return mask satisfies never;
  }
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

function hashed(
  type: string,
  value: string,
  scope: 'global' | 'dataset',
  datasetId: string,
  key: Uint8Array,
): Cell {
  const own = scope === 'global' ? key : createHmac('sha256', key).update(`dataset:${datasetId}`).digest();
  const digest = createHmac('sha256', own).update(value, 'utf8').digest();
  if (isText(type)) return digest.toString('hex');
  if (type === 'UUID') {
    const hex = digest.subarray(0, 16).toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }
  return INTEGERS.test(type) ? String(digest.readBigUInt64BE() / 2n) : null;
}

function partly(value: string, first: number, last: number, fill: string): string {
  const points = Array.from(value);
  const reveal = points.length >= 2 * (first + last);
  const character = Array.from(fill)[0] ?? '*';
  return points
    .map((point, i) => (reveal && (i < first || i >= points.length - last) ? point : character))
    .join('');
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
