/** Who is refused is refused with the next request, on every gate of the state, whatever is remembered; and a changed configuration is taken over whole or not at all. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { Observation } from '../../src/observe.ts';
import { type Serving, serve } from '../../src/serve.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from '../identity/test-issuer.ts';
import { type Reply, startGate, type TestGate } from './gate.ts';

const EMPLOYEE = { groups: ['employees'] };
let key: SigningKey;
let issuer: TestIssuer;
let second: TestIssuer;
let gate: TestGate;
/** Of the same configuration, and so on the same state. */
let twin: Serving;
const seen: Observation[] = [];

beforeAll(async () => {
  key = await makeKey('k1');
  issuer = await TestIssuer.start(key);
  second = await TestIssuer.start(key);
  gate = await startGate({
    edit: (yaml) =>
      yaml.replace(
        'identity:\n',
        `identity:\n  issuers:\n    - { issuer: "${issuer.url}", audience: sluice }\n    - { issuer: "${second.url}", audience: sluice }\n`,
      ),
  });
  const file = join(gate.folder, 'sluice.yml');
  twin = await serve(loadConfig(file, {}), {
    port: 0,
    version: '0.0.0',
    metrics: createMetrics(),
    observe: (event) => void seen.push(event),
    seed: async () => {},
    reread: () => loadConfig(file, {}),
  });
});
afterAll(async () => {
  await twin.close();
  await gate.close();
  await Promise.all([issuer.close(), second.close()]);
});

const token = (claims: Readonly<Record<string, unknown>>, from = issuer): Promise<string> =>
  signToken({ key, issuer: from.url, claims: { ...EMPLOYEE, ...claims } });

async function me(
  bearer: string,
  address = gate.address,
): Promise<{ status: number; code: string | undefined }> {
  const answer = await fetch(new URL('/v1/me', address), { headers: { authorization: `Bearer ${bearer}` } });
  const body = (await answer.json()) as { code?: string };
  return { status: answer.status, code: body.code };
}

const GOOD = { status: 200, code: undefined };
const REFUSED = { status: 403, code: 'identity_denied' };

const deny = (body: object, persona: string | null = 'officer'): Promise<Reply> =>
  gate.call(persona, 'POST', '/v1/identity/denials', { body: { reason: 'a test', ...body } });
const allow = (id: unknown, persona = 'officer'): Promise<Reply> =>
  gate.call(persona, 'DELETE', `/v1/identity/denials/${String(id)}`);

describe('a subject that is denied', () => {
  it('is refused by every gate on the state at once, with a token that is remembered as with a new one, until let in again', async () => {
    const known = await token({ sub: 'eve' });
    expect([await me(known), await me(known, twin.address)]).toEqual([GOOD, GOOD]);
    const { status, body } = await deny({ subject: { sub: 'eve', issuer: issuer.url } });
    expect(status).toBe(201);
    const fresh = await token({ sub: 'eve', jti: 'another' });
    for (const address of [gate.address, twin.address])
      expect([await me(known, address), await me(fresh, address)]).toEqual([REFUSED, REFUSED]);
    expect((await allow(body.id)).status).toBe(200);
    expect([await me(known), await me(known, twin.address)]).toEqual([GOOD, GOOD]);
  });

  it('is not its namesake of another issuer', async () => {
    const { body } = await deny({ subject: { sub: 'eve', issuer: issuer.url } });
    expect(await me(await token({ sub: 'eve' }, second))).toEqual(GOOD);
    await allow(body.id);
  });

  it('acts for nobody either, and nobody acts for it', async () => {
    const { body } = await deny({ subject: { sub: 'eve', issuer: issuer.url } });
    expect(await me(await token({ sub: 'ada', act: { sub: 'eve' } }))).toEqual(REFUSED);
    expect(await me(await token({ sub: 'eve', act: { sub: 'agent' } }))).toEqual(REFUSED);
    await allow(body.id);
  });

  it('is let in again when its time is over', async () => {
    const { denials } = gate.serving.open.gate;
    const now = Math.floor(Date.now() / 1000);
    const denied = { kind: 'subject', sub: 'ex', issuer: issuer.url } as const;
    const { id } = await denials.add(
      { denied, reason: 'r', until: now + 100, createdAt: 'then', createdBy: 'someone' },
      now,
    );
    expect(await denials.denies([denied], now + 99)).toBe(true);
    expect(await denials.denies([denied], now + 100)).toBe(false);
    await denials.remove(id);
  });

  it('stays refused while one of two denials holds', async () => {
    const subject = { sub: 'twice', issuer: issuer.url };
    const [one, other] = [await deny({ subject }), await deny({ subject })];
    await allow(one.body.id);
    expect(await me(await token({ sub: 'twice' }))).toEqual(REFUSED);
    await allow(other.body.id);
    expect(await me(await token({ sub: 'twice' }))).toEqual(GOOD);
  });

  it('is on record with each try, before it is told', async () => {
    const { body } = await deny({ subject: { sub: 'mallory', issuer: issuer.url } });
    await me(await token({ sub: 'ada', act: { sub: 'mallory' } }));
    const [last] = await gate.serving.open.gate.audit.tail(1);
    expect(last).toMatchObject({
      event: 'login',
      decision: 'deny',
      error_code: 'identity_denied',
      subject: { sub: 'mallory' },
      on_behalf_of: { sub: 'ada' },
      client: { door: 'http' },
    });
    await allow(body.id);
  });
});

