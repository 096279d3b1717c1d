/** How people might get, keep or find out what nobody gave them by asking. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takesPart } from '../../src/access-requests/deciding.ts';
import { shortened } from '../../src/access-requests/term.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import { revokeGrant } from '../../src/grants.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { openGate } from '../../src/open.ts';
import { type AccessRequest, someone, throughOf } from '../../src/requests/request.ts';
import { approverFor, mayApprove, type Requirement } from '../../src/requests/routing.ts';
import { forward } from '../e2e/gate.ts';
import { identity } from '../policies/support/catalogue.ts';
import { startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld('requests: { max_open: 3, per_hour: 40 }');
}, 60_000);
afterAll(() => world.close());

const PAYOUTS = 'SELECT amount FROM vault.payouts ORDER BY id';

describe('nobody decides their own', () => {
  const askedBy = (who: Identity): AccessRequest =>
    ({ asker: someone(who), through: throughOf(who) }) as AccessRequest;
  const rita = identity({ sub: 'rita', attributes: { email: 'rita@example.com' } });
  const agent = identity({ sub: 'agent', kind: 'service' });
  const other = identity({ sub: 'other' });

  it.each<[string, AccessRequest, Identity]>([
    ['as the same subject', askedBy(rita), rita],
    [
      'as the same subject at another issuer',
      askedBy(rita),
      identity({ sub: 'rita', issuer: 'https://b.example.com' }),
    ],
    [
      'with another account of the same address',
      askedBy(rita),
      identity({ sub: 'x', attributes: { email: 'RITA@example.com' } }),
    ],
    [
      'with an account that has the address for its subject',
      askedBy(rita),
      identity({ sub: 'Rita@example.com' }),
    ],
    [
      'with an account that has the subject for its address',
      askedBy(identity({ sub: 'rita@example.com' })),
      rita,
    ],
    ['as the same subject in other case', askedBy(rita), identity({ sub: 'RITA' })],
    ['as the same subject in other letters', askedBy(rita), identity({ sub: 'ｒita' })],
    ['through an agent', askedBy(rita), { ...other, actor: rita }],
    ['as the agent that asked', askedBy({ ...rita, actor: agent }), agent],
    ['in whose name an agent asked', askedBy({ ...rita, actor: agent }), rita],
    ['with the agent that asked', askedBy({ ...rita, actor: agent }), { ...other, actor: agent }],
    [
      'with an agent that passed it on',
      askedBy({ ...rita, actor: { ...agent, prior: [{ sub: 'first', issuer: 'https://a.example.com' }] } }),
      identity({ sub: 'first' }),
    ],
  ])('%s', (_how, request, who) => expect(takesPart(request, who)).toBe(true));

  it('and somebody else may', () => expect(takesPart(askedBy(rita), other)).toBe(false));

  it('an owner is whoever has the address, and nobody whose address looks alike', () => {
    const owner = { approver: approverFor('Kim@Example.com', { owners: new Map(), fallback: null }) };
    const deciding = { environment: 'e', networks: null, hours: [], isSteward: () => false };
    const by = (given: Partial<Identity>): boolean => mayApprove(owner, identity(given), deciding);
    const verified = (email: string) => ({ sub: 'x', attributes: { email, email_verified: true } });
    expect([by({ sub: 'kim@example.com' }), by(verified('KIM@example.com'))]).toEqual([true, true]);
    expect([by({ sub: '\u212aim@example.com' }), by(verified('\u212aim@example.com'))]).toEqual([
      false,
      false,
    ]);
  });

  it('whoever acts for an approver must be one as well', () => {
    const requirement: Requirement = {
      key: 'k',
      name: 'n',
      policy: 'p',
      owner: null,
      approver: { kind: 'condition', by: [[{ fact: 'group', value: 'officers', negated: false }]] },
      approvers: 1,
    };
    const deciding = { environment: 'e', networks: null, hours: [], isSteward: () => false };
    const officer = identity({ groups: ['officers'] });
    expect(mayApprove(requirement, officer, deciding)).toBe(true);
    expect(mayApprove(requirement, { ...officer, actor: agent }, deciding)).toBe(false);
    expect(mayApprove(requirement, { ...rita, actor: officer }, deciding)).toBe(false);
    expect(mayApprove(requirement, { ...officer, actor: officer }, deciding)).toBe(true);
  });

  it('on a running gate', async () => {
    // Oscar reads the vault as little as Rita, and decides who does.
    const { id } = await world.ask('oscar', { kind: 'dataset', dataset: 'vault.payouts' });
    expect(await world.approve('oscar', id)).toMatchObject({
      status: 403,
      body: { code: 'not_an_approver' },
    });
    expect(await world.post('oscar', `/v1/access-requests/${id}/deny`, { comment: 'c' })).toMatchObject({
      status: 403,
    });
    expect(await world.read('oscar', PAYOUTS)).toMatchObject({ status: 403 });
    await world.post('oscar', `/v1/access-requests/${id}/withdraw`);
  });

  it('and nobody counts twice, as whomever', async () => {
    const { id } = await world.ask('otto', { kind: 'unmask', dataset: 'gold.members', columns: ['email'] });
    await world.approve('tom', id);
    expect((await world.approve('olga', id)).body).toMatchObject({ state: 'open' });
    for (const again of ['olga', 'alias'])
      expect(await world.approve(again, id)).toMatchObject({
        status: 409,
        body: { code: 'request_decided' },
      });
    const at = await Promise.all([world.approve('oscar', id), world.approve('oscar', id)]);
    expect(at.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await world.grants('otto')).toHaveLength(1);
  });
});

describe('a grant is never longer than both sides said', () => {
  const now = 1_700_000_000;
  const hour = { seconds: 3600, until: null };

  it.each<[string, object]>([
    ['a longer duration', { duration: '2h' }],
    ['a second more', { duration: 3601 }],
    ['a later moment', { until: new Date((now + 3601) * 1000).toISOString() }],
    ['more than the configuration lets', { duration: '10d' }],
    ['no time at all', { duration: '0s' }],
    ['less than none', { duration: -5 }],
    ['what is no time', { duration: 'for ever' }],
    [
      'a moment in nobody knows which zone',
      { until: new Date((now + 600) * 1000).toISOString().slice(0, 19) },
    ],
    ['a moment that is over', { until: new Date(now * 1000).toISOString() }],
  ])('%s', (_what, given) => expect(() => shortened(hour, given, now, 86_400)).toThrow());

  it('and the shorter of both is', () =>
    expect(shortened(hour, { duration: '10m' }, now, 86_400)).toEqual({ seconds: 600, until: null }));

  it('a moment that came before the approval approves nothing', () =>
    expect(() => shortened({ seconds: null, until: now }, {}, now, 86_400)).toThrow());
});

describe('nothing is told by asking', () => {
  const body = { reason: 'r', duration: 60 };

  it('of a dataset that the asker may not know of', async () => {
    const ask = (dataset: string, kind = 'dataset', more = {}) =>
      world.post('rita', '/v1/access-requests', { ...body, kind, dataset, ...more });
    for (const [kind, more] of [
      ['dataset', {}],
      ['unmask', { columns: ['id'] }],
      ['unfilter', {}],
    ] as const) {
      const hidden = await ask('dark.secret', kind, more);
      const unknown = await ask('dark.secrot', kind, more);
      expect(hidden.status).toBe(404);
      expect({ ...unknown.body, message: String(unknown.body.message).replace('secrot', 'secret') }).toEqual({
        ...hidden.body,
        request_id: unknown.body.request_id,
      });
    }
  });

  it('of the columns of a dataset that the asker may not read', async () => {
    const ask = (column: string) =>
      world.post('rita', '/v1/access-requests', {
        ...body,
        kind: 'unmask',
        dataset: 'vault.payouts',
        columns: [column],
      });
    const [there, notThere] = [await ask('amount'), await ask('nothing')];
    expect(there.status).toBe(403);
    expect(there.body.message).toBe(notThere.body.message);
  });

  it("of others' requests and grants", async () => {
    const { id } = await world.ask('rita', { kind: 'dataset', dataset: 'vault.payouts' });
    const nowhere = `ar_${'0'.repeat(20)}`;
    const calls: readonly ((one: string) => ReturnType<World['call']>)[] = [
      (one) => world.call('otto', 'GET', `/v1/access-requests/${one}`),
      (one) => world.approve('otto', one),
      (one) => world.post('otto', `/v1/access-requests/${one}/deny`, { comment: 'c' }),
      (one) => world.post('otto', `/v1/access-requests/${one}/withdraw`),
    ];
    for (const call of calls) {
      const [there, notThere] = [await call(id), await call(nowhere)];
      expect(there.status).toBe(404);
      expect(String(there.body.message).replace(id, nowhere)).toBe(notThere.body.message);
    }
    const listed = await world.call('otto', 'GET', '/v1/access-requests');
    expect(JSON.stringify(listed.body)).not.toContain('rita');
    await world.approve('olga', id);
    const [grant] = await world.grants('rita');
    expect(JSON.stringify(await world.grants('otto', '?all=true'))).not.toContain('rita');
    expect((await world.call('otto', 'DELETE', `/v1/grants/${grant!.id}`)).status).toBe(404);
    expect((await world.call('otto', 'GET', '/v1/notifications')).status).toBe(403);
    await world.call('rita', 'DELETE', `/v1/grants/${grant!.id}`);
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 403 });
  });

  it.each([
    ['POST', '/v1/access-requests', { ...body, kind: 'dataset', dataset: 'gold.members' }],
    ['GET', '/v1/access-requests', undefined],
    ['GET', '/v1/access-requests/ar_00', undefined],
    ['POST', '/v1/access-requests/ar_00/approve', {}],
    ['POST', '/v1/access-requests/ar_00/deny', { comment: 'c' }],
    ['POST', '/v1/access-requests/ar_00/withdraw', undefined],
    ['GET', '/v1/grants', undefined],
    ['DELETE', '/v1/grants/gr_00', undefined],
    ['GET', '/v1/notifications', undefined],
  ])('to whoever has not said who they are: %s %s', async (method, path, given) => {
    const answer = await world.call(null, method, path, given === undefined ? {} : { body: given });
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  });

  it('a cursor of the caller’s own making is refused', async () => {
    const cursor = Buffer.from("1 ar_00' OR 1=1").toString('base64url');
    expect((await world.call('otto', 'GET', `/v1/access-requests?cursor=${cursor}`)).body.code).toBe(
      'cursor_invalid',
    );
  });
});

describe('what was asked for is what is approved', () => {
  it('and a policy that was edited meanwhile is asked for anew', async () => {
    const { id } = await world.ask('rita', { kind: 'unfilter', dataset: 'gold.members' });
    const path = join(world.folder, 'policies/policies.yml');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace("region = 'north'", "region = 'west'"));
    await world.push();
    expect(await world.approve('olga', id)).toMatchObject({ status: 409, body: { code: 'request_changed' } });
    writeFileSync(path, text);
    await world.push();
    await world.post('rita', `/v1/access-requests/${id}/withdraw`);
  });

  it('an approval of a policy as it was counts for nothing when it asks for others', async () => {
    const { id } = await world.ask('rita', { kind: 'dataset', dataset: 'vault.payouts' });
    const path = join(world.folder, 'policies/policies.yml');
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(
        'allow: { group: keepers }\n    approve: { group: officers }',
        'allow: { group: keepers }\n    approve: { group: treasury }',
      ),
    );
    await world.push();
    // Who was an approver when it was asked for is none now.
    expect((await world.approve('olga', id)).status).toBe(404);
    writeFileSync(path, text);
    await world.push();
    await world.post('rita', `/v1/access-requests/${id}/withdraw`);
  });
});

describe('several gates on one state', () => {
  it('what one revokes is gone from the other with its next query', async () => {
    const { id } = await world.ask('rita', { kind: 'dataset', dataset: 'vault.payouts' });
    await world.approve('olga', id);
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 200 });
    const [grant] = await world.grants('rita');
    const { issuer } = world.serving;
    const other = await openGate(world.config, {
      role: 'cli',
      observe: () => {},
      ...(issuer === null ? {} : { issuer }),
    });
    const caller = {
      requestId: 'other',
      token: await world.token('stew'),
      client: { ip: null, door: 'test', user_agent: null },
      signal: new AbortController().signal,
    };
    await revokeGrant(caller, grant!.id, undefined, other.gate);
    await other.close();
    expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 403 });
  });
});

describe('a query that was allowed by a grant', () => {
  it('and waited for its turn beyond its end reads nothing', async () => {
    const { id } = await world.ask('rita', { kind: 'dataset', dataset: 'vault.payouts', duration: '1h' });
    await world.approve('olga', id);
    const { gate } = world.serving.open;
    const { engine } = gate;
    Object.assign(gate, {
      engine: (name: string) =>
        forward(engine(name), {
          async run(query, options) {
            const running = await engine(name).run(query, options);
            world.turn(3600);
            return running;
          },
        }),
    });
    try {
      expect(await world.read('rita', PAYOUTS)).toMatchObject({ status: 403, code: 'access_denied' });
    } finally {
      Object.assign(gate, { engine });
    }
    const [last] = (await gate.audit.tail(1)) as readonly AuditEvent[];
    expect(last).toMatchObject({ event: 'query', decision: 'deny', error_code: 'access_denied', rows: 0 });
  });
});

describe('nobody is flooded', () => {
  it('with more open requests than one may have', async () => {
    await world.ask('otto', { kind: 'dataset', dataset: 'vault.payouts' });
    await world.ask('otto', { kind: 'unfilter', dataset: 'gold.members' });
    await world.ask('otto', { kind: 'unmask', dataset: 'gold.members', columns: ['phone'] });
    const more = { kind: 'project', project: 'forecast', reason: 'r', duration: 60 };
    const refused = await world.post('otto', '/v1/access-requests', more);
    expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
    expect(refused.headers.get('retry-after')).toBe('3600');
    // One person's flood is no other's.
    await world.ask('rita', { kind: 'project', project: 'forecast' });
  });
});
