/** Asking and deciding through an agent, with real tokens: each party needs a grant of its own, and nobody approves what they have a part in. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Reply, startGate, type TestGate } from '../e2e/gate.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from '../identity/test-issuer.ts';

type Claims = Readonly<Record<string, unknown>>;

const ANALYST: Claims = { sub: 'anna', groups: ['employees', 'analysts'] };
/** Of an agent that may know of the readings itself. */
const AGENT: Claims = { sub: 'agent', client_id: 'app', groups: ['employees', 'analysts'] };
const OFFICER: Claims = { sub: 'olga', groups: ['employees', 'data-governance-officers'] };
const SQL = 'SELECT count(*) FROM bronze.readings';

let key: SigningKey;
let issuers: readonly TestIssuer[];
let gate: TestGate;
beforeAll(async () => {
  key = await makeKey('k1');
  issuers = [await TestIssuer.start(key), await TestIssuer.start(key)];
  const section = issuers.map(({ url }) => `    - { issuer: "${url}", audience: sluice }\n`).join('');
  gate = await startGate({
    edit: (yaml) => yaml.replace('identity:\n', `identity:\n  issuers:\n${section}`),
  });
}, 60_000);
afterAll(async () => {
  await gate.close();
  for (const issuer of issuers) await issuer.close();
});

async function call(who: Claims, method: string, path: string, body?: object, nth = 0): Promise<Reply> {
  const token = await signToken({ key, issuer: issuers[nth]!.url, claims: who });
  return gate.call(null, method, path, body === undefined ? { token } : { token, body });
}
const read = async (who: Claims): Promise<number> =>
  (await call(who, 'POST', '/v1/query', { sql: SQL })).status;
const through = (who: Claims, act: Claims): Claims => ({ ...who, act });
const ask = async (who: Claims): Promise<string> => {
  const reply = await call(who, 'POST', '/v1/access-requests', {
    kind: 'dataset',
    dataset: 'bronze.readings',
    reason: 'r',
    duration: '1h',
  });
  expect(reply.status, reply.text).toBe(201);
  return String(reply.body.id);
};
const approve = (who: Claims, id: string, nth = 0): Promise<Reply> =>
  call(who, 'POST', `/v1/access-requests/${id}/approve`, {}, nth);

it('a grant is for the subject alone, and the agent needs its own', async () => {
  const id = await ask(through(ANALYST, AGENT));
  const shown = await call(OFFICER, 'GET', `/v1/access-requests/${id}`);
  expect(shown.body).toMatchObject({ asker: { sub: 'anna' }, through: [{ sub: 'agent' }] });
  expect((await approve(OFFICER, id)).status).toBe(200);
  expect(await read(ANALYST)).toBe(200);
  expect(await read(AGENT)).toBe(403);
  expect(await read(through(ANALYST, AGENT))).toBe(403);
  const own = await ask(AGENT);
  expect((await approve(OFFICER, own)).status).toBe(200);
  expect(await read(through(ANALYST, AGENT))).toBe(200);
  const listed = await call(AGENT, 'GET', '/v1/grants?mine=true');
  const [grant] = (listed.body as unknown as { grants: { id: string }[] }).grants;
  expect((await call(AGENT, 'DELETE', `/v1/grants/${grant!.id}`)).status).toBe(200);
  expect(await read(through(ANALYST, AGENT))).toBe(403);
  // Of the same name at another issuer it is nobody's.
  expect((await call(ANALYST, 'POST', '/v1/query', { sql: SQL }, 1)).status).toBe(403);
});

it('nobody approves what they asked for, through whomever', async () => {
  const asker: Claims = { sub: 'nora', groups: ['employees', 'analysts', 'data-governance-officers-to-be'] };
  const id = await ask(through(asker, AGENT));
  const officer = (claims: Claims): Claims => ({ ...claims, groups: OFFICER.groups });
  for (const [who, nth] of [
    [officer(asker), 0],
    [officer(asker), 1],
    [officer(AGENT), 0],
    [through(OFFICER, officer(asker)), 0],
    [through(OFFICER, officer(AGENT)), 0],
    [through(officer(asker), OFFICER), 0],
  ] as const)
    expect(await approve(who, id, nth)).toMatchObject({ status: 403, body: { code: 'not_an_approver' } });
  // An officer's agent that is no officer approves nothing either.
  const stranger = through(OFFICER, { sub: 'stranger', client_id: 'app', groups: ['employees'] });
  expect((await approve(stranger, id)).status).toBe(404);
  expect((await approve(OFFICER, id)).status).toBe(200);
});

it('whoever acts for somebody learns of what they asked for in that name, and of nothing else', async () => {
  const asker: Claims = { sub: 'rosa', groups: ['employees', 'analysts'] };
  // Of the readings it may not know.
  const stranger: Claims = { sub: 'stranger', client_id: 'app', groups: ['employees'] };
  const known = async (who: Claims): Promise<number> =>
    (await call(who, 'GET', '/v1/catalogue/bronze.readings')).status;
  expect([await known(asker), await known(through(asker, stranger))]).toEqual([200, 404]);
  const idsFor = async (who: Claims, kind: 'access-requests' | 'grants'): Promise<unknown[]> => {
    const { body } = await call(who, 'GET', `/v1/${kind}?mine=true`);
    return (body[kind === 'grants' ? 'grants' : 'requests'] as { id: string }[]).map((one) => one.id);
  };
  const own = await ask(asker);
  const path = `/v1/access-requests/${own}`;
  expect([
    await idsFor(asker, 'access-requests'),
    await idsFor(through(asker, stranger), 'access-requests'),
  ]).toEqual([[own], []]);
  expect((await call(through(asker, stranger), 'GET', path)).status).toBe(404);
  expect((await call(through(asker, stranger), 'POST', `${path}/withdraw`)).status).toBe(404);
  expect((await approve(OFFICER, own)).status).toBe(200);
  const [grant] = await idsFor(asker, 'grants');
  expect(await idsFor(through(asker, stranger), 'grants')).toEqual([]);
  expect((await call(through(asker, stranger), 'DELETE', `/v1/grants/${String(grant)}`)).status).toBe(404);
  expect((await call(asker, 'DELETE', `/v1/grants/${String(grant)}`)).status).toBe(200);

  const passedOn = await ask(through(asker, AGENT));
  expect(await idsFor(through(asker, AGENT), 'access-requests')).toEqual([passedOn]);
  expect((await call(through(asker, AGENT), 'POST', `/v1/access-requests/${passedOn}/withdraw`)).status).toBe(
    200,
  );
});
