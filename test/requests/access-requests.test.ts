/** From a denied query to a grant and its end, on a whole gate. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { change, POLICIES, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world.close());

const PAYOUTS = 'SELECT amount FROM vault.payouts ORDER BY id';

const audited = async (id: string) => {
  const events = await world.serving.open.gate.audit.tail(1000);
  return events
    .filter(({ reasons }) => reasons.some((reason) => reason.includes(id)))
    .map(({ event, action, decision }) => `${event} ${action} ${decision}`);
};

describe('a dataset', () => {
  it('is denied with the way to ask, opens when it is approved, and closes by itself', async () => {
    const denied = await world.query('rita', PAYOUTS);
    expect(denied).toMatchObject({
      status: 403,
      body: {
        code: 'access_denied',
        request_access: { href: '/v1/access-requests', kind: 'dataset', dataset: 'vault.payouts' },
      },
    });
    const asked = await world.ask('rita', { kind: 'dataset', dataset: 'vault.payouts', duration: '2m' });
    expect(asked).toMatchObject({ state: 'open', dataset: 'vault.payouts', may: ['withdraw'] });
    expect(asked).not.toHaveProperty('policies');
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 403 });

    const waiting = await world.call('olga', 'GET', '/v1/access-requests?to_decide=true');
    expect(waiting.body).toMatchObject({
      requests: [{ id: asked.id, needs: [{ from: 'policy keepers', approvers: 1, given: 0 }] }],
    });
    expect((await world.approve('olga', asked.id)).body).toMatchObject({ state: 'approved' });
    expect(await world.read('rita', PAYOUTS)).toEqual({ status: 200, values: [10, 20] });
    // For whoever asked, and nobody else.
    expect(await world.read('otto', PAYOUTS)).toMatchObject({ status: 403 });

    const [grant] = await world.grants('rita');
    const left = Date.parse(grant!.until) - Date.parse(grant!.created_at);
    expect(left).toBe(120_000);
    // Time goes on by itself as well.
    world.turn(90);
    const before = await world.read('rita', PAYOUTS);
    world.turn(30);
    expect(before.status).toBe(200);
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 403, code: 'access_denied' });
    expect(await world.grants('rita')).toEqual([]);
    expect(await audited(asked.id)).toEqual([
      'request ask allow',
      'request approve allow',
      'grant grant allow',
    ]);
    expect(await audited(grant!.id)).toContain('decision query allow');
  });

  it('closes with the next query when it is revoked', async () => {
    const { id } = await world.ask('rita', { kind: 'dataset', dataset: 'payouts' });
    await world.approve('olga', id);
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 200 });
    const [grant] = await world.grants('rita');
    expect((await world.call('otto', 'DELETE', `/v1/grants/${grant!.id}`)).status).toBe(404);
    const revoked = await world.call('stew', 'DELETE', `/v1/grants/${grant!.id}?comment=over`);
    expect(revoked.body).toMatchObject({
      state: 'revoked',
      comment: 'over',
      revoked_by: { sub: 'stella.steward' },
    });
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 403 });
    expect((await world.call('stew', 'DELETE', `/v1/grants/${grant!.id}`)).status).toBe(409);
    expect(await audited(grant!.id)).toEqual(
      expect.arrayContaining(['request approve allow', 'grant revoke allow', 'grant revoke deny']),
    );
  });

  it('that is open already is not asked for, and one that no grant opens neither', async () => {
    const needless = { kind: 'dataset', dataset: 'gold.members', reason: 'r', duration: 60 };
    expect((await world.post('rita', '/v1/access-requests', needless)).body.code).toBe('request_needless');
    const hopeless = { ...needless, dataset: 'vault.payouts' };
    expect((await world.query('temp', PAYOUTS)).body).not.toHaveProperty('request_access');
    expect((await world.post('temp', '/v1/access-requests', hopeless)).body.code).toBe('request_hopeless');
  });

  it('is asked for once at a time', async () => {
    const { id } = await world.ask('otto', { kind: 'dataset', dataset: 'vault.payouts' });
    const again = { kind: 'dataset', dataset: 'VAULT.PAYOUTS', reason: 'again', duration: '1h' };
    expect(await world.post('otto', '/v1/access-requests', again)).toMatchObject({
      status: 409,
      body: { code: 'request_duplicate' },
    });
    expect((await world.post('otto', `/v1/access-requests/${id}/withdraw`)).body).toMatchObject({
      state: 'withdrawn',
    });
    const { id: other } = await world.ask('otto', { kind: 'dataset', dataset: 'vault.payouts' });
    const denied = await world.post('olga', `/v1/access-requests/${other}/deny`, { comment: 'not for this' });
    expect(denied.body).toMatchObject({
      state: 'denied',
      comment: 'not for this',
      closed_by: { sub: 'olga.officer' },
    });
    expect((await world.approve('olga', other)).body.code).toBe('request_closed');
    expect(await world.read('otto', PAYOUTS)).toMatchObject({ status: 403 });
  });

  it('a request says why and for how long, and not for ever', async () => {
    const ask = async (body: object) =>
      (
        await world.post('otto', '/v1/access-requests', {
          kind: 'dataset',
          dataset: 'vault.payouts',
          ...body,
        })
      ).status;
    expect(await ask({ reason: ' ', duration: 60 })).toBe(400);
    expect(await ask({ reason: 'a\u0007b', duration: 60 })).toBe(400);
    expect(await ask({ reason: 'x'.repeat(1001), duration: 60 })).toBe(400);
    expect(await ask({ reason: 'r' })).toBe(400);
    expect(await ask({ reason: 'r', duration: '31d' })).toBe(400);
    expect(await ask({ reason: 'r', duration: '0s' })).toBe(400);
    expect(await ask({ reason: 'r', until: '2020-01-01' })).toBe(400);
    expect(await ask({ reason: 'r', until: '2999-01-01' })).toBe(400);
    expect(await ask({ reason: 'r', duration: 60, until: '2999-01-01' })).toBe(400);
  });
});

describe('access that was granted', () => {
  it('is none past a policy that came later, and says who is let in', async () => {
    const { id } = await world.ask('rita', { kind: 'dataset', dataset: 'vault.payouts' });
    await world.approve('olga', id);
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 200 });
    const path = join(world.folder, 'policies/policies.yml');
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      `${text}  - id: board-only\n    on: { namespace: vault }\n    allow: { group: board }\n`,
    );
    await world.push();
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 403 });
    expect(await world.grants('rita')).toMatchObject([{ state: 'void', why: 'policy_changed' }]);
    writeFileSync(path, text);
    await world.push();
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 200 });
    const [grant] = await world.grants('rita');
    await world.call('rita', 'DELETE', `/v1/grants/${grant!.id}`);
  });
});

describe('what one has for a time', () => {
  it.each([
    ['a dataset', 'rita', { kind: 'dataset', dataset: 'vault.payouts' }, ['olga']],
    [
      'a mask',
      'otto',
      { kind: 'unmask', dataset: 'gold.members', columns: ['email'] },
      ['tom', 'olga', 'oscar'],
    ],
    ['rows', 'otto', { kind: 'unfilter', dataset: 'gold.members' }, ['olga']],
    ['a project', 'rita', { kind: 'project', project: 'forecast', purpose: 'billing' }, ['stew']],
  ] as const)('is asked for again before it ends: %s', async (_, who, body, approvers) => {
    const granted = async (duration: string) => {
      const { id } = await world.ask(who, { ...body, duration });
      for (const one of approvers) await world.approve(one, id);
      const [newest] = (await world.grants(who)).filter(({ request }) => request === id);
      expect(newest).toMatchObject({ state: 'active' });
      return newest!;
    };
    const first = await granted('1h');
    const second = await granted('3h');
    expect(Date.parse(second.until)).toBeGreaterThan(Date.parse(first.until));
    expect((await world.grants(who)).map(({ id }) => id)).toEqual(
      expect.arrayContaining([first.id, second.id]),
    );
    for (const { id } of [first, second]) await world.call('stew', 'DELETE', `/v1/grants/${id}`);
  });
});

describe('an approver who is refused meanwhile', () => {
  it('has approved nothing of what is still open', async () => {
    const { id } = await world.ask('otto', { kind: 'unmask', dataset: 'gold.members', columns: ['email'] });
    const given = async () =>
      (await world.call('stew', 'GET', `/v1/access-requests/${id}`)).body.needs as readonly object[];
    expect((await world.approve('tom', id)).body).toMatchObject({ state: 'open' });
    expect((await world.approve('olga', id)).body).toMatchObject({ state: 'open' });
    const denied = await world.post('stew', '/v1/identity/denials', {
      subject: { sub: 'olga.officer' },
      reason: 'left',
    });
    expect(denied.status, denied.text).toBe(201);
    expect(await given()).toMatchObject([{ given: 1 }, { from: 'policy hash-mail', given: 0 }]);
    expect((await world.approve('oscar', id)).body).toMatchObject({ state: 'open' });
    expect(await world.read('otto', 'SELECT email FROM gold.members')).not.toMatchObject({
      values: ['ada@example.com'],
    });
    // Let in again, what she said counts again.
    await world.call('stew', 'DELETE', `/v1/identity/denials/${denied.body.id}`);
    expect(await given()).toMatchObject([{ given: 1 }, { given: 2 }]);
    expect((await world.post('otto', `/v1/access-requests/${id}/withdraw`)).status).toBe(200);
  });
});

describe('a mask', () => {
  const MAIL = 'SELECT email FROM gold.members';
  const PHONE = 'SELECT phone FROM gold.members';

  it('is lifted when everyone has approved whom its policies name, on the named column alone', async () => {
    const { id } = await world.ask('rita', { kind: 'unmask', dataset: 'gold.members', columns: ['EMAIL'] });
    const seen = (await world.call('stew', 'GET', `/v1/access-requests/${id}`)).body;
    expect(seen).toMatchObject({
      columns: ['email'],
      policies: ['ends-of-mail', 'hash-mail'],
      needs: [
        { from: 'policy ends-of-mail', approvers: 1, given: 0 },
        { from: 'policy hash-mail', approvers: 2, given: 0 },
      ],
    });
    expect((await world.approve('olga', id)).body).toMatchObject({ state: 'open' });
    expect((await world.approve('tom', id)).body).toMatchObject({ state: 'open' });
    expect((await world.read('rita', MAIL)).values).not.toContain('ada@example.com');
    expect((await world.approve('oscar', id)).body).toMatchObject({ state: 'approved' });
    expect((await world.read('rita', MAIL)).values).toEqual(['ada@example.com']);
    expect((await world.read('rita', PHONE)).values).not.toContain('111');
    expect((await world.read('otto', MAIL)).values).not.toContain('ada@example.com');
  });

  it('of a policy that names nobody is for the owner, by their verified address', async () => {
    const { id } = await world.ask('rita', { kind: 'unmask', dataset: 'gold.members', columns: ['phone'] });
    expect((await world.approve('olga', id)).status).toBe(404);
    expect((await world.approve('unverified', id)).status).toBe(404);
    expect((await world.approve('unsaid', id)).status).toBe(404);
    expect((await world.approve('owner', id)).body).toMatchObject({ state: 'approved' });
    expect((await world.read('rita', PHONE)).values).toEqual(['111']);
  });

  it('a policy that is edited is lifted no more, until it is as it was', async () => {
    expect((await world.read('rita', PHONE)).values).toEqual(['111']);
    const path = join(world.folder, 'policies/policies.yml');
    const text = readFileSync(path, 'utf8');
    const edited = text.replace(
      '    mask: { with: hash }\n    unless: { group: officers }\n  - id: no-ssn',
      '    mask: { with: hash, scope: dataset }\n    unless: { group: officers }\n  - id: no-ssn',
    );
    expect(edited).not.toBe(text);
    writeFileSync(path, edited);
    await world.push();
    expect((await world.read('rita', PHONE)).values).not.toContain('111');
    expect(await world.grants('rita')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ columns: ['phone'], state: 'void', why: 'policy_changed' }),
      ]),
    );
    // A policy that comes later is lifted by nobody.
    const later =
      '  - id: later\n    on: { column_name: phone }\n    mask: { with: "null" }\n    unless: { group: officers }\n';
    writeFileSync(path, `policies:${POLICIES}${later}`);
    await world.push();
    expect((await world.read('rita', PHONE)).values).toEqual([null]);
    writeFileSync(path, text);
    await world.push();
    expect((await world.read('rita', PHONE)).values).toEqual(['111']);
  });

  it('a dataset of the same name is another dataset', async () => {
    const manifest = readFileSync(join(world.folder, 'target/manifest.json'), 'utf8');
    change(world.folder, ({ sources }) => {
      const { 'source.test.gold.members': members } = sources;
      delete sources['source.test.gold.members'];
      sources['source.test.other.members'] = {
        ...members,
        unique_id: 'source.test.other.members',
        source_name: 'other',
      };
    });
    await world.push();
    expect((await world.read('rita', PHONE)).values).not.toContain('111');
    expect((await world.grants('rita')).map(({ why }) => why)).toContain('dataset_replaced');
    writeFileSync(join(world.folder, 'target/manifest.json'), manifest);
    await world.push();
    expect((await world.read('rita', PHONE)).values).toEqual(['111']);
  });

  it('hidden columns are unknown columns, and what is shown needs no lift', async () => {
    const ask = (column: string) =>
      world.post('otto', '/v1/access-requests', {
        kind: 'unmask',
        dataset: 'gold.members',
        columns: [column],
        reason: 'r',
        duration: 60,
      });
    const hidden = await ask('ssn');
    const unknown = await ask('sss');
    expect(hidden.status).toBe(400);
    expect(hidden.body).toEqual({
      ...unknown.body,
      message: String(unknown.body.message).replace('sss', 'ssn'),
      request_id: hidden.body.request_id,
    });
    expect((await ask('region')).body.code).toBe('request_needless');
  });
});

describe('rows', () => {
  it('come back without the filter, whose policies the asker is not told', async () => {
    const ROWS = 'SELECT id FROM gold.members ORDER BY id';
    expect((await world.read('rita', ROWS)).values).toEqual([1]);
    const asked = await world.ask('rita', { kind: 'unfilter', dataset: 'gold.members' });
    expect(JSON.stringify(asked)).not.toContain('own-region');
    await world.approve('olga', asked.id);
    expect((await world.read('rita', ROWS)).values).toEqual([1, 2]);
    expect(JSON.stringify(await world.grants('rita'))).not.toContain('own-region');
    expect(JSON.stringify(await world.grants('olga'))).toContain('own-region');
  });
});

describe('a project', () => {
  it('takes in whom its owner, else a steward, lets in, and for the purpose alone', async () => {
    const asked = await world.ask('rita', { kind: 'project', project: 'forecast', purpose: 'billing' });
    expect((await world.approve('stew', asked.id)).body).toMatchObject({ state: 'approved' });
    const within = (purpose: string) =>
      world.call('rita', 'POST', '/v1/query', {
        body: { sql: PAYOUTS },
        headers: { 'x-sluice-project': 'forecast', 'x-sluice-purpose': purpose },
      });
    // A member who has not acknowledged the purpose yet; for the other purpose no member at all.
    expect((await within('billing')).body.code).toBe('purpose_not_acknowledged');
    expect((await within('planning')).body.code).toBe('project_not_found');
  });

  it('of the same name is another project, and takes in nobody whom it did not let in itself', async () => {
    const manifest = readFileSync(join(world.folder, 'target/manifest.json'), 'utf8');
    const within = () =>
      world.call('rita', 'POST', '/v1/query', {
        body: { sql: PAYOUTS },
        headers: { 'x-sluice-project': 'forecast', 'x-sluice-purpose': 'billing' },
      });
    expect((await within()).body.code).toBe('purpose_not_acknowledged');
    change(world.folder, ({ exposures }) => {
      for (const [id, exposure] of Object.entries(exposures)) {
        if (exposure.name !== 'forecast') continue;
        delete exposures[id];
        exposures['exposure.other.forecast'] = { ...exposure, unique_id: 'exposure.other.forecast' };
      }
    });
    await world.push();
    expect((await within()).body.code).toBe('project_not_found');
    expect((await world.grants('rita')).map(({ why }) => why)).toContain('project_replaced');
    writeFileSync(join(world.folder, 'target/manifest.json'), manifest);
    await world.push();
    expect((await within()).body.code).toBe('purpose_not_acknowledged');
  });

  it('of which the asker may know no dataset is unknown', async () => {
    const ask = (project: string) =>
      world.post('rita', '/v1/access-requests', { kind: 'project', project, reason: 'r', duration: 60 });
    const [hidden, unknown] = [await ask('hidden'), await ask('hudden')];
    expect(hidden.status).toBe(404);
    expect(String(hidden.body.message).replace('hidden', 'hudden')).toBe(unknown.body.message);
  });
});
