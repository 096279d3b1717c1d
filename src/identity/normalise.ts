/** Turns the claims of a verified token into the identity that the rest of the gate sees. */
import type { JWTPayload } from 'jose';
import type { IssuerConfig, ServiceRule } from '../config/identity-schema.ts';
import { SluiceError } from '../errors.ts';
import { readAttribute, readClaim, readList, readScopes, readText } from './claims.ts';
import type { Identity } from './identity.ts';

const MAX_SUBJECT = 255;

/** Throws `token_claims` where a claim that decides access cannot be read with certainty. */
export function normalise(payload: JWTPayload, issuer: IssuerConfig): Identity {
  const { sub } = payload;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT) {
    throw new SluiceError('token_claims', `The claim sub must be a text of 1 to ${MAX_SUBJECT} characters`);
  }
  const { claims } = issuer;
  const attributes = Object.entries(claims.attributes).flatMap(([name, path]) => {
    const value = readAttribute(payload, path);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    sub,
    kind: isService(payload, issuer.service) ? 'service' : 'user',
    display_name: readText(payload, claims.display_name),
    groups: readList(payload, claims.groups),
    roles: readList(payload, claims.roles),
    scopes: readScopes(payload, claims.scopes),
    attributes: Object.fromEntries(attributes),
    issuer: issuer.issuer,
  };
}

function isService(payload: JWTPayload, rule: ServiceRule): boolean {
  const value = readClaim(payload, rule.claim);
  if (rule.present !== undefined) return (value !== undefined) === rule.present;
  if (rule.same_as !== undefined) return value !== undefined && value === readClaim(payload, rule.same_as);
  if (rule.starts_with !== undefined) return typeof value === 'string' && value.startsWith(rule.starts_with);
  return value !== undefined && value === rule.equals;
}
