/** The decision point on a real OPA server: what it answers, what is kept of it and for how long, and what it needs to be let in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDecider, type DecideOptions } from '../../src/access/decide.ts';
import type { DecisionInput } from '../../src/access/decision.ts';
import { buildInput } from '../../src/access/input.ts';
import type { PdpObservation } from '../../src/access/opa/observation.ts';
import { partiesOf } from '../../src/access/party.ts';
import { createPdp, type Pdp } from '../../src/access/pdp.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, context, dataset, identity, request } from '../policies/support/catalogue.ts';
import { findOpa, type OpaServer, opaOptions, startOpa } from './support/opa.ts';

const members = dataset({ columns: { email: ['pii.email'] } });
const policies = compilePolicies(
  [{ path: 'p.yml', text: 'policies:\n  - { id: m, on: { column_tag: pii }, mask: { with: hash } }\n' }],
  catalogue([members]),
  { environment: 'production' },
);
const itemOf = (n: number): DecisionInput => ({
  ...buildInput({
    action: 'query',
    dataset: members,
    identity: identity(),
    policies,
    request,
    context: context(),
  }),
  identity: identity({ groups: [`group-${n}`] }),
});
const ask: DecideOptions = {
  parties: partiesOf(identity(), () => context()),
  datasets: [members],
  policies,
  snapshotHash: 'one',
  action: 'query',
  request,
};

const OWN = `package acme
import rego.v1
batch := [answer | some item in input.batch; answer := data.acme.allow with input as item]
default allow := false
allow if "group-1" in input.identity.groups
`;

describe.skipIf(findOpa() === null)('an OPA server', () => {
  let opa: OpaServer;
  const open: Pdp[] = [];
  const pdpOf = (over: Parameters<typeof opaOptions>[1] = {}): Pdp => {
    const pdp = createPdp(opaOptions(opa.url, over));
    open.push(pdp);
    return pdp;
  };
  beforeAll(async () => {
    opa = await startOpa({ files: { 'acme.rego': OWN } });
  });
  afterAll(async () => {
    await Promise.all(open.map((pdp) => pdp.close()));
    await opa?.close();
  });

  it('decides as the embedded bundle does', async () => {
    const batch = [itemOf(1), itemOf(2)];
    const remote = await pdpOf().decide(batch);
    expect(remote).toEqual(await createPdp({ kind: 'embedded' }).decide(batch));
    expect(remote[0]).toMatchObject({ allow: true, masks: { email: { mask: { kind: 'hash' } } } });
  });

  it('is asked once for a query, however many datasets it has, and in parts beyond fifty', async () => {
    const seen: PdpObservation[] = [];
    const pdp = pdpOf({ observe: (one) => seen.push(one) });
    const items = (): readonly number[] =>
      seen.flatMap((one) => (one.kind === 'pdp_asked' ? [one.items] : []));
    await pdp.decide(Array.from({ length: 30 }, (_, n) => itemOf(n)));
    expect(items()).toEqual([30]);
    const many = await pdp.decide(Array.from({ length: 250 }, (_, n) => itemOf(n)));
    expect(many).toHaveLength(250);
    expect(items()).toEqual([30, 50, 50, 50, 50, 50]);
  });

  it('gives the same decision as the same value, so that plans are kept by it', async () => {
    const pdp = pdpOf();
    const [first] = await pdp.decide([itemOf(1)]);
    const [again, other] = await pdp.decide([itemOf(1), itemOf(2)]);
    expect(again).toBe(first);
    expect(other).toBe(first);
  });

  describe('what is kept', () => {
    const askTwice = async (pdp: Pdp, seen: readonly PdpObservation[]): Promise<number> => {
      const decider = createDecider({ pdp });
      await decider.decide(ask);
      for (let turn = 0; turn < 3; turn += 1) await decider.decide(ask);
      return seen.filter(({ kind }) => kind === 'pdp_asked').length;
    };
    const calls = async (over: Parameters<typeof opaOptions>[1]): Promise<number> => {
      const seen: PdpObservation[] = [];
      return askTwice(pdpOf({ ...over, observe: (one) => seen.push(one) }), seen);
    };

    // The first call tells which bundle decides, the second is kept.
    it('decisions of the default bundle', async () => expect(await calls({ cacheMs: 60_000 })).toBe(2));
    it('nothing where the time is 0', async () => expect(await calls({ cacheMs: 0 })).toBe(4));
    it('nothing of another revision than that of the gate', async () =>
      expect(await calls({ cacheMs: 60_000, revision: 'sluice-other' })).toBe(4));
    it('nothing of a rule of the operator’s own', async () =>
      expect(await calls({ cacheMs: 60_000, path: '/v1/data/acme/batch' })).toBe(4));
    it('unless it is said to be cacheable', async () =>
      expect(await calls({ cacheMs: 60_000, path: '/v1/data/acme/batch', cacheable: true })).toBe(2));
  });

  it('is the default bundle in this process only where it certainly decides as that', async () => {
    expect(await pdpOf().inProcess()).not.toBeNull();
    expect(await pdpOf({ revision: 'sluice-other' }).inProcess()).toBeNull();
    expect(await pdpOf({ path: '/v1/data/acme/batch' }).inProcess()).toBeNull();
  });

  it('answers a probe with the rule that was named, and no other', async () => {
    await expect(pdpOf().probe()).resolves.toBeUndefined();
    await expect(pdpOf({ path: '/v1/data/acme/nothing' }).probe()).rejects.toMatchObject({
      code: 'decision_invalid',
    });
  });

  it('a rule that answers with bare booleans releases all or nothing', async () => {
    const decisions = await pdpOf({ path: '/v1/data/acme/batch' }).decide([itemOf(1), itemOf(2)]);
    expect(decisions.map(({ allow, reason }) => [allow, reason])).toEqual([
      [true, 'allowed'],
      [false, 'denied_by_policy'],
    ]);
  });

  it.each([
    ['that there is not', '/v1/data/acme/nothing'],
    ['that is no list', '/v1/data/acme/allow'],
    ['that is a package', '/v1/data/acme'],
  ])('a rule %s decides nothing', async (_name, path) => {
    await expect(pdpOf({ path }).decide([itemOf(1)])).rejects.toMatchObject({
      code: 'decision_invalid',
      status: 503,
    });
  });
});

describe.skipIf(findOpa() === null)('a server that wants a token', () => {
  const AUTHZ = `package system.authz
import rego.v1
default allow := false
allow if input.identity == "s3cret-token"
`;
  let opa: OpaServer;
  beforeAll(async () => {
    opa = await startOpa({
      files: { 'authz.rego': AUTHZ },
      args: ['--authentication=token', '--authorization=basic'],
    });
  });
  afterAll(() => opa?.close());

  it('lets in who has it', async () => {
    const pdp = createPdp(opaOptions(opa.url, { token: () => 's3cret-token' }));
    expect(await pdp.decide([itemOf(1)])).toMatchObject([{ allow: true }]);
    await pdp.close();
  });

  it.each([
    ['none', null],
    ['another', 's3cret-other'],
  ])('and nobody with %s, and the token is in no word about it', async (_name, token) => {
    const pdp = createPdp(opaOptions(opa.url, { token: () => token }));
    const refused = await pdp.decide([itemOf(1)]).catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ code: 'pdp_unavailable', status: 503 });
    const told =
      JSON.stringify(refused, Object.getOwnPropertyNames(refused)) + String((refused as Error).cause);
    expect(told).toContain('401');
    expect(told).not.toContain('s3cret');
    await pdp.close();
  });

  it('a token that is renewed is used with the next call', async () => {
    let token = 's3cret-old';
    const pdp = createPdp(opaOptions(opa.url, { token: () => token }));
    await expect(pdp.decide([itemOf(1)])).rejects.toMatchObject({ code: 'pdp_unavailable' });
    token = 's3cret-token';
    expect(await pdp.decide([itemOf(1)])).toMatchObject([{ allow: true }]);
    await pdp.close();
  });
});
