/** Typed reads out of an artifact's JSON: strict on what is asked for, blind to the rest; every error names the JSON path. */
import { SluiceError } from '../errors.ts';

export type ArtifactCode = 'manifest_invalid' | 'catalog_invalid';
export type Json = Readonly<Record<string, unknown>>;

/** Where in the artifact; spelled out only when something is wrong. */
export interface At {
  readonly code: ArtifactCode;
  readonly up: At | null;
  readonly key: string;
}

export const rootOf = (code: ArtifactCode): At => ({ code, up: null, key: '' });
export const at = (up: At, key: string): At => ({ code: up.code, up, key });

/** `nodes["model.shop.orders"].columns.email.tags`. */
export function pathOf(place: At): string {
  if (place.up === null) return place.code === 'manifest_invalid' ? 'manifest' : 'catalog';
  const above = place.up.up === null ? '' : pathOf(place.up);
  if (/^[A-Za-z_]\w*$/.test(place.key)) return above === '' ? place.key : `${above}.${place.key}`;
  return /^\d+$/.test(place.key) ? `${above}[${place.key}]` : `${above}[${JSON.stringify(place.key)}]`;
}

export function fail(place: At, problem: string, hint?: string): never {
  const path = pathOf(place);
  throw new SluiceError(place.code, `${path}: ${problem}`, {
    hint: hint ?? 'Build the artifact again with dbt; Sluice reads what dbt wrote, unchanged.',
    details: [path],
  });
}

const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : value === undefined
      ? 'missing'
      : Array.isArray(value)
        ? 'a list'
        : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function asObject(value: unknown, place: At): Json {
  if (isObject(value)) return value;
  return fail(place, `must be an object, is ${kindOf(value)}`);
}

/** The object under a key; null where the key is absent or null. */
export function objectIn(parent: Json, key: string, place: At): Json | null {
  const value = parent[key];
  if (value === undefined || value === null) return null;
  return isObject(value) ? value : asObject(value, at(place, key));
}

export function textIn(parent: Json, key: string, place: At): string {
  const value = parent[key];
  if (typeof value === 'string' && value !== '') return value;
  return fail(at(place, key), `must be a text, is ${value === '' ? 'empty' : kindOf(value)}`);
}

/** Null where the key is absent, null or empty. */
export function textOrNullIn(parent: Json, key: string, place: At): string | null {
  const value = parent[key];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string') return value;
  return fail(at(place, key), `must be a text, is ${kindOf(value)}`);
}

/** One text or a list of them; numbers are taken as they are written. */
export function textsIn(parent: Json, key: string, place: At): readonly string[] {
  const value = parent[key];
  if (value === undefined || value === null) return NONE;
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return fail(at(place, key), `must be a list of texts, is ${kindOf(value)}`);
  if (value.length === 0) return NONE;
  return value.map((item: unknown, index) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'number') return String(item);
    return fail(at(at(place, key), String(index)), `must be a text, is ${kindOf(item)}`);
  });
}

const NONE: readonly string[] = Object.freeze([]);
