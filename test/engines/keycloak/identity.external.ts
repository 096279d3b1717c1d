/** Tokens of a real Keycloak give the identities of the token cases: the very ones that the unit tests sign by hand. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { identitySchema } from '../../../src/config/identity-schema.ts';
import { createAuthenticator } from '../../../src/identity/authenticate.ts';
import type { Identity } from '../../../src/identity/identity.ts';
import type { TokenCases } from '../../identity/token-cases.ts';
import { PASSWORD, SECRET } from './realm.ts';
import { type Keycloak, startKeycloak } from './server.ts';

const home = process.env.SLUICE_KEYCLOAK ?? '';
const there = existsSync(`${home}/bin/kc.sh`);
if (!there) console.log('skipped: no Keycloak; `npm run test:engines` fetches it');

const { cases } = parse(
  readFileSync(new URL('../../cases/identity/keycloak.yaml', import.meta.url), 'utf8'),
) as TokenCases;

describe.skipIf(!there)('a real Keycloak', () => {
  let keycloak: Keycloak;
  beforeAll(async () => {
    keycloak = await startKeycloak(home);
  });
  afterAll(async () => keycloak?.close());

  const authenticator = (config: Readonly<Record<string, unknown>>) => {
    const issuer = { issuer: keycloak.issuer, provider: 'keycloak', audience: 'sluice', ...config };
    const { issuers } = identitySchema.parse({ issuers: [issuer] });
    return createAuthenticator(
      { issuers, clock_skew: 5_000 },
      { environment: 'production', keyCooldownMs: 0 },
    );
  };

  const password = (username: string) =>
    keycloak.token({
      grant_type: 'password',
      client_id: 'portal',
      username,
      password: PASSWORD,
      scope: 'openid',
    });

  /** By what the case calls it. */
  const REAL: Readonly<Record<string, () => Promise<unknown>>> = {
    alice: async () => (await password('alice')).access_token,
    'alice-id-token': async () => (await password('alice')).id_token,
    etl: async () =>
      (await keycloak.token({ grant_type: 'client_credentials', client_id: 'etl', client_secret: SECRET }))
        .access_token,
    'service-account-portal': async () => (await password('service-account-portal')).access_token,
  };

  it('there is a case for each of its tokens', () => {
    const named = cases.flatMap(({ real }) => (real === undefined ? [] : [real]));
    expect(named.sort()).toEqual(Object.keys(REAL).sort());
  });

  it.each(cases.filter(({ real }) => real !== undefined))('$name', async ({ real = '', config, want }) => {
    const token = String(await REAL[real]?.());
    const answer = await authenticator(config)
      .authenticate(token)
      .catch((error: { code: string }) => error.code);
    if (typeof want === 'string' || typeof answer === 'string') expect(answer).toBe(want);
    else expect(inOrder(answer)).toEqual(inOrder({ ...want, issuer: keycloak.issuer }));
  });

  it('a key that it makes in between is found without a restart', async () => {
    const gate = authenticator({});
    const first = String(await REAL.alice?.());
    const before = await gate.authenticate(first);
    await keycloak.rotate();
    const token = String(await REAL.alice?.());
    expect(kidOf(token)).not.toBe(kidOf(first));
    expect((await gate.authenticate(token)).sub).toBe(before.sub);
  });
});

/** It puts its lists in no order. */
function inOrder(identity: Identity): Identity {
  const sorted = (words: readonly string[]): readonly string[] => [...words].sort();
  const { groups, roles, scopes, attributes } = identity;
  const ordered = Object.entries(attributes).map(([name, value]) => [
    name,
    Array.isArray(value) ? [...(value as readonly unknown[])].sort() : value,
  ]);
  return {
    ...identity,
    groups: sorted(groups),
    roles: sorted(roles),
    scopes: sorted(scopes),
    attributes: Object.fromEntries(ordered) as Identity['attributes'],
  };
}

function kidOf(token: string): string {
  const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as {
    kid?: string;
  };
  return header.kid ?? '';
}
