/** POST /v1/plan and POST /v1/simulate at a running gate: who may ask, what they learn, and that nothing changes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { planAnswer, simulateAnswer } from '../../src/doors/http/plan-schemas.ts';
import type { PlanReport } from '../../src/plan/report.ts';
import type { Simulation } from '../../src/simulate.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';
import { startGate, type TestGate } from './gate.ts';

let gate: TestGate;
let unmasking: object;
let same: object;

beforeAll(async () => {
  gate = await startGate();
  same = readArtifacts(gate.config, {});
  const content = readArtifacts(gate.config, {});
  unmasking = {
    ...content,
    policies: content.policies.map(({ path, text }) => ({
      path,
      text: text.replace(
        '- { group: data-governance-officers }',
        '- { group: [data-governance-officers, marketing] }',
      ),
    })),
  };
  // Somebody who was seen and is no persona.
  await gate.query('intern', 'SELECT 1');
});

afterAll(() => gate.close());

const plan = async (persona: string | null, body: object, query = '') => {
  const reply = await gate.call(persona, 'POST', `/v1/plan${query}`, { body });
  return { ...reply, report: reply.body as unknown as PlanReport };
};
const lastEvent = async () => (await gate.serving.open.gate.audit.tail(1))[0];

/** The example, with its partners' clean room edited in the manifest. */
function withRoom(from: RegExp, to: string): object {
  const path = join(gate.folder, 'target/manifest.json');
  const before = readFileSync(path, 'utf8');
  const after = before.replaceAll(from, to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
  try {
    return readArtifacts(gate.config, {});
  } finally {
    writeFileSync(path, before);
  }
}

describe('a clean room', () => {
  const SIZE = /"min_group_size":\s*10/g;
  const DIMENSIONS = /"dimensions":\s*\[\s*"region",/g;

  it.each([
    [
      'smaller groups',
      SIZE,
      '"min_group_size": 5',
      'gain',
      'gain limit_loosened min_group_size 10 -> min_group_size 5',
    ],
    [
      'larger groups',
      SIZE,
      '"min_group_size": 50',
      'no_gain',
      'loss limit_tightened min_group_size 10 -> min_group_size 50',
    ],
    [
      'another dimension',
      DIMENSIONS,
      '"dimensions": ["region", "community",',
      'gain',
      'gain limit_loosened dimensions region, joined_on (by year) -> dimensions region, community, joined_on (by year)',
    ],
    [
      'a dimension less',
      DIMENSIONS,
      '"dimensions": [',
      'no_gain',
      'loss limit_tightened dimensions region, joined_on (by year) -> dimensions joined_on (by year)',
    ],
  ])('with %s', async (_, from, to, verdict, line) => {
    const { report } = await plan('officer', withRoom(from, to));
    expect(report.verdict).toBe(verdict);
    expect(report.warnings.join()).not.toContain('inside projects');
    const [access, ...others] = report.access;
    expect(others).toEqual([]);
    expect(access?.who).toMatchObject({
      label: 'members of partner_clean_room: group partners',
      personas: ['partner'],
      imagined: false,
    });
    const told = access?.changes.filter(({ dataset }) => dataset === 'gold.members') ?? [];
    expect(told.map((one) => `${one.direction} ${one.change} ${one.from} -> ${one.to}`)).toEqual([line]);
    expect(told.map(({ when, tags }) => [when, tags.includes('pii.email')])).toEqual([
      ['in project partner_clean_room', true],
    ]);
  });
});

describe('POST /v1/plan', () => {
  it('names the group, the columns and the datasets of a change that unmasks pii.email', async () => {
    const { status, report } = await plan('pipeline', unmasking);
    expect(status).toBe(200);
    expect(report.verdict).toBe('gain');
    const group = report.access.filter(({ who }) => who.label === 'group marketing');
    const unmasked = group.flatMap(({ changes }) => changes).filter(({ tags }) => tags.includes('pii.email'));
    expect(
      unmasked.map(({ dataset, column, change, from, to }) => [dataset, column, change, from, to]),
    ).toEqual(
      expect.arrayContaining([
        ['gold.members', 'email', 'column_unmasked', 'hash', 'raw'],
        ['silver.members_snapshot', 'email', 'column_unmasked', 'hash', 'raw'],
      ]),
    );
    expect(report.access.every(({ who }) => who.examples.length === 0)).toBe(true);
  });

  it('answers in its published shape', async () => {
    const { report } = await plan('officer', unmasking);
    expect(z.strictObject(planAnswer.shape).safeParse(report).error).toBeUndefined();
  });

  it('changes nothing, and is on record', async () => {
    const before = await gate.call('officer', 'GET', '/v1/metadata');
    const { report } = await plan('officer', unmasking);
    const after = await gate.call('officer', 'GET', '/v1/metadata');
    expect(after.body).toEqual(before.body);
    expect(report.base).toBe(before.body.etag);
    expect(await lastEvent()).toMatchObject({
      event: 'admin',
      action: 'plan',
      decision: 'allow',
      subject: { sub: 'olga.officer' },
      snapshot: report.etag,
    });
  });

  it('says so where nothing would change', async () => {
    const { report } = await plan('pipeline', same);
    expect(report).toMatchObject({ changed: false, verdict: 'no_gain', access: [], policies: [] });
  });

  it.each([
    ['anonymous', null, 401],
    ['a reader', 'analyst', 403],
  ] as const)('is not for %s, and says nothing', async (_name, persona, status) => {
    const reply = await plan(persona, unmasking);
    expect(reply.status).toBe(status);
    expect(reply.text).not.toContain('pii');
    expect(await lastEvent()).toMatchObject({ event: 'admin', action: 'plan', decision: 'deny' });
  });

  it('refuses what a push would refuse, with the same words', async () => {
    const broken = {
      ...same,
      policies: [{ path: 'p.yml', text: 'policies: [{ id: x, on: { tag: a }, mask: 1 }]' }],
    };
    const planned = await plan('pipeline', broken);
    const pushed = await gate.call('pipeline', 'PUT', '/v1/metadata', { body: broken });
    expect(planned.status).toBe(422);
    expect(planned.body.details).toEqual(pushed.body.details);
  });
});

describe('POST /v1/simulate', () => {
  const ask = async (persona: string | null, body: object) => {
    const reply = await gate.call(persona, 'POST', '/v1/simulate', { body });
    return { ...reply, simulation: reply.body as unknown as Simulation };
  };

  it('tells a steward what others would see', async () => {
    const { status, simulation } = await ask('officer', {
      identities: [
        {
          name: 'new colleague',
          groups: ['employees', 'community:beta'],
          attributes: { communities: ['beta'] },
        },
      ],
      personas: ['external'],
      datasets: ['gold.members', 'gold.meter*'],
    });
    expect(status).toBe(200);
    expect(z.strictObject(simulateAnswer.shape).safeParse(simulation).error).toBeUndefined();
    const told = simulation.cells.map(({ identity, dataset, allow, reason }) => [
      identity,
      dataset,
      allow,
      reason,
    ]);
    expect(told).toEqual([
      ['external', 'gold.members', false, 'requirement_not_met'],
      ['external', 'gold.meter_readings', false, 'level_internal'],
      ['external', 'gold.meters', false, 'level_internal'],
      ['new colleague', 'gold.members', true, 'allowed'],
      ['new colleague', 'gold.meter_readings', true, 'allowed'],
      ['new colleague', 'gold.meters', true, 'allowed'],
    ]);
    expect(simulation.cells[3]).toMatchObject({
      masked: { email: 'hash', birth_date: 'null', address: 'constant (value withheld)' },
      filters: ['own-community'],
    });
  });

  it('is what a query then shows', async () => {
    const { simulation } = await ask('officer', {
      personas: ['analyst'],
      datasets: ['gold.members'],
      columns: true,
    });
    const { body } = await gate.query('analyst', 'SELECT * FROM gold.members LIMIT 1');
    const [cell] = simulation.cells;
    expect(Object.keys(cell?.masked ?? {}).sort()).toEqual(
      (body.columns ?? []).flatMap(({ name, masked }) => (masked ? [name] : [])).sort(),
    );
    expect(cell?.columns?.filter(({ shown }) => shown !== 'hidden').map(({ name }) => name)).toEqual(
      (body.columns ?? []).map(({ name }) => name),
    );
  });

  it('takes a state that is not applied', async () => {
    const asked = { personas: ['intern'], datasets: ['gold.members'] };
    const applied = await ask('officer', asked);
    const would = await ask('officer', { ...asked, metadata: unmasking });
    expect(applied.simulation.cells[0]?.masked).toMatchObject({ email: 'hash' });
    expect(would.simulation.cells[0]?.masked).not.toHaveProperty('email');
    expect((await gate.query('intern', 'SELECT email FROM gold.members LIMIT 1')).body.columns).toMatchObject(
      [{ name: 'email', masked: true }],
    );
  });

  it('is on record', async () => {
    await ask('officer', { personas: ['external'], datasets: ['gold.tariffs'] });
    expect(await lastEvent()).toMatchObject({
      event: 'admin',
      action: 'simulate',
      datasets: ['gold.tariffs'],
      subject: { sub: 'olga.officer' },
    });
  });

  it.each([
    ['anonymous', null, 401],
    ['a reader', 'analyst', 403],
    ['a publisher', 'pipeline', 403],
  ] as const)('is not for %s', async (_name, persona, status) => {
    expect((await ask(persona, { personas: ['officer'] })).status).toBe(status);
  });

  it.each([
    ['an environment', { context: { environment: 'system' } }],
    ['a persona that is none', { personas: ['nobody'] }],
    ['a dataset that is none', { datasets: ['gold.nothing*'] }],
    ['a moment that is none', { context: { time: 'yesterday' } }],
    ['two of one name', { identities: [{ name: 'x' }, { name: 'x' }] }],
    ['an attribute name that is none', { identities: [{ attributes: { 'a b': 1 } }] }],
  ])('refuses %s', async (_name, body) => {
    expect((await ask('officer', body)).status).toBe(400);
  });
});

describe('who was seen', () => {
  it('is taken down by the gate that authenticated them', async () => {
    const { gate: inner } = gate.serving.open;
    const seen = async () => (await inner.seenSince('2000-01-01')).map(({ sub }) => sub);
    await expect.poll(seen, { timeout: 20_000 }).toContain('ivan.intern');
  });

  it('counts in a plan, and is named to stewards alone', async () => {
    const { gate: inner } = gate.serving.open;
    const foreign = {
      issuer: 'https://login.example.com',
      sub: 'mia.marketing',
      facts: JSON.stringify({
        kind: 'user',
        groups: ['employees', 'marketing'],
        roles: [],
        scopes: [],
        attributes: {},
      }),
      lastSeen: new Date().toISOString().slice(0, 10),
    };
    const { openStore } = await import('../../src/store/open-store.ts');
    const store = await openStore(`sqlite:${join(gate.folder, '.sluice/state.db')}`);
    await store.saveSeen([foreign], { since: '2000-01-01', most: 10 });
    await store.close();
    expect((await inner.seenSince('2000-01-01')).map(({ sub }) => sub)).toContain('mia.marketing');

    const group = async (persona: string) =>
      (await plan(persona, unmasking, '?days=1')).report.access.find(
        ({ who }) => who.label === 'group marketing',
      );
    expect((await group('officer'))?.who).toMatchObject({ seen: 1, examples: ['mia.marketing'] });
    const forPublishers = await plan('pipeline', unmasking, '?days=1');
    expect(forPublishers.text).not.toContain('mia');
    expect((await group('pipeline'))?.who).toMatchObject({ seen: 1, examples: [] });
  });
});
