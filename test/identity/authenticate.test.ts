import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SluiceError } from '../../src/errors.ts';
import { type AuthenticatorOptions, createAuthenticator } from '../../src/identity/authenticate.ts';
import { readBearer } from '../../src/identity/bearer.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { makeKey, type SigningKey, signToken, TestIssuer, type TokenParts } from './test-issuer.ts';

interface Case {
  readonly name: string;
  readonly issuer?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly expires_in?: number | null;
  readonly valid_in?: number | null;
  readonly want: string | Partial<Identity>;
}

const CASES = parse(readFileSync(new URL('../cases/tokens.yml', import.meta.url), 'utf8')) as Case[];

let key: SigningKey;
let shared: TestIssuer;
const opened: TestIssuer[] = [];

beforeAll(async () => {
  key = await makeKey('k1');
  shared = await TestIssuer.start(key);
});
afterAll(() => shared.close());
afterEach(async () => {
  await Promise.all(opened.splice(0).map((issuer) => issuer.close()));
});

async function openIssuer(...keys: SigningKey[]): Promise<TestIssuer> {
  const issuer = await TestIssuer.start(...keys);
  opened.push(issuer);
  return issuer;
}

function gate(
  issuer: TestIssuer,
  config: Record<string, unknown> = {},
  options: Partial<AuthenticatorOptions> = {},
) {
  return createAuthenticator(
    { issuers: [issuer.config(config)], clock_skew: 30_000 },
    { environment: 'production', ...options },
  );
}

const good = (more: Partial<TokenParts> = {}) => signToken({ key, issuer: shared.url, ...more });

