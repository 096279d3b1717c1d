/** From a bearer token to an identity: no token is anonymous, a bad one is always an error. */
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { IssuerConfig } from '../config/identity-schema.ts';
import { ANONYMOUS, type Identity } from './identity.ts';
import { createKeySource } from './keys.ts';
import { normalise } from './normalise.ts';
import { VerifiedTokens } from './verified-tokens.ts';
import { type TrustedIssuer, verifyToken } from './verify.ts';

/** What a token proved. */
export interface Proven {
  readonly identity: Identity;
  /** `jti`; null where there is none. */
  readonly tokenId: string | null;
}

export interface Authenticator {
  /** Throws SluiceError with a 2xxx code; nothing of the token is in it. */
  authenticate(token: string | null): Promise<Identity>;
  /** As `authenticate`, with the token's own name. */
  prove(token: string | null): Promise<Proven>;
}

export interface AuthenticatorOptions {
  /** Keys over plain http are for development and for loopback. */
  readonly environment: string;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Least time between two fetches of an issuer's keys for a key that is not known. */
  readonly keyCooldownMs?: number;
  /** Longest time that an issuer's keys, and tokens proven by them, count without asking again. */
  readonly keyMaxAgeMs?: number;
  readonly keyTimeoutMs?: number;
  /** Keys of issuers that run in this process, by issuer: nothing is fetched for them. */
  readonly localKeys?: Readonly<Record<string, JSONWebKeySet>>;
  /** Tokens that are remembered. */
  readonly remembered?: number;
}

const NOBODY: Proven = Object.freeze({ identity: ANONYMOUS, tokenId: null });

/** Knows only the issuers given here: with a changed configuration, make another, and what this one remembers is gone. */
export function createAuthenticator(
  identity: { readonly issuers: readonly IssuerConfig[]; readonly clock_skew: number },
  options: AuthenticatorOptions,
): Authenticator {
  const { now = Date.now, keyCooldownMs = 30_000, keyMaxAgeMs = 600_000, keyTimeoutMs = 5_000 } = options;
  const keysOf = (config: IssuerConfig): JWTVerifyGetKey => {
    const local = options.localKeys?.[config.issuer];
    if (local !== undefined) return createLocalJWKSet(local);
    return createKeySource({
      issuer: config.issuer,
      jwksUri: config.jwks_uri ?? null,
      allowHttp: options.environment === 'development' || config.issuer.startsWith('http:'),
      cooldownMs: keyCooldownMs,
      maxAgeMs: keyMaxAgeMs,
      timeoutMs: keyTimeoutMs,
      now,
    });
  };
  const configs = new Map(identity.issuers.map((config) => [config.issuer, config]));
  const issuers = new Map(
    identity.issuers.map((config): [string, TrustedIssuer] => [
      config.issuer,
      { config, key: keysOf(config) },
    ]),
  );
  const verified = new VerifiedTokens<Proven>(options.remembered ?? 10_000);

  async function prove(token: string | null): Promise<Proven> {
    if (token === null) return NOBODY;
    const time = now();
    const known = verified.get(token, time);
    if (known !== undefined) return known;
    const { payload, issuer } = await verifyToken(token, issuers, {
      now: new Date(time),
      skewSeconds: identity.clock_skew / 1_000,
    });
    const caller = freeze(normalise(payload, issuer.config, configs));
    const proven = Object.freeze({
      identity: caller,
      tokenId: typeof payload.jti === 'string' ? payload.jti : null,
    });
    const expires = (payload.exp ?? 0) * 1_000 + identity.clock_skew;
    verified.add(token, proven, Math.min(expires, time + keyMaxAgeMs));
    return proven;
  }

  return { prove, authenticate: async (token) => (await prove(token)).identity };
}

function freeze(identity: Identity): Identity {
  for (const value of Object.values(identity.attributes)) Object.freeze(value);
  Object.freeze(identity.groups);
  Object.freeze(identity.roles);
  Object.freeze(identity.scopes);
  Object.freeze(identity.attributes);
  if (identity.actor !== undefined) freeze(identity.actor);
  return Object.freeze(identity);
}
