/** Turns the claims of a verified token into the identity that the rest of the gate sees. */
import type { JWTPayload } from 'jose';
import type { IssuerConfig } from '../config/identity-schema.ts';
import { SluiceError } from '../errors.ts';
import { readActor } from './actor.ts';
import { showClaim } from './claims.ts';
import { readFacts, readSubject } from './facts.ts';
import type { Identity } from './identity.ts';
import { type Mapping, mappingOf } from './providers.ts';
import { checkRequired, fulfils } from './rules.ts';

/**
 * @param issuers all that are configured, by name: whose registered actors count
 * @throws SluiceError token_claims where a claim that decides access cannot be read with certainty, token_malformed for a
 * token that is not for services
 */
export function normalise(
  payload: JWTPayload,
  issuer: IssuerConfig,
  issuers: ReadonlyMap<string, IssuerConfig>,
): Identity {
  const mapping = mappingOf(issuer);
  if (!fulfils(payload, mapping.token)) throw notForServices(mapping);
  checkRequired(payload, issuer.require);
  const kind = fulfils(payload, mapping.service) ? 'service' : 'user';
  const besides = kind === 'service' ? issuer.services : issuer.users;
  checkRequired(payload, besides?.require);
  if (kind === 'service' && mapping.servicesOfAnybody && (besides ?? issuer.require) === undefined)
    throw new SluiceError(
      'token_claims',
      'Services of this provider are accepted only where it is said which',
      {
        hint: 'Say in identity.issuers: services: { require: { email: […] } }.',
      },
    );
  const identity: Identity = {
    sub: readSubject(payload, mapping.subject),
    kind,
    ...readFacts(payload, issuer, mapping),
    issuer: issuer.issuer,
  };
  const actor = readActor(payload, issuer, issuers);
  return actor === null ? identity : { ...identity, actor };
}

/** Its own claims are named, so that whoever configures the provider can mend it. */
function notForServices({ token }: Mapping): SluiceError {
  const claims = [...new Set(token.flat().map(({ claim }) => showClaim(claim)))];
  return new SluiceError('token_claims', 'The token is not one that this provider issues for services', {
    hint: `Look at ${claims.join(', ')}: an ID token is none, nor is one of another tenant.`,
  });
}