it('one token is refused by its id, and the next of the same subject is not', async () => {
  const { body } = await deny({ token_id: 'leaked' });
  expect(await me(await token({ sub: 'ada', jti: 'leaked' }))).toEqual(REFUSED);
  expect(await me(await token({ sub: 'ada', jti: 'other' }))).toEqual(GOOD);
  await allow(body.id);
});

describe('who is refused', () => {
  it.each([
    ['nobody', null, 401],
    ['an analyst', 'analyst', 403],
  ])('is not up to %s', async (_name, persona, status) => {
    const before = await gate.call('officer', 'GET', '/v1/identity/denials');
    expect((await deny({ token_id: 't' }, persona)).status).toBe(status);
    expect((await gate.call(persona, 'GET', '/v1/identity/denials')).status).toBe(status);
    expect((await gate.call('officer', 'GET', '/v1/identity/denials')).body).toEqual(before.body);
  });

  it.each([
    ['nobody at all', {}],
    ['two at once', { subject: { sub: 'a', issuer: 'https://a.example.com' }, token_id: 't' }],
    ['a subject of no issuer, where there are several', { subject: { sub: 'a' } }],
    ['a time that is over', { token_id: 't', until: '2001-01-01T00:00:00Z' }],
    ['half a character', { token_id: '\ud800' }],
    ['an empty name', { subject: { sub: '' } }],
    ['a subject of an issuer that there is not', { subject: { sub: 'a', issuer: 'https://a.example.com' } }],
  ])('is not %s', async (_name, body) => {
    expect((await deny(body)).status).toBe(400);
  });

  it('is shown to stewards, with the reason, and on record', async () => {
    const { body } = await deny({
      subject: { sub: 'eve', issuer: issuer.url },
      until: '2999-01-01T00:00:00Z',
    });
    const shown = await gate.call('officer', 'GET', '/v1/identity/denials');
    expect(shown.body).toMatchObject({
      denials: [{ subject: { sub: 'eve' }, reason: 'a test', until: '2999-01-01T00:00:00.000Z' }],
    });
    await allow(body.id);
    const events = await gate.serving.open.gate.audit.tail(20);
    const actions = events.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['deny_identity', 'list_denials', 'allow_identity']));
    // Enough to do it again, should the state be lost.
    expect(events.findLast(({ action }) => action === 'deny_identity')?.reasons).toEqual([
      `subject eve of ${issuer.url}`,
      'until 2999-01-01T00:00:00.000Z',
      'reason: a test',
    ]);
    expect((await allow(body.id)).status).toBe(404);
  });
});

