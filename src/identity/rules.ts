/** Whether claims are as a rule asks; a claim that is missing fulfils nothing but its absence. */
import type { JWTPayload } from 'jose';
import { SluiceError } from '../errors.ts';
import { readClaim, showClaim } from './claims.ts';
import type { ClaimRule, ClaimTest } from './providers.ts';

export function fulfils(payload: JWTPayload, rule: ClaimRule): boolean {
  return rule.some((tests) => tests.every((test) => holds(payload, test)));
}

function holds(payload: JWTPayload, test: ClaimTest): boolean {
  const value = readClaim(payload, test.claim);
  if ('present' in test && test.present !== undefined) return (value !== undefined) === test.present;
  if (value === undefined) return false;
  if ('same_as' in test && test.same_as !== undefined) return value === readClaim(payload, test.same_as);
  if ('after' in test && test.after !== undefined) {
    const other = readClaim(payload, test.claimed);
    const wanted = typeof other === 'string' ? `${test.after}${other}`.toLowerCase() : null;
    return typeof value === 'string' && value.toLowerCase() === wanted;
  }
  if ('starts_with' in test && test.starts_with !== undefined)
    return typeof value === 'string' && value.startsWith(test.starts_with);
  if ('matches' in test && test.matches !== undefined)
    return typeof value === 'string' && test.matches.test(value);
  return 'equals' in test && value === test.equals;
}

type Scalar = string | number | boolean;

/** Claims by path, each with the value, or the values one of which it must have. */
export type Required = Readonly<Record<string, Scalar | readonly Scalar[]>>;

/** @throws SluiceError token_claims, which names the claim and no value */
export function checkRequired(payload: JWTPayload, required: Required | undefined): void {
  for (const [path, accepted] of Object.entries(required ?? {})) {
    const value = readClaim(payload, path);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    const wanted: readonly unknown[] = Array.isArray(accepted) ? accepted : [accepted];
    if (!values.some((one) => wanted.includes(one)))
      throw new SluiceError(
        'token_claims',
        `The claim ${showClaim(path)} has no value that is accepted here`,
      );
  }
}
