/** The development issuer: a real OpenID Connect provider whose access tokens carry a persona's claims; it exists in development environments only. */
import { randomBytes } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import type { ClientMetadata, Configuration, JWKS, Provider, UnknownObject } from 'oidc-provider';
import { type IssuerConfig, identitySchema } from '../../config/identity-schema.ts';
import { SluiceError } from '../../errors.ts';
import { DEVELOPMENT_ALGORITHM, loadDevelopmentKeys } from './keys.ts';
import { findPersona, type Persona, type Personas } from './personas.ts';

export interface DevelopmentIssuerOptions {
  /** Anything but `development` is refused. */
  readonly environment: string;
  readonly personas: Personas;
  readonly audience: string;
  /** Where the signing key is kept. */
  readonly folder: string;
  readonly lifetimeMs: number;
}

export interface DevelopmentIssuer {
  /** As its tokens name it. */
  readonly url: string;
  /** What the gate trusts, beside the configured issuers. */
  readonly config: IssuerConfig;
  /** Its public keys, for a gate in the same process. */
  readonly keys: JSONWebKeySet;
  /** An access token for a persona, null for an anonymous one. Throws `usage` for an unknown name. */
  mintToken(
    persona: string,
    options?: { readonly lifetimeMs?: number; readonly actor?: string },
  ): Promise<string | null>;
  /** For an HTTP server. */
  readonly handle: ReturnType<Provider['callback']>;
}

/** The client that tokens of persons name; a service's client is the service itself (RFC 9068 section 2.2). */
const CLIENT = 'sluice-development';

/** Throws `development_only` elsewhere, `state_unavailable` where the key cannot be kept. */
export async function createDevelopmentIssuer(
  url: string,
  options: DevelopmentIssuerOptions,
): Promise<DevelopmentIssuer> {
  refuseOutsideDevelopment(options.environment);
  // Only here, so that no other environment needs or loads the library.
  const { Provider } = await import('oidc-provider');
  const keys = await loadDevelopmentKeys(options.folder);
  const provider = new Provider(url, configure({ keys: keys as JWKS['keys'] }, options.personas));
  return {
    url,
    config: trust(url, options),
    keys: { keys: keys.map(publicPart) },
    handle: provider.callback(),
    async mintToken(name, { lifetimeMs = options.lifetimeMs, actor } = {}) {
      const persona = findPersona(options.personas, name);
      if (persona.kind === 'anonymous') return null;
      if (actor !== undefined && findPersona(options.personas, actor).kind === 'anonymous')
        throw new SluiceError('usage', `The persona ${actor} is anonymous: it acts for nobody.`);
      const seconds = Math.max(1, Math.floor(lifetimeMs / 1_000));
      return mint(provider, grantOf(name, actor), persona, options.audience, seconds);
    },
  };
}

function publicPart({ d: _private, ...key }: JWK): JWK {
  return key;
}

export function refuseOutsideDevelopment(environment: string): void {
  if (environment === 'development') return;
  throw new SluiceError('development_only', 'The development issuer runs in a development environment only', {
    hint: `This is ${environment}. Configure a real issuer under identity.issuers.`,
  });
}

function configure(jwks: JWKS, personas: Personas): Configuration {
  const services = [...personas.values()].flatMap((persona) =>
    persona.kind === 'service' ? [persona.sub] : [],
  );
  const client = (client_id: string): ClientMetadata => ({
    client_id,
    // Nobody learns it: tokens are minted here, not asked for.
    client_secret: randomBytes(32).toString('base64url'),
    grant_types: [],
    response_types: [],
    redirect_uris: [],
  });
  return {
    jwks,
    clients: [...new Set([CLIENT, ...services])].map(client),
    clientDefaults: { id_token_signed_response_alg: DEVELOPMENT_ALGORITHM },
    enabledJWA: { idTokenSigningAlgValues: [DEVELOPMENT_ALGORITHM] },
    // `mint` names the persona as the token's grant, and who acts for it.
    extraTokenClaims: (_context, token) =>
      token.kind === 'AccessToken' ? grantedClaims(token.grantId, personas) : undefined,
    adapter: () => NOTHING_STORED,
    features: { devInteractions: { enabled: false }, userinfo: { enabled: false } },
  };
}

/** Tokens are self-contained and there are no sessions, so the provider has nothing to keep. */
const NOTHING_STORED = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
};

/** Names of personas hold no space. */
const grantOf = (name: string, actor: string | undefined): string =>
  actor === undefined ? name : `${name} ${actor}`;

function grantedClaims(grant: string, personas: Personas): UnknownObject | undefined {
  const [name = '', actor] = grant.split(' ');
  const claims = claimsOf(personas.get(name));
  if (claims === undefined || actor === undefined) return claims;
  const persona = personas.get(actor);
  if (persona === undefined || persona.kind === 'anonymous') return undefined;
  const { sub, kind, scopes } = persona;
  const client_id = kind === 'service' ? sub : CLIENT;
  return { ...claims, act: { sub, client_id, scope: scopes.join(' '), ...claimsOf(persona) } };
}

function claimsOf(persona: Persona | undefined): UnknownObject | undefined {
  if (persona === undefined || persona.kind === 'anonymous') return undefined;
  const { display_name: name, groups, roles, attributes } = persona;
  return { ...(name === undefined ? {} : { name }), groups, roles, attributes };
}

/** The claims stand where `claimsOf` puts them. */
function trust(url: string, { audience, personas }: DevelopmentIssuerOptions): IssuerConfig {
  const names = [...personas.values()].flatMap((persona) =>
    persona.kind === 'anonymous' ? [] : Object.keys(persona.attributes),
  );
  const attributes = Object.fromEntries(names.map((name) => [name, ['attributes', name]]));
  const issuer = { issuer: url, audience, algorithms: [DEVELOPMENT_ALGORITHM], claims: { attributes } };
  const { issuers } = identitySchema.parse({ issuers: [issuer] });
  return issuers[0]!;
}

async function mint(
  provider: Provider,
  grantId: string,
  persona: Exclude<Persona, { kind: 'anonymous' }>,
  audience: string,
  expiresIn: number,
): Promise<string> {
  const clientId = persona.kind === 'service' ? persona.sub : CLIENT;
  const client = await provider.Client.find(clientId);
  if (client === undefined) throw new SluiceError('internal', 'The development issuer lacks a client');
  const token = new provider.AccessToken({
    client,
    accountId: persona.sub,
    grantId,
    gty: 'development',
    expiresIn,
    scope: persona.scopes.join(' '),
    resourceServer: new provider.ResourceServer(audience, {
      scope: persona.scopes.join(' '),
      audience,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: DEVELOPMENT_ALGORITHM } },
    }),
  });
  return token.save();
}
