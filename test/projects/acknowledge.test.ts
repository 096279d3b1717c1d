/** Acknowledging the text of a purpose: by members, in person, of the version that they read; and anew when it changes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reply, startGate, type TestGate } from '../e2e/gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate();
});
afterAll(() => gate.close());

const PATH = '/v1/projects/load_forecast';
const SQL = 'SELECT count(*) AS n FROM gold.meters';
const WITHIN = { project: 'load_forecast', purpose: 'grid-planning' };

async function versionAs(persona: string): Promise<string> {
  const { acting } = (await gate.call(persona, 'GET', PATH)).body as unknown as {
    acting: { purposes: { version: string }[] };
  };
  return acting.purposes[0]?.version ?? '';
}

const post = (persona: string | null, body: object, path = PATH): Promise<Reply> =>
  gate.call(persona, 'POST', `${path}/acknowledge`, { body });

describe('acknowledging', () => {
  it('opens the purpose to whoever did it, and to nobody else', async () => {
    const version = await versionAs('analyst');
    expect((await gate.query('analyst', SQL, WITHIN)).body.code).toBe('purpose_not_acknowledged');
    const reply = await post('analyst', { purpose: 'grid-planning', version });
    expect([reply.status, reply.body.version]).toEqual([200, version]);
    expect((await gate.query('analyst', SQL, WITHIN)).status).toBe(200);
    expect((await gate.query('service', SQL, WITHIN)).body.code).toBe('purpose_not_acknowledged');
  });

  it('is on record, with the version', async () => {
    const [event] = (await gate.serving.open.gate.audit.tail(10)).filter(
      ({ action }) => action === 'acknowledge',
    );
    expect(event).toMatchObject({
      event: 'admin',
      decision: 'allow',
      subject: { sub: 'anna.analyst' },
      ...WITHIN,
      reasons: [`version ${await versionAs('analyst')}`],
    });
  });

  it('twice says since when', async () => {
    const version = await versionAs('analyst');
    const [first, second] = [
      await post('analyst', { purpose: 'grid-planning', version }),
      await post('analyst', { purpose: 'grid-planning', version }),
    ];
    expect(second.body.acknowledged_at).toBe(first.body.acknowledged_at);
  });

  it.each([
    [
      'somebody who is no member',
      'officer',
      { purpose: 'grid-planning', version: 'x' },
      PATH,
      404,
      'project_not_found',
    ],
    ['nobody', null, { purpose: 'grid-planning', version: 'x' }, PATH, 404, 'project_not_found'],
    [
      'a project that there is not',
      'analyst',
      { purpose: 'grid-planning', version: 'x' },
      '/v1/projects/none',
      404,
      'project_not_found',
    ],
    ['another version', 'service', { purpose: 'grid-planning', version: 'x' }, PATH, 409, 'purpose_changed'],
    [
      'another purpose',
      'service',
      { purpose: 'marketing', version: 'x' },
      PATH,
      403,
      'purpose_not_in_project',
    ],
    ['no version', 'service', { purpose: 'grid-planning' }, PATH, 400, 'bad_request'],
  ])('of %s is refused', async (_, persona, body, path, status, code) => {
    const reply = await post(persona, body, path);
    expect([reply.status, reply.body.code], reply.text).toEqual([status, code]);
  });

  it('is that of one issuer alone', async () => {
    const acknowledged = await gate.serving.open.gate.acknowledgements.when({
      issuer: 'http://elsewhere.example.com',
      sub: 'anna.analyst',
      project: 'load_forecast',
      purpose: 'grid-planning',
      version: await versionAs('analyst'),
    });
    // Another issuer's person of that name is another person.
    expect(acknowledged).toBeNull();
  });

  it('is asked for again once the text is another one, and the old version is refused', async () => {
    const version = await versionAs('analyst');
    const file = join(gate.folder, 'target/manifest.json');
    const manifest = readFileSync(file, 'utf8');
    writeFileSync(file, manifest.replaceAll('what a single household does', 'what anybody does'));
    await gate.push();
    const reply = await gate.query('analyst', SQL, WITHIN);
    expect([reply.status, reply.body.code]).toEqual([403, 'purpose_not_acknowledged']);
    expect(reply.body.hint).toContain(await versionAs('analyst'));
    expect((await post('analyst', { purpose: 'grid-planning', version })).body.code).toBe('purpose_changed');
    await post('analyst', { purpose: 'grid-planning', version: await versionAs('analyst') });
    expect((await gate.query('analyst', SQL, WITHIN)).status).toBe(200);
    // Back to the words of before, which were acknowledged once.
    writeFileSync(file, manifest);
    await gate.push();
    expect((await gate.query('analyst', SQL, WITHIN)).status).toBe(200);
  });

  it('ends with the membership: whoever is none any more acts no more', async () => {
    const file = join(gate.folder, 'target/manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
      exposures: Record<string, { meta: { sluice: object }; config: { meta: { sluice: object } } }>;
    };
    const exposure = manifest.exposures['exposure.energy_community.load_forecast'];
    for (const meta of [exposure?.meta, exposure?.config.meta])
      if (meta?.sluice) Object.assign(meta.sluice, { members: { role: 'service' } });
    writeFileSync(file, JSON.stringify(manifest));
    await gate.push();
    expect((await gate.query('analyst', SQL, WITHIN)).body.code).toBe('project_not_found');
  });
});