describe('a changed configuration', () => {
  let yaml: string;
  beforeEach(() => {
    yaml = readFileSync(join(gate.folder, 'sluice.yml'), 'utf8');
    seen.length = 0;
  });
  const change = async (text: string): Promise<void> => {
    writeFileSync(join(gate.folder, 'sluice.yml'), text);
    await twin.reload();
  };
  const from = (one: TestIssuer) => `    - { issuer: "${one.url}", audience: sluice }\n`;

  it('refuses the tokens of an issuer that is gone at once, also those that it remembers, and takes them again when it is back', async () => {
    const [ours, theirs] = [await token({ sub: 'a' }), await token({ sub: 'b' }, second)];
    expect([await me(ours, twin.address), await me(theirs, twin.address)]).toEqual([GOOD, GOOD]);
    await change(yaml.replace(from(second), ''));
    expect(await me(ours, twin.address)).toEqual(GOOD);
    expect(await me(theirs, twin.address)).toEqual({ status: 401, code: 'token_issuer_unknown' });
    await change(yaml);
    expect(await me(theirs, twin.address)).toEqual(GOOD);
    expect(seen.filter(({ kind }) => kind === 'config_reloaded')).toHaveLength(2);
  });

  it('counts for a token that is being proven', async () => {
    const slow = await TestIssuer.start(key);
    const answer = Promise.withResolvers<void>();
    slow.ready = answer.promise;
    await change(yaml.replace(from(second), from(slow)));
    const asked = me(await token({ sub: 'late' }, slow), twin.address);
    await expect.poll(() => slow.asked.discovery).toBe(1);
    await change(yaml);
    answer.resolve();
    expect(await asked).toEqual({ status: 401, code: 'token_issuer_unknown' });
    await slow.close();
  });

  it('reads claims and permissions as it says now', async () => {
    const bearer = await token({ sub: 'chief', ranks: ['steward'] });
    const policies = async () =>
      (await fetch(new URL('/v1/policies', twin.address), { headers: { authorization: `Bearer ${bearer}` } }))
        .status;
    expect(await policies()).toBe(403);
    await change(
      yaml.replace(
        from(issuer),
        `    - { issuer: "${issuer.url}", audience: sluice, claims: { roles: ranks } }\n`,
      ),
    );
    expect(await policies()).toBe(200);
    await change(yaml);
    expect(await policies()).toBe(403);
  });

  it.each([
    ['is no YAML', (text: string) => `${text}\n  : [`],
    ['has an unknown key', (text: string) => text.replace('identity:\n', 'identity:\n  issuer: 1\n')],
    [
      'accepts unsigned tokens',
      (text: string) => text.replace('audience: sluice }', 'audience: sluice, algorithms: [none] }'),
    ],
    [
      'has a permission that makes no sense',
      (text: string) => text.replace('{ role: steward }', '{ rule: steward }'),
    ],
  ])('that %s changes nothing', async (_name, edit) => {
    await change(edit(yaml));
    expect(seen.map(({ kind }) => kind)).toContain('config_refused');
    expect(await me(await token({ sub: 'a' }), twin.address)).toEqual(GOOD);
    await change(yaml);
    expect(await me(await token({ sub: 'a' }), twin.address)).toEqual(GOOD);
  });

  it('of other parts waits for a restart, and says so', async () => {
    await change(yaml.replace('per_identity: 4', 'per_identity: 5'));
    expect(seen).toContainEqual({ kind: 'config_reloaded', identity: false, restart: ['limits'] });
    await change(yaml);
  });

  it('is on record before it holds', async () => {
    await change(yaml.replace(from(second), ''));
    await change(yaml);
    const events = await gate.serving.open.gate.audit.tail(50);
    const reload = events.findLast(({ action }) => action === 'reload_identity');
    expect(reload).toMatchObject({ event: 'admin', subject: { sub: 'configuration' } });
    expect(reload?.reasons).toContain(`issuer ${second.url}`);
  });

  it('is seen without anybody saying so', async () => {
    writeFileSync(join(gate.folder, 'sluice.yml'), yaml.replace(from(second), ''));
    await expect
      .poll(async () => me(await token({ sub: 'b' }, second), twin.address), {
        timeout: 30_000,
        interval: 200,
      })
      .toEqual({ status: 401, code: 'token_issuer_unknown' });
    writeFileSync(join(gate.folder, 'sluice.yml'), yaml);
    await twin.reload();
  });
});
