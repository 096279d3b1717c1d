/** A token that somebody else acts with, in a project: both are members, and both have acknowledged, each in person. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
let token: string;
beforeAll(async () => {
  gate = await startGate();
  const { issuer } = gate.serving;
  token = (await issuer?.mintToken('analyst', { actor: 'agent' })) ?? '';
});
afterAll(() => gate.close());

const SQL = 'SELECT count(*) AS n FROM gold.meters';
const inForecast = { project: 'load_forecast', purpose: 'grid-planning' };

const ask = (within: object) =>
  gate.call(null, 'POST', '/v1/query', { token, body: { sql: SQL, ...within } });

async function acknowledge(who: { persona: string } | { token: string }) {
  const persona = 'persona' in who ? who.persona : null;
  const given = 'token' in who ? { token: who.token } : {};
  const { body } = await gate.call(persona, 'GET', '/v1/projects/load_forecast', given);
  const { acting } = body as unknown as { acting: { purposes: { version: string }[] } };
  return gate.call(persona, 'POST', '/v1/projects/load_forecast/acknowledge', {
    ...given,
    body: { purpose: 'grid-planning', version: acting.purposes[0]?.version },
  });
}

describe('in the name of a member', () => {
  it('nobody acts who is none', async () => {
    const reply = await ask({ project: 'invoice_review', purpose: 'yearly-statistics' });
    expect([reply.status, reply.body.code]).toEqual([404, 'project_not_found']);
  });

  it('nobody acknowledges for them', async () => {
    const reply = await acknowledge({ token });
    expect([reply.status, reply.body.code]).toEqual([403, 'access_denied']);
    expect((await ask(inForecast)).body.code).toBe('purpose_not_acknowledged');
  });

  it('a member acts once both have acknowledged', async () => {
    expect((await acknowledge({ persona: 'analyst' })).status).toBe(200);
    const reply = await ask(inForecast);
    expect(reply.body).toMatchObject({
      code: 'purpose_not_acknowledged',
      message: expect.stringContaining('acts for you'),
    });
    expect((await acknowledge({ persona: 'agent' })).status).toBe(200);
    expect((await ask(inForecast)).status).toBe(200);
  });
});
