/** The public keys of one issuer: found by discovery or given, fetched when first needed, kept, and asked for again only now and then. */
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, type RemoteJWKSet } from 'jose';
import { SluiceError } from '../errors.ts';

export interface KeySourceOptions {
  readonly issuer: string;
  /** Null: the issuer's discovery document tells. */
  readonly jwksUri: string | null;
  /** Whether a URL may be fetched over plain http (development, loopback). */
  readonly allowHttp: boolean;
  /** Least time between two fetches because of a key that is not known, and after a fetch that failed. */
  readonly cooldownMs: number;
  /** Keys older than this are fetched again: a key that the issuer withdrew is not accepted for longer. */
  readonly maxAgeMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** Resolves the key of a token. Throws `issuer_unavailable` where keys cannot be had, jose's own errors where none fits. */
export function createKeySource(options: KeySourceOptions): JWTVerifyGetKey {
  const fetchBounded = createFetch(options);
  let keySet: RemoteJWKSet | null = null;
  let finding: Promise<RemoteJWKSet> | null = null;

  const find = async (): Promise<RemoteJWKSet> => {
    const jwksUri = options.jwksUri ?? (await discover(options, fetchBounded));
    return createRemoteJWKSet(new URL(jwksUri), {
      cooldownDuration: options.cooldownMs,
      cacheMaxAge: options.maxAgeMs,
      timeoutDuration: options.timeoutMs,
      [customFetch]: fetchBounded,
    });
  };

  return async (header, token) => {
    try {
      if (keySet === null) {
        // Requests that arrive together share one discovery.
        finding ??= find().finally(() => {
          finding = null;
        });
        keySet = await finding;
      }
      return await keySet(header, token);
    } catch (cause) {
      if (KEY_MISMATCHES.some((kind) => cause instanceof kind)) throw cause;
      // The issuer may have moved its keys: discover again. Keys that still count stay, so that a token
      // with an invented key id cannot throw them away while the issuer is down.
      if (keySet?.fresh !== true) keySet = null;
      throw unavailable(options, cause);
    }
  };
}

/** The issuer answered, and none of its keys fits this token: the token's fault. */
const KEY_MISMATCHES = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported];

type BoundedFetch = (
  url: string,
  init: { headers?: Headers; signal: AbortSignal; redirect: 'manual'; method: 'GET' },
) => Promise<Response>;

/** After a failure, fails at once until the cooldown is over: an issuer that is down is not asked by every request. */
function createFetch({ cooldownMs, now }: KeySourceOptions): BoundedFetch {
  let failure: { readonly at: number; readonly cause: unknown } | null = null;
  return async (url, init) => {
    if (failure !== null && now() - failure.at < cooldownMs) throw failure.cause;
    try {
      const response = await fetch(url, init);
      if (response.status !== 200) throw new Error(`the issuer answered with status ${response.status}`);
      failure = null;
      return response;
    } catch (cause) {
      failure = { at: now(), cause };
      throw cause;
    }
  };
}

/** OpenID Connect Discovery 1.0 section 4; the document must name the issuer that was asked (4.3). */
async function discover(options: KeySourceOptions, fetchBounded: BoundedFetch): Promise<string> {
  const url = `${options.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const signal = AbortSignal.timeout(options.timeoutMs);
  const response = await fetchBounded(url, { method: 'GET', redirect: 'manual', signal });
  const document: unknown = await response.json();
  if (document === null || typeof document !== 'object')
    throw new Error('the discovery document is no object');
  if (!('issuer' in document) || document.issuer !== options.issuer) {
    throw new Error('the discovery document names another issuer');
  }
  if (!('jwks_uri' in document) || typeof document.jwks_uri !== 'string') {
    throw new Error('the discovery document names no jwks_uri');
  }
  if (!options.allowHttp && new URL(document.jwks_uri).protocol !== 'https:') {
    throw new Error('the discovery document names a jwks_uri without https');
  }
  return document.jwks_uri;
}

function unavailable({ issuer, cooldownMs }: KeySourceOptions, cause: unknown): SluiceError {
  return new SluiceError('issuer_unavailable', `The keys of the issuer ${issuer} cannot be fetched`, {
    hint: 'Check that the gate reaches the issuer, and that its discovery document or jwks_uri is right.',
    retryAfter: Math.ceil(cooldownMs / 1_000),
    cause,
  });
}
