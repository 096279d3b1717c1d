/** Tokens as each provider shapes them give the wanted identity, or are refused: the same cases that a real provider is held to. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROVIDERS } from '../../src/config/issuer-schema.ts';
import { SluiceError } from '../../src/errors.ts';
import { createAuthenticator } from '../../src/identity/authenticate.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from './test-issuer.ts';
import type { TokenCases } from './token-cases.ts';

const FOLDER = new URL('../cases/identity/', import.meta.url);
const files = readdirSync(FOLDER).map(
  (file) => parse(readFileSync(new URL(file, FOLDER), 'utf8')) as TokenCases,
);

let key: SigningKey;
let issuer: TestIssuer;
beforeAll(async () => {
  key = await makeKey('k1', 'RS256');
  issuer = await TestIssuer.start(key);
});
afterAll(() => issuer.close());

it('every provider has five cases at least', () => {
  expect(files.map(({ provider }) => provider).sort()).toEqual([...PROVIDERS].sort());
  for (const { cases } of files) expect(cases.length).toBeGreaterThanOrEqual(5);
});

describe.each(files)('$provider', ({ provider, cases }) => {
  it.each(cases)('$name', async ({ config, header = {}, claims, want }) => {
    const authenticator = createAuthenticator(
      { issuers: [issuer.config({ provider, ...config })], clock_skew: 0 },
      { environment: 'production' },
    );
    const token = await signToken({ key, issuer: issuer.url, claims, header });
    const answer = await authenticator.authenticate(token).catch((error: unknown) => error);
    if (typeof want === 'string') {
      expect(answer).toBeInstanceOf(SluiceError);
      expect((answer as SluiceError).code).toBe(want);
      // Nothing of what was said goes back to whoever said it.
      const told = JSON.stringify([(answer as SluiceError).message, (answer as SluiceError).hint]);
      for (const value of Object.values(claims))
        if (typeof value === 'string' && value.length > 8) expect(told).not.toContain(value);
    } else expect(answer).toEqual({ ...want, issuer: issuer.url });
  });
});
