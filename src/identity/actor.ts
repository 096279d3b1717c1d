/**
 * Who acts in person where a token was made for somebody else (`act`, RFC 8693 section 4.1). What cannot be read refuses the
 * token: an actor who is overlooked would have all that the subject has.
 */
import type { JWTPayload } from 'jose';
import type { IssuerConfig } from '../config/identity-schema.ts';
import { SluiceError } from '../errors.ts';
import { readClaim } from './claims.ts';
import { readFacts, readSubject } from './facts.ts';
import type { Identity, IdentityKind, PriorActor } from './identity.ts';
import { type Mapping, mappingOf } from './providers.ts';
import { fulfils } from './rules.ts';

/** Actors one behind the other. */
const MOST = 10;

/** Null where nobody acts for the subject. @throws SluiceError token_claims */
export function readActor(
  payload: JWTPayload,
  issuer: IssuerConfig,
  issuers: ReadonlyMap<string, IssuerConfig>,
): Identity | null {
  if (!Object.hasOwn(payload, 'act')) return null;
  const [act, ...prior] = chainOf(payload);
  if (act === undefined) throw unreadable('must be an object');
  // The issuer of the token vouches for its actors, but only for those of whom this gate has heard.
  const home = issuers.get(act.iss ?? issuer.issuer);
  if (home === undefined) throw unreadable('names an issuer that is not configured here');
  const mapping = mappingOf(issuer);
  const sub = subjectOf(act, mapping);
  const { kind, groups = [], roles = [], scopes = [], attributes = {} } = factsOf(home, sub) ?? {};
  const said = readFacts(act, issuer, mapping);
  return {
    sub,
    kind: kind ?? kindOf(act, mapping),
    display_name: said.display_name,
    groups: united(said.groups, groups),
    roles: united(said.roles, roles),
    scopes: united(said.scopes, scopes),
    attributes: { ...said.attributes, ...attributes },
    issuer: home.issuer,
    ...(prior.length === 0 ? {} : { prior: prior.map((one) => priorOf(one, issuer, mapping)) }),
  };
}

/** The current one first; those behind it say nothing of what may be done. */
function chainOf(payload: JWTPayload): readonly JWTPayload[] {
  const chain: JWTPayload[] = [];
  let at: JWTPayload = payload;
  while (Object.hasOwn(at, 'act')) {
    const { act } = at;
    if (typeof act !== 'object' || act === null || Array.isArray(act)) throw unreadable('must be an object');
    at = act as JWTPayload;
    if (at.iss !== undefined && typeof at.iss !== 'string') throw unreadable('names its issuer by no text');
    chain.push(at);
    if (chain.length > MOST) throw unreadable(`holds more than ${MOST} actors`);
  }
  return chain;
}

/** Other providers of such tokens know `sub` alone. */
function subjectOf(act: JWTPayload, mapping: Mapping): string {
  const own = readClaim(act, mapping.subject) !== undefined;
  return readSubject(act, own ? mapping.subject : 'sub');
}

function priorOf(act: JWTPayload, { issuer }: IssuerConfig, mapping: Mapping): PriorActor {
  return { sub: subjectOf(act, mapping), issuer: act.iss ?? issuer };
}

/** A service, unless it carries what tells a user from one. */
function kindOf(act: JWTPayload, { service }: Mapping): IdentityKind {
  if (fulfils(act, service)) return 'service';
  const told = service.flat().some(({ claim }) => claim !== 'sub' && readClaim(act, claim) !== undefined);
  return told ? 'user' : 'service';
}

function factsOf({ actors }: IssuerConfig, sub: string): IssuerConfig['actors'][string] | undefined {
  return Object.hasOwn(actors, sub) ? actors[sub] : undefined;
}

const united = (a: readonly string[], b: readonly string[]): readonly string[] => [...new Set([...a, ...b])];

function unreadable(problem: string): SluiceError {
  return new SluiceError('token_claims', `The claim act ${problem}`);
}
