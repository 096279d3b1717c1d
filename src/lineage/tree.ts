/** The parser's tree, of which nothing is believed but its shape: an expression is an object with one key, its kind. */

export type Fields = Readonly<Record<string, unknown>>;

export interface Kinded {
  readonly kind: string;
  readonly fields: Fields;
}

/** What could not be read: the node's lineage is unknown then, with this reason. */
export class Unreadable extends Error {}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null where it is no expression. */
export function kinded(value: unknown): Kinded | null {
  if (!isFields(value)) return null;
  const keys = Object.keys(value);
  const [kind] = keys;
  if (kind === undefined || keys.length !== 1) return null;
  const fields = value[kind];
  return isFields(fields) ? { kind, fields } : null;
}

export function expected(value: unknown): Kinded {
  const found = kinded(value);
  if (found === null) throw new Unreadable('its SQL holds something that is no expression');
  return found;
}

export const listIn = (fields: Fields, key: string): readonly unknown[] => {
  const value = fields[key];
  return Array.isArray(value) ? value : [];
};

/** The lower-case name of an identifier, or of a bare text; null where there is none. */
export function nameOf(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : fold(value);
  if (!isFields(value) || typeof value.name !== 'string' || value.name === '') return null;
  return fold(value.name);
}

export const namesIn = (fields: Fields, key: string): readonly string[] =>
  listIn(fields, key).flatMap((one) => nameOf(one) ?? []);

/** Lineage compares without case everywhere: two columns that differ in case alone share their tags, and none is lost. */
export const fold = (name: string): string => name.toLowerCase();
