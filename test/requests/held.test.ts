/** Grants in the state and in kept decisions: over at the second of their end, whatever was kept. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDecider } from '../../src/access/decide.ts';
import { createPdp } from '../../src/access/pdp.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { boundTo, type HeldGrant, standing, voidIn } from '../../src/requests/grant.ts';
import { type GrantBody, grantsIn } from '../../src/requests/held.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { RequestRow } from '../../src/store/requests.ts';
import type { Store } from '../../src/store/store.ts';
import { catalogue, context, dataset, identity, request } from '../policies/support/catalogue.ts';

const EPOCH = 1_700_000_000;
const who = identity();
const members = dataset({ level: 'restricted', columns: { email: ['pii.email'] } });
const known = catalogue([members]);
const policies = compilePolicies(
  [{ path: 'p.yml', text: 'policies:\n  - { id: m, on: { column_tag: pii }, mask: { with: hash } }\n' }],
  known,
  { environment: 'production' },
);
const body: GrantBody = {
  kind: 'access',
  dataset: members.id,
  project: null,
  policies: [],
  columns: [],
  purpose: null,
  approvers: [{ sub: 'olga', issuer: 'i' }],
  binding: { uniqueId: members.uniqueId, digests: {} },
};

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-grants-'));
  store = await openStore(`sqlite:${join(folder, 'state.db')}`);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

let made = 0;
async function granted(until: number, sub = who.sub, issuer = who.issuer ?? ''): Promise<string> {
  const n = ++made;
  const row: RequestRow = {
    id: `ar_${n}`,
    issuer,
    sub,
    matter: `m${n}`,
    state: 'open',
    createdAt: EPOCH,
    closedAt: null,
    closing: null,
    body: '{}',
  };
  expect(await store.requests.ask(row, { open: 99, since: 0, recent: 99 }, [])).toBe('asked');
  const grant = {
    id: `gr_${n}`,
    request: row.id,
    issuer,
    sub,
    until,
    createdAt: EPOCH,
    revokedAt: null,
    revoking: null,
    body: JSON.stringify(body),
  };
  const closing = { state: 'approved', at: EPOCH, closing: '{}' } as const;
  const approval = { request: row.id, sub: 'olga', body: '{}' };
  expect(await store.requests.approve(approval, 0, { closing, grant }, [])).toBe(true);
  // Neither a second time, nor by somebody else once it is closed.
  expect(await store.requests.approve(approval, 0, { closing, grant: { ...grant, id: `x${n}` } }, [])).toBe(
    false,
  );
  expect(await store.requests.approve({ ...approval, sub: 'oscar' }, 1, null, [])).toBe(false);
  return grant.id;
}

const at = (epoch: number, ms = 0): Date => new Date(epoch * 1000 + ms);
const held = async (epoch: number, ms = 0, one = who) =>
  (await grantsIn(store.requests).activeFor(one, at(epoch, ms))).map(({ id }) => id);

describe('what the state holds', () => {
  it('counts until its second, and not in it', async () => {
    const id = await granted(EPOCH + 10);
    expect(await held(EPOCH + 9, 999)).toEqual([id]);
    expect(await held(EPOCH + 10)).toEqual([]);
  });

  it('is of one subject of one issuer', async () => {
    const id = await granted(EPOCH + 100);
    expect(await held(EPOCH + 50)).toEqual([id]);
    expect(await held(EPOCH + 50, 0, identity({ issuer: 'https://other.example.com' }))).toEqual([]);
    expect(await held(EPOCH + 50, 0, identity({ sub: 'SOMEONE' }))).toEqual([]);
    expect(await held(EPOCH + 50, 0, identity({ kind: 'anonymous' }))).toEqual([]);
    expect(await held(EPOCH + 50, 0, { ...who, issuer: null })).toEqual([]);
  });

  it('is revoked once, and not after its end', async () => {
    const id = await granted(EPOCH + 200);
    expect(await store.requests.revoke(id, EPOCH + 200, '{}', [])).toBe(false);
    expect(await store.requests.revoke(id, EPOCH + 150, '{}', [])).toBe(true);
    expect(await store.requests.revoke(id, EPOCH + 150, '{}', [])).toBe(false);
    expect(await held(EPOCH + 150)).not.toContain(id);
  });
});

it('a kept decision ends with the grant, though the grant is handed over still', async () => {
  const decider = createDecider({ pdp: createPdp({ kind: 'embedded' }) });
  const grant: HeldGrant = {
    ...body,
    id: 'g',
    subject: { sub: who.sub, issuer: who.issuer },
    until: EPOCH + 2,
    request: 'r',
  };
  const allowed = async (epoch: number): Promise<boolean | undefined> => {
    const time = { epoch, minute_of_day: 0, weekday: 0 };
    const decisions = await decider.decide({
      parties: [{ identity: who, context: context({ time, grants: [grant] }), path: [] }],
      datasets: [members],
      policies,
      snapshotHash: 's',
      action: 'query',
      request,
    });
    return decisions.get(members.id)?.allow;
  };
  expect([await allowed(EPOCH), await allowed(EPOCH + 1), await allowed(EPOCH + 2)]).toEqual([
    true,
    true,
    false,
  ]);
});

describe('what a grant is bound to', () => {
  const grant = (over: Partial<HeldGrant> = {}): HeldGrant => ({
    ...body,
    id: 'g',
    subject: { sub: who.sub, issuer: who.issuer },
    until: EPOCH,
    request: 'r',
    ...over,
  });
  const state = { catalogue: known, policies };
  const digest = policies.termsOf('m')?.digest ?? '';
  const lift = (policyIds: readonly string[], digests: Readonly<Record<string, string>>) =>
    grant({ kind: 'lift', policies: policyIds, binding: { uniqueId: members.uniqueId, digests } });

  it.each<[string, HeldGrant, string | null]>([
    ['as it was', grant(), null],
    ['no such dataset', grant({ dataset: 'gold.gone' }), 'dataset_gone'],
    [
      'another node of the name',
      grant({ binding: { uniqueId: 'model.other', digests: {} } }),
      'dataset_replaced',
    ],
    ['the policy as it was', lift(['m'], { m: digest }), null],
    ['the policy edited', lift(['m'], { m: 'before' }), 'policy_changed'],
    ['the policy gone', lift(['gone'], { gone: 'before' }), 'policy_changed'],
    ['a policy that nobody approved', lift(['m'], {}), 'policy_changed'],
    ['a policy of a name that objects have', lift(['constructor'], {}), 'policy_changed'],
  ])('%s', (_what, one, wanted) => {
    expect(voidIn(one, state)).toBe(wanted);
    expect(standing([one], state)).toHaveLength(wanted === null ? 1 : 0);
  });

  describe('of a project', () => {
    const place = { name: 'partners', uniqueId: 'exposure.x.partners', cleanRoom: { datasets: {} } };
    const project = boundTo(place);
    const within = grant({ project: 'partners', binding: { ...body.binding, project } });
    const whole = { ...within, dataset: null, binding: { uniqueId: null, digests: {}, project } };
    const open = boundTo({ ...place, cleanRoom: null });
    it.each<
      [
        string,
        readonly (typeof place | (Omit<typeof place, 'cleanRoom'> & { cleanRoom: null }))[],
        string | null,
      ]
    >([
      ['as it was', [place], null],
      ['gone', [], 'project_gone'],
      ['another exposure of the name', [{ ...place, uniqueId: 'exposure.y.partners' }], 'project_replaced'],
      ['a clean room that is none any more', [{ ...place, cleanRoom: null }], 'project_opened'],
    ])('%s', (_what, projects, wanted) => {
      const here = { catalogue: { byId: known.byId, projects }, policies };
      for (const one of [within, whole]) expect(voidIn(one, here)).toBe(wanted);
    });
    it('one that has become a clean room since shows less, and holds', () => {
      const here = { catalogue: { byId: known.byId, projects: [place] }, policies };
      expect(voidIn({ ...whole, binding: { ...whole.binding, project: open } }, here)).toBeNull();
    });
  });

  it('of two policies the one that was edited is lifted no more', () => {
    const both = lift(['gone', 'm'], { gone: 'x', m: digest });
    expect(standing([both], state).map((one) => one.policies)).toEqual([['m']]);
    expect(standing([both], state)[0]).not.toHaveProperty('binding');
  });

  it('a name of the dataset that is not its id is no dataset of the grant', () => {
    const named = { ...known, byId: () => members };
    expect(voidIn(grant({ dataset: 'example.gold.members' }), { catalogue: named, policies })).toBe(
      'dataset_gone',
    );
  });
});
