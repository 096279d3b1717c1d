/** Tokens of a real OpenID Connect provider that others keep, over HTTP: client credentials, an agent's token, and keys that are rotated. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { identitySchema } from '../../src/config/identity-schema.ts';
import { createAuthenticator } from '../../src/identity/authenticate.ts';

const SECRET = 'a secret of this test alone';
const AUDIENCE = 'https://data.example.com';

let server: Server;
let issuer: string;
let provider: Provider;
const asked: string[] = [];

async function key(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' };
}

/** The first key signs. */
function providerWith(keys: readonly JWK[]): Provider {
  return new Provider(issuer, {
    jwks: { keys: keys as never },
    clients: ['loader', 'assistant'].map((client_id) => ({
      client_id,
      client_secret: SECRET,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    })),
    scopes: ['data.read', 'data.load'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'data.read data.load',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    // What an operator adds to such a provider: groups, and for whom an assistant asks.
    extraTokenClaims: (_context, token) =>
      token.clientId === 'assistant'
        ? { groups: ['bots'], act: { sub: 'assistant', client_id: 'assistant', roles: ['reader'] } }
        : { groups: ['pipelines'], roles: ['writer'], env: 'production' },
  });
}

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    void provider.callback()(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider = providerWith([await key('first')]);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
});

async function tokenOf(client_id: string): Promise<string> {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client_id}:${encodeURIComponent(SECRET)}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: AUDIENCE, scope: 'data.load' }),
  });
  const body = (await answer.json()) as { access_token?: string };
  if (body.access_token === undefined) throw new Error(JSON.stringify(body));
  return body.access_token;
}

function gate(config: Readonly<Record<string, unknown>> = {}) {
  const { issuers } = identitySchema.parse({ issuers: [{ issuer, audience: AUDIENCE, ...config }] });
  return createAuthenticator(
    { issuers, clock_skew: 5_000 },
    { environment: 'production', keyCooldownMs: 60_000 },
  );
}

it('client credentials are a service, with the claims that the provider adds', async () => {
  expect(await gate().authenticate(await tokenOf('loader'))).toEqual({
    sub: 'loader',
    kind: 'service',
    display_name: null,
    groups: ['pipelines'],
    roles: ['writer'],
    scopes: ['data.load'],
    attributes: {},
    issuer,
  });
});

it('what services must carry is demanded of them', async () => {
  const token = await tokenOf('loader');
  expect((await gate({ services: { require: { env: 'production' } } }).authenticate(token)).sub).toBe(
    'loader',
  );
  await expect(gate({ services: { require: { env: 'staging' } } }).authenticate(token)).rejects.toMatchObject(
    {
      code: 'token_claims',
    },
  );
});

it('an actor that it names is one', async () => {
  const identity = await gate().authenticate(await tokenOf('assistant'));
  expect(identity.actor).toMatchObject({ sub: 'assistant', kind: 'service', roles: ['reader'], groups: [] });
});

it('keys that it rotates are found without a restart, once for all tokens, and not again for invented ones', async () => {
  const old = await tokenOf('loader');
  const authenticator = gate();
  await authenticator.authenticate(old);
  provider = providerWith([await key('second')]);
  asked.length = 0;
  const [one, other] = [await tokenOf('loader'), await tokenOf('assistant')];
  // The first fetch was a moment ago: within the interval, nobody can make the gate ask again.
  await expect(authenticator.authenticate(one)).rejects.toMatchObject({ code: 'token_signature' });
  await expect(authenticator.authenticate(other)).rejects.toMatchObject({ code: 'token_signature' });
  expect(asked.filter((url) => url.startsWith('/jwks'))).toEqual([]);
  const later = createAuthenticator(
    {
      issuers: identitySchema.parse({ issuers: [{ issuer, audience: AUDIENCE }] }).issuers,
      clock_skew: 5_000,
    },
    { environment: 'production', keyCooldownMs: 0 },
  );
  await later.authenticate(one);
  const third = await key('third');
  provider = providerWith([third, await key('second')]);
  asked.length = 0;
  const tokens = await Promise.all([tokenOf('loader'), tokenOf('assistant')]);
  await Promise.all(tokens.map((token) => later.authenticate(token)));
  expect(asked.filter((url) => url.startsWith('/jwks'))).toHaveLength(1);
});
