/** Reading another product's policies: every key that is looked at is ticked off, so that none is passed over in silence. */

export type Json = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a text, or a number that YAML made of one, says; null for anything else. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string' && value.trim() !== '') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** A name as such, or as an object with a name: both forms are in use. */
export function nameOf(value: unknown): string | null {
  return isRecord(value) ? textOf(value.name) : textOf(value);
}

export const listOf = (value: unknown): readonly unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

/** One object that is being read. Lives as long as that takes. */
export class Reading {
  readonly #value: Json;
  readonly #seen = new Set<string>();

  constructor(value: unknown) {
    this.#value = isRecord(value) ? value : {};
  }

  get(key: string): unknown {
    this.#seen.add(key);
    return Object.hasOwn(this.#value, key) ? this.#value[key] : undefined;
  }

  /** Keys that say something and that nobody asked for. */
  unread(): readonly string[] {
    return Object.entries(this.#value)
      .filter(([key, value]) => !this.#seen.has(key) && !saysNothing(value))
      .map(([key]) => key);
  }
}

export function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