async function failure(run: Promise<unknown>): Promise<SluiceError> {
  try {
    await run;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a token', () => {
  it.each(CASES)('$name', async ({ issuer, claims = {}, header, expires_in, valid_in, want }) => {
    const { iss_suffix, ...rest } = claims;
    const token = await good({
      claims: iss_suffix === undefined ? rest : { ...rest, iss: `${shared.url}${String(iss_suffix)}` },
      ...(header === undefined ? {} : { header }),
      ...(expires_in === undefined ? {} : { expiresIn: expires_in }),
      ...(valid_in === undefined ? {} : { validIn: valid_in }),
    });
    const authenticator = gate(shared, issuer);
    if (typeof want === 'string') {
      expect((await failure(authenticator.authenticate(token))).code).toBe(want);
    } else {
      const identity = await authenticator.authenticate(token);
      expect(identity).toMatchObject(want);
      if (want.attributes !== undefined) expect(identity.attributes).toEqual(want.attributes);
    }
  });
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const payload = () => ({
  iss: shared.url,
  aud: 'sluice',
  sub: 'u-1',
  exp: Math.floor(Date.now() / 1_000) + 300,
});

/** Texts that no library would sign. */
const FORGERIES: readonly { name: string; token: () => string | Promise<string>; code: string }[] = [
  { name: 'empty', token: () => '', code: 'token_malformed' },
  { name: 'no token at all', token: () => 'hello', code: 'token_malformed' },
  {
    name: 'two parts',
    token: () => `${encode({ alg: 'ES256' })}.${encode(payload())}`,
    code: 'token_malformed',
  },
  {
    name: 'five parts, as an encrypted token has',
    token: () => `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`,
    code: 'token_malformed',
  },
  {
    name: 'a header that is no JSON',
    token: () => `e30x.${encode(payload())}.AAAA`,
    code: 'token_malformed',
  },
  {
    name: 'a payload that is a list',
    token: () => `${encode({ alg: 'ES256' })}.${encode([1])}.AAAA`,
    code: 'token_malformed',
  },
  { name: 'no algorithm', token: () => `${encode({})}.${encode(payload())}.AAAA`, code: 'token_algorithm' },
  {
    name: 'the algorithm none, without a signature',
    token: () => `${encode({ alg: 'none' })}.${encode(payload())}.`,
    code: 'token_algorithm',
  },
  {
    name: 'the algorithm nOnE',
    token: () => `${encode({ alg: 'nOnE' })}.${encode(payload())}.`,
    code: 'token_algorithm',
  },
  {
    name: 'HS256 with the public key as its secret',
    token: () => {
      const signed = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(payload())}`;
      return `${signed}.${createHmac('sha256', key.publicPem).update(signed).digest('base64url')}`;
    },
    code: 'token_algorithm',
  },
  {
    name: 'its own key in the header',
    token: async () => {
      const mine = await makeKey('k1');
      return signToken({ key: mine, issuer: shared.url, header: { jwk: mine.publicJwk } });
    },
    code: 'token_signature',
  },
  {
    name: 'a payload changed after signing',
    token: async () => {
      const [header, , signature] = (await good()).split('.');
      return `${header}.${encode({ ...payload(), groups: ['admins'] })}.${signature}`;
    },
    code: 'token_signature',
  },
  {
    name: 'a signature cut short',
    token: async () => (await good()).slice(0, -4),
    code: 'token_signature',
  },
  {
    name: 'an empty signature',
    token: async () => `${(await good()).split('.').slice(0, 2).join('.')}.`,
    code: 'token_signature',
  },
  {
    name: 'a key id that the issuer does not publish',
    token: () => good({ header: { kid: 'k9' } }),
    code: 'token_signature',
  },
  {
    name: "another key under the issuer's key id",
    token: async () => signToken({ key: await makeKey('k1'), issuer: shared.url }),
    code: 'token_signature',
  },
  {
    name: 'a payload that is not encoded (b64: false)',
    token: () =>
      `${encode({ alg: 'ES256', b64: false, crit: ['b64'], kid: 'k1' })}.${encode(payload())}.AAAA`,
    code: 'token_malformed',
  },
  {
    name: 'huge',
    token: () => good({ claims: { groups: Array.from({ length: 3_000 }, (_, index) => `group-${index}`) } }),
    code: 'token_malformed',
  },
];

describe('a forgery', () => {
  it.each(FORGERIES)('$name', async ({ token, code }) => {
    expect((await failure(gate(shared).authenticate(await token()))).code).toBe(code);
  });

  it('gets an error without any part of the token, whatever is wrong with it', async () => {
    for (const forged of FORGERIES) {
      const token = await forged.token();
      const error = await failure(gate(shared).authenticate(token));
      const shown = JSON.stringify([error.message, error.hint, error.details]);
      for (const part of token.split('.').filter((piece) => piece.length > 8))
        expect(shown).not.toContain(part);
      expect(shown).not.toMatch(/u-1|admins/);
    }
  });
});

describe('the caller', () => {
  it('is anonymous without a token', async () => {
    expect(await gate(shared).authenticate(null)).toMatchObject({ kind: 'anonymous', issuer: null });
  });

  it('is frozen', async () => {
    const identity = await gate(shared, { claims: { attributes: { regions: 'regions' } } }).authenticate(
      await good({ claims: { groups: ['a'], regions: ['north'] } }),
    );
    expect(Object.isFrozen(identity) && Object.isFrozen(identity.groups)).toBe(true);
    expect(Object.isFrozen(identity.attributes) && Object.isFrozen(identity.attributes.regions)).toBe(true);
  });
});

describe('the Authorization header', () => {
  it.each([
    [undefined, null],
    ['Bearer abc.def.ghi', 'abc.def.ghi'],
    ['bearer   abc', 'abc'],
  ])('%s', (header, token) => {
    expect(readBearer(header)).toBe(token);
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearer a b', 'Bearer a, Bearer b', 'abc'])(
    'is refused, never anonymous: "%s"',
    (header) => {
      expect(() => readBearer(header)).toThrowError(expect.objectContaining({ code: 'token_malformed' }));
    },
  );
});

describe('the keys of an issuer', () => {
  it('are fetched once for many tokens at once', async () => {
    const issuer = await openIssuer(key);
    const authenticator = gate(issuer);
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        signToken({ key, issuer: issuer.url, claims: { sub: `u-${index}` } }),
      ),
    );
    await Promise.all(tokens.map((token) => authenticator.authenticate(token)));
    expect(issuer.asked).toEqual({ discovery: 1, keys: 1 });
  });

  it('are found at a given address without discovery', async () => {
    const issuer = await openIssuer(key);
    const authenticator = gate(issuer, { jwks_uri: `${issuer.url}/jwks` });
    await authenticator.authenticate(await signToken({ key, issuer: issuer.url }));
    expect(issuer.asked).toEqual({ discovery: 0, keys: 1 });
  });

  it('may be rotated: a new key counts once the cooldown is over', async () => {
    const issuer = await openIssuer(key);
    const authenticator = gate(issuer, {}, { keyCooldownMs: 0 });
    await authenticator.authenticate(await signToken({ key, issuer: issuer.url }));
    const next = await makeKey('k2');
    issuer.keys = [key, next];
    const identity = await authenticator.authenticate(await signToken({ key: next, issuer: issuer.url }));
    expect(identity.sub).toBe('u-1');
    expect(issuer.asked.keys).toBe(2);
  });

  it('are not asked for again by each token with an invented key id', async () => {
    const issuer = await openIssuer(key);
    const authenticator = gate(issuer, {}, { keyCooldownMs: 60_000 });
    await authenticator.authenticate(await signToken({ key, issuer: issuer.url }));
    for (const kid of ['x1', 'x2', 'x3']) {
      const token = await signToken({ key, issuer: issuer.url, header: { kid } });
      expect((await failure(authenticator.authenticate(token))).code).toBe('token_signature');
    }
    expect(issuer.asked.keys).toBe(1);
  });

  it('may be several without key ids', async () => {
    const [first, second] = [await makeKey('a'), await makeKey('b')];
    const issuer = await openIssuer(first, second);
    const authenticator = gate(issuer);
    for (const signer of [first, second]) {
      const token = await signToken({ key: signer, issuer: issuer.url, header: { kid: null } });
      expect((await authenticator.authenticate(token)).sub).toBe('u-1');
    }
    const stranger = await signToken({ key: await makeKey('c'), issuer: issuer.url, header: { kid: null } });
    expect((await failure(authenticator.authenticate(stranger))).code).toBe('token_signature');
    const late = await signToken({ key: second, issuer: issuer.url, header: { kid: null }, expiresIn: -60 });
    expect((await failure(authenticator.authenticate(late))).code).toBe('token_expired');
  });

  it('of another issuer do not count', async () => {
    const other = await makeKey('k1');
    const theirs = await openIssuer(other);
    const authenticator = createAuthenticator(
      { issuers: [shared.config(), theirs.config()], clock_skew: 0 },
      { environment: 'production' },
    );
    const crossed = await signToken({ key: other, issuer: shared.url });
    expect((await failure(authenticator.authenticate(crossed))).code).toBe('token_signature');
    expect(
      (await authenticator.authenticate(await signToken({ key: other, issuer: theirs.url }))).issuer,
    ).toBe(theirs.url);
  });

  it('cannot be had while the issuer is down, and are asked for again only after the cooldown', async () => {
    const issuer = await openIssuer(key);
    issuer.status = 500;
    let time = Date.now();
    const authenticator = gate(issuer, {}, { keyCooldownMs: 10_000, now: () => time });
    const token = await signToken({ key, issuer: issuer.url });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const error = await failure(authenticator.authenticate(token));
      expect(error).toMatchObject({ code: 'issuer_unavailable', status: 503, retryAfter: 10 });
    }
    expect(issuer.asked.discovery).toBe(1);
    issuer.status = 200;
    time += 10_001;
    expect((await authenticator.authenticate(token)).sub).toBe('u-1');
  });

  it('stay while the issuer is down, even if somebody invents key ids', async () => {
    const issuer = await openIssuer(key);
    const authenticator = gate(issuer, {}, { keyCooldownMs: 0 });
    await authenticator.authenticate(await signToken({ key, issuer: issuer.url }));
    issuer.status = 500;
    const forged = await signToken({ key, issuer: issuer.url, header: { kid: 'x' } });
    expect((await failure(authenticator.authenticate(forged))).code).toBe('issuer_unavailable');
    const fresh = await signToken({ key, issuer: issuer.url, claims: { sub: 'u-2' } });
    expect((await authenticator.authenticate(fresh)).sub).toBe('u-2');
  });

  it('are not taken from a discovery document that names another issuer', async () => {
    const issuer = await openIssuer(key);
    issuer.claimedIssuer = 'https://login.example.com';
    const error = await failure(gate(issuer).authenticate(await signToken({ key, issuer: issuer.url })));
    expect(error.code).toBe('issuer_unavailable');
    expect(String((error.cause as Error).message)).toMatch(/another issuer/);
  });

  it('cannot be had from an issuer that nobody listens for', async () => {
    const issuer = await TestIssuer.start(key);
    await issuer.close();
    const error = await failure(gate(issuer).authenticate(await signToken({ key, issuer: issuer.url })));
    expect(error.code).toBe('issuer_unavailable');
  });
});

describe('a token that was proven', () => {
  it('is remembered, and forgotten when it expires', async () => {
    const issuer = await openIssuer(key);
    let time = Date.now();
    const authenticator = gate(issuer, {}, { now: () => time, keyMaxAgeMs: 3_600_000 });
    const token = await signToken({ key, issuer: issuer.url, expiresIn: 60 });
    const first = await authenticator.authenticate(token);
    expect(await authenticator.authenticate(token)).toBe(first);
    time += 91_000;
    expect((await failure(authenticator.authenticate(token))).code).toBe('token_expired');
  });

  it('is proven again when the keys have come of age', async () => {
    const issuer = await openIssuer(key);
    let time = Date.now();
    const authenticator = gate(issuer, {}, { now: () => time, keyMaxAgeMs: 1_000 });
    const token = await signToken({ key, issuer: issuer.url });
    const first = await authenticator.authenticate(token);
    time += 1_001;
    expect(await authenticator.authenticate(token)).not.toBe(first);
  });

  it('leaves room: only the last ones are remembered', async () => {
    const authenticator = gate(shared, {}, { remembered: 2 });
    const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => good({ claims: { sub } })));
    const before: Identity[] = [];
    for (const token of tokens) before.push(await authenticator.authenticate(token));
    expect(await authenticator.authenticate(tokens[2] ?? '')).toBe(before[2]);
    expect(await authenticator.authenticate(tokens[0] ?? '')).not.toBe(before[0]);
  });
});
