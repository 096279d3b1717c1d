/** Which claims an issuer's tokens are read from, for the caller who asks how they are seen. */
import type { IssuerConfig } from '../config/identity-schema.ts';
import { showClaim } from './claims.ts';
import { mappingOf } from './providers.ts';

export interface Provenance {
  readonly provider: string;
  /** By part of the identity, the claims that it is made of. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  readonly attributes: Readonly<Record<string, string>>;
}

export function provenance(issuer: IssuerConfig): Provenance {
  const { subject, groups, roles, scopes, display_name } = mappingOf(issuer);
  const parts = Object.entries({ sub: [subject], groups, roles, scopes, display_name });
  return {
    provider: issuer.provider,
    claims: Object.fromEntries(parts.map(([part, paths]) => [part, paths.map(showClaim)])),
    attributes: Object.fromEntries(
      Object.entries(issuer.claims.attributes).map(([name, path]) => [name, showClaim(path)]),
    ),
  };
}
