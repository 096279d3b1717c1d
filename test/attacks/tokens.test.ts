/** Hostile tokens over HTTP and on the command line: each is an error of its own, never an anonymous caller, and no key is fetched from where a token says. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Code } from '../../src/errors.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from '../identity/test-issuer.ts';
import { classesIn } from './corpus.ts';
import { type Cli, cliOn } from './doors.ts';

type Sign =
  | 'nothing'
  | 'hmac_of_public_key'
  | 'hmac_of_nothing'
  | 'stripped'
  | 'zeros'
  | 'stranger'
  | 'other_claims'
  | 'other_header'
  | 'one_bit';

interface HostileToken {
  readonly name: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>> & { readonly iss_suffix?: string };
  readonly expires_in?: number | null;
  readonly valid_in?: number;
  /** How; by the right key, where it does not say. */
  readonly sign?: Sign;
  /** Instead of all of that; `{token}` is a good one. */
  readonly shape?: string;
  readonly code: Code;
}

const TOKENS = classesIn<{ class: string; reason: string; cases: readonly HostileToken[] }>('tokens');

let gate: TestGate;
let cli: Cli;
let key: SigningKey;
let strange: SigningKey;
let issuer: TestIssuer;
let stranger: TestIssuer;

beforeAll(async () => {
  key = await makeKey('k1');
  strange = { ...(await makeKey('k1')), kid: 'k1' };
  issuer = await TestIssuer.start(key);
  stranger = await TestIssuer.start(strange);
  const trusted = `  issuers: [{ issuer: "${issuer.url}", audience: sluice }]\n`;
  gate = await startGate({ edit: (yaml) => yaml.replace('identity:\n', `identity:\n${trusted}`) });
  cli = await cliOn(gate);
});

afterAll(async () => {
  await cli.close();
  await gate.close();
  await issuer.close();
  await stranger.close();
});

const GROUPS = { groups: ['employees', 'data-governance-officers'], roles: ['steward', 'publisher'] };
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

async function tokenOf(hostile: HostileToken): Promise<string> {
  const { header = {}, claims: given = {}, expires_in: expiresIn, valid_in: validIn, sign, shape } = hostile;
  const { iss_suffix: suffix, ...rest } = given;
  const claims = { ...GROUPS, ...(suffix === undefined ? {} : { iss: issuer.url + suffix }), ...rest };
  const good = (more: object = {}) =>
    signToken({
      key,
      issuer: issuer.url,
      claims,
      ...(expiresIn === undefined ? {} : { expiresIn }),
      ...(validIn === undefined ? {} : { validIn }),
      ...more,
    });
  if (shape !== undefined) {
    const token = await good();
    return shape
      .replace('{token}', token)
      .replace('{long}', 'a'.repeat(14_000))
      .replace('{standard}', `+/${token}`);
  }
  const [head = '', body = '', signature = ''] = (await good()).split('.');
  const forgedHead = base64({ typ: 'at+jwt', kid: key.kid, alg: key.alg, ...header });
  const hmac = (secret: string) =>
    `${forgedHead}.${body}.${createHmac('sha256', secret).update(`${forgedHead}.${body}`).digest('base64url')}`;
  switch (sign) {
    case undefined:
      return 'crit' in header ? `${forgedHead}.${body}.${signature}` : good({ header });
    case 'nothing':
      return `${forgedHead}.${body}.`;
    case 'hmac_of_public_key':
      return hmac(key.publicPem);
    case 'hmac_of_nothing':
      return hmac('');
    case 'stripped':
      return `${head}.${body}.`;
    case 'zeros':
      return `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`;
    case 'stranger': {
      const own = { jwk: strange.publicJwk, jku: `${stranger.url}/jwks`, x5u: `${stranger.url}/jwks` };
      const filled = Object.entries(header).map(([name, value]) => [
        name,
        value === 'own' ? own[name as keyof typeof own] : value,
      ]);
      // A key id that is no text cannot be signed by a library, so it is put in by hand; the signature is wrong either way.
      if (typeof header.kid === 'object') return `${forgedHead}.${body}.${signature}`;
      return signToken({ key: strange, issuer: issuer.url, claims, header: Object.fromEntries(filled) });
    }
    case 'other_claims': {
      const payload = JSON.parse(Buffer.from(body, 'base64url').toString());
      return `${head}.${base64({ ...payload, sub: 'olga.officer' })}.${signature}`;
    }
    case 'other_header':
      return `${base64({ typ: 'JWT', alg: key.alg, kid: key.kid })}.${body}.${signature}`;
    case 'one_bit': {
      const bytes = Buffer.from(signature, 'base64url');
      bytes[10]! ^= 1;
      return `${head}.${body}.${bytes.toString('base64url')}`;
    }
    default:
      return sign satisfies never;
  }
}

it('a good token of that issuer counts, through both doors', async () => {
  const token = await signToken({ key, issuer: issuer.url, claims: GROUPS });
  const reply = await gate.call(null, 'POST', '/v1/query', { body: { sql: 'SELECT 1' }, token });
  expect(reply.status, reply.text).toBe(200);
  expect((await cli.run(['query', 'SELECT 1', '--token', token])).exit).toBe(0);
});

it('two at once are neither', async () => {
  const tokens = [
    await signToken({ key, issuer: issuer.url, claims: GROUPS }),
    await signToken({ key, issuer: issuer.url, claims: { sub: 'other' } }),
  ];
  const asked = request(new URL('/v1/me', gate.address));
  asked.setHeader(
    'authorization',
    tokens.map((token) => `Bearer ${token}`),
  );
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  expect(JSON.parse(Buffer.concat(parts).toString())).toMatchObject({
    code: 'token_malformed',
    message: 'The request has several Authorization headers',
  });
});

describe.each(TOKENS)('$class', ({ cases, reason }) => {
  it('says why', () => expect(reason.length).toBeGreaterThan(20));

  it.each(cases)('$name', async (hostile) => {
    const token = await tokenOf(hostile);
    const asked = { ...stranger.asked };
    if (/^[\x21-\x7e ]*$/.test(token)) {
      const reply = await gate.call(null, 'POST', '/v1/query', { body: { sql: 'SELECT 1' }, token });
      expect(reply.body.code, reply.text).toBe(hostile.code);
      expect(reply.status).toBe(401);
      expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
      // What is open to all is not open to a bad token.
      const open = await gate.call(null, 'GET', '/v1/catalogue/gold.tariffs', { token });
      expect(open.body.code).toBe(hostile.code);
      if (token.length > 20) expect(reply.text).not.toContain(token);
    }
    const said = await cli.run(['query', 'SELECT 1', '--format', 'json', '--token', token]);
    expect(JSON.parse(said.err)).toMatchObject({ code: hostile.code });
    expect(said.out).toBe('');
    expect(stranger.asked, 'fetched from where the token said').toEqual(asked);
  });
});

describe('the tokens as a whole', () => {
  it('leave no trace of themselves in the audit', async () => {
    console.log(`${TOKENS.flatMap(({ cases }) => cases).length} hostile tokens of ${TOKENS.length} classes`);
    const events = await gate.serving.open.gate.audit.tail(500);
    expect(JSON.stringify(events)).not.toContain('eyJ');
  });
});
