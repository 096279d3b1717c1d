/** A real HTTP issuer for tests: discovery, keys that can be rotated, and a count of what was asked. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { type IssuerConfig, identitySchema } from '../../src/config/identity-schema.ts';

export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
  readonly publicPem: string;
}

export async function makeKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
  return { alg, kid, privateKey, publicJwk, publicPem: await exportSPKI(publicKey) };
}

export class TestIssuer {
  readonly url: string;
  keys: readonly SigningKey[] = [];
  /** Shown in discovery instead of the real one. */
  claimedIssuer: string | null = null;
  /** Answered instead of 200. */
  status = 200;
  /** Nothing is answered before. */
  ready: Promise<unknown> = Promise.resolve();
  readonly asked = { discovery: 0, keys: 0 };
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      const discovery = request.url === '/.well-known/openid-configuration';
      this.asked[discovery ? 'discovery' : 'keys'] += 1;
      const body = discovery
        ? { issuer: this.claimedIssuer ?? this.url, jwks_uri: `${this.url}/jwks` }
        : { keys: this.keys.map((key) => key.publicJwk) };
      void this.ready.then(() => {
        response.writeHead(this.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      });
    });
  }

  static async start(...keys: SigningKey[]): Promise<TestIssuer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = new TestIssuer(server);
    issuer.keys = keys;
    return issuer;
  }

  /** The configuration as the schema completes it. */
  config(more: Readonly<Record<string, unknown>> = {}): IssuerConfig {
    const given = { issuer: this.url, audience: 'sluice', ...more };
    return identitySchema.parse({ issuers: [given] }).issuers[0] as IssuerConfig;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export interface TokenParts {
  readonly key: SigningKey;
  readonly issuer: string;
  /** Merged over good ones; null takes a claim away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Seconds from now. */
  readonly expiresIn?: number | null;
  readonly validIn?: number | null;
}

export async function signToken(parts: TokenParts): Promise<string> {
  const { key, issuer, claims = {}, header = {}, expiresIn = 300, validIn = null } = parts;
  const now = Math.floor(Date.now() / 1_000);
  const payload: JWTPayload = { iss: issuer, aud: 'sluice', sub: 'u-1', iat: now };
  if (expiresIn !== null) payload.exp = now + expiresIn;
  if (validIn !== null) payload.nbf = now + validIn;
  const merged = without({ ...payload, ...claims });
  return new SignJWT(merged)
    .setProtectedHeader(without({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header }) as { alg: string })
    .sign(key.privateKey, { crit: { exp: false } });
}

function without(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
