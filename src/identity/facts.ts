/** What the claims of a token, or of an actor in it, say of somebody, under the names that policies use. */
import type { JWTPayload } from 'jose';
import type { ClaimPath, IssuerConfig } from '../config/identity-schema.ts';
import { SluiceError } from '../errors.ts';
import { readAttribute, readClaim, readList, readScopes, readText, showClaim } from './claims.ts';
import type { Identity } from './identity.ts';
import type { Mapping } from './providers.ts';

const MAX_SUBJECT = 255;

/** @throws SluiceError token_claims */
export function readSubject(payload: JWTPayload, path: ClaimPath): string {
  const sub = readClaim(payload, path);
  // Halves of a surrogate pair are all alike once they are stored.
  if (typeof sub === 'string' && sub !== '' && sub.length <= MAX_SUBJECT && sub.isWellFormed()) return sub;
  throw new SluiceError(
    'token_claims',
    `The claim ${showClaim(path)} must be a text of 1 to ${MAX_SUBJECT} characters`,
  );
}

type Facts = Pick<Identity, 'display_name' | 'groups' | 'roles' | 'scopes' | 'attributes'>;

export function readFacts(payload: JWTPayload, { claims }: IssuerConfig, mapping: Mapping): Facts {
  const attributes = Object.entries(claims.attributes).flatMap(([name, path]) => {
    const value = readAttribute(payload, path);
    return value === undefined ? [] : [[name, value] as const];
  });
  const united = (paths: Mapping['groups'], read: typeof readList): readonly string[] => [
    ...new Set(paths.flatMap((path) => read(payload, path))),
  ];
  const names = mapping.display_name.map((path) => readText(payload, path));
  return {
    display_name: names.find((name) => name !== null) ?? null,
    groups: united(mapping.groups, readList).map((group) => withoutPrefix(group, mapping.groupPrefix)),
    roles: united(mapping.roles, readList),
    scopes: united(mapping.scopes, readScopes),
    attributes: Object.fromEntries(attributes),
  };
}

const withoutPrefix = (group: string, prefix: string): string =>
  group.startsWith(prefix) ? group.slice(prefix.length) : group;
