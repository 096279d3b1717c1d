/** Reads claims by path and type; a claim of a type that would have to be guessed at is refused or left out, never converted. */
import type { JWTPayload } from 'jose';
import type { ClaimPath } from '../config/identity-schema.ts';
import { SluiceError } from '../errors.ts';
import type { AttributeValue } from './identity.ts';

/** The value at a path, undefined where any part is missing. Only own keys count, so that `constructor` finds nothing. */
export function readClaim(payload: JWTPayload, path: ClaimPath): unknown {
  return partsOf(path).reduce<unknown>(
    (at, part) =>
      at !== null && typeof at === 'object' && !Array.isArray(at) && Object.hasOwn(at, part)
        ? (at as Record<string, unknown>)[part]
        : undefined,
    payload,
  );
}

function partsOf(path: ClaimPath): readonly string[] {
  if (typeof path !== 'string') return path;
  // A namespaced claim (`https://example.com/groups`) is one key, although it holds dots.
  return /^https?:\/\//.test(path) ? [path] : path.split('.');
}

/** For messages: names the claim as the configuration does, never its value. */
export function showClaim(path: ClaimPath): string {
  return typeof path === 'string' ? path : path.join(' > ');
}

/**
 * A list of texts; empty where the claim is missing or null.
 * Anything else is refused: one misread group can satisfy a `not` that it should have failed.
 */
export function readList(payload: JWTPayload, path: ClaimPath): readonly string[] {
  const value = readClaim(payload, path);
  if (value === undefined || value === null) {
    refuseOverage(payload, path);
    return [];
  }
  if (!isTextList(value)) throw unusable(path, 'must be a list of texts');
  return [...new Set(value)];
}

/** As `readList`, or one text separated by spaces (RFC 8693 section 4.2). */
export function readScopes(payload: JWTPayload, path: ClaimPath): readonly string[] {
  const value = readClaim(payload, path);
  if (typeof value !== 'string') return readList(payload, path);
  return [...new Set(value.split(' ').filter((scope) => scope !== ''))];
}

export function readText(payload: JWTPayload, path: ClaimPath): string | null {
  const value = readClaim(payload, path);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Undefined where the value cannot be used: the attribute is then unknown to policies, and unknown releases nothing. */
export function readAttribute(payload: JWTPayload, path: ClaimPath): AttributeValue | undefined {
  const value = readClaim(payload, path);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (isExactNumber(value)) return value;
  if (!Array.isArray(value)) return undefined;
  const items: unknown[] = value;
  const usable = items.filter((item) => typeof item === 'string' || isExactNumber(item));
  return usable.length === items.length ? usable : undefined;
}

/** Whole numbers beyond 2^53 were already rounded when the token was parsed: they may name someone else. */
function isExactNumber(value: unknown): value is number {
  return (
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!Number.isInteger(value) || Number.isSafeInteger(value))
  );
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/**
 * A provider that has too many groups for a token sends a pointer instead (`_claim_names`, OpenID Connect Core 5.6.2).
 * Reading that as "no groups" would satisfy every `not: { group: … }`.
 */
function refuseOverage(payload: JWTPayload, path: ClaimPath): void {
  const first = partsOf(path)[0];
  const names = payload._claim_names;
  const distributed =
    first !== undefined && names !== null && typeof names === 'object' && Object.hasOwn(names, first);
  if (distributed || (first === 'groups' && payload.hasgroups === true)) {
    throw unusable(
      path,
      'was left out of the token because it is too long; let the provider send fewer entries',
    );
  }
}

function unusable(path: ClaimPath, problem: string): SluiceError {
  return new SluiceError('token_claims', `The claim ${showClaim(path)} ${problem}`);
}
