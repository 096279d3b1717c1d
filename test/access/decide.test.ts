import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecider, type DecideOptions } from '../../src/access/decide.ts';
import type { Decision, DecisionContext, DecisionInput } from '../../src/access/decision.ts';
import { partiesOf } from '../../src/access/party.ts';
import { createPdp, type Pdp } from '../../src/access/pdp.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, context, dataset, identity, request } from '../policies/support/catalogue.ts';

const members = dataset({ columns: { email: ['pii.email'] } });
const meters = dataset({ id: 'gold.meters', level: 'restricted', columns: { id: [] } });
const policies = compilePolicies(
  [
    {
      path: 'p.yml',
      text: `policies:
  - { id: a, on: { id: gold.meters }, allow: { group: engineers } }
  - { id: m, on: { column_tag: pii }, mask: { with: hash }, unless: { attribute: { cleared: true } } }
`,
    },
  ],
  catalogue([members, meters]),
  { environment: 'production' },
);
const ask: DecideOptions = {
  parties: as(identity()),
  datasets: [members, meters],
  policies,
  snapshotHash: 'one',
  action: 'query',
  request,
};

function as(who: Identity, circumstances: DecisionContext = context()): DecideOptions['parties'] {
  return partiesOf(who, () => circumstances);
}

/** The real decision point, with a tally of what reached it. */
function counting(over: (decision: Decision) => Decision = (d) => d): {
  pdp: Pdp;
  batches: (readonly DecisionInput[])[];
} {
  const real = createPdp({ kind: 'embedded' });
  const batches: (readonly DecisionInput[])[] = [];
  return {
    batches,
    pdp: {
      ...real,
      async decide(batch) {
        batches.push(batch);
        return (await real.decide(batch)).map(over);
      },
    },
  };
}

it('all datasets of a query are decided in one call', async () => {
  const { pdp, batches } = counting();
  const decisions = await createDecider({ pdp }).decide(ask);
  expect([...decisions.values()].map((d) => [d.dataset_id, d.reason])).toEqual([
    ['gold.members', 'allowed'],
    ['gold.meters', 'no_allow_matches'],
  ]);
  expect(batches).toHaveLength(1);
});

it('only what is not known yet is asked for', async () => {
  const { pdp, batches } = counting();
  const decider = createDecider({ pdp });
  await decider.decide({ ...ask, datasets: [members] });
  await decider.decide(ask);
  await decider.decide(ask);
  expect(batches.map((batch) => batch.map((item) => item.dataset.dataset_id))).toEqual([
    ['gold.members'],
    ['gold.meters'],
  ]);
});

describe('a kept decision is never shared with', () => {
  const others: readonly (readonly [string, Partial<DecideOptions>])[] = [
    ['another subject', { parties: as(identity({ sub: 'other' })) }],
    ['another issuer', { parties: as(identity({ issuer: 'https://other.example.com' })) }],
    ['another kind', { parties: as(identity({ kind: 'service' })) }],
    ['other groups', { parties: as(identity({ groups: ['a'] })) }],
    ['the same words as roles', { parties: as(identity({ roles: ['a'] })) }],
    ['other attributes', { parties: as(identity({ attributes: { cleared: true } })) }],
    ['attributes of another type', { parties: as(identity({ attributes: { cleared: 'true' } })) }],
    ['another snapshot', { snapshotHash: 'two' }],
    ['another action', { action: 'explain' }],
    ['another project', { parties: as(identity(), context({ project: 'p' })) }],
    ['another purpose', { parties: as(identity(), context({ purpose: 'p' })) }],
    ['another environment', { parties: as(identity(), context({ environment: 'development' })) }],
    ['another network', { parties: as(identity(), context({ networks: ['10.0.0.0/8'] })) }],
    [
      'an address in no network, while it was not known',
      { parties: as(identity(), context({ networks: [] })) },
    ],
    ['other hours', { parties: as(identity(), context({ hours: ['mon 08:00-18:00 UTC'] })) }],
    ['another grant', { parties: as(identity(), context({ grants: [{ id: 1 } as never] })) }],
  ];
  it.each(others)('%s', async (_name, over) => {
    const { pdp, batches } = counting();
    const decider = createDecider({ pdp });
    await decider.decide(ask);
    await decider.decide({ ...ask, ...over });
    expect(batches).toHaveLength(2);
  });
});

it('the default bundle decides by nothing that the cache leaves out', async () => {
  const pdp = createPdp({ kind: 'embedded' });
  const decider = createDecider({ pdp, cacheSize: 0 });
  const usual = await decider.decide(ask);
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        epoch: fc.nat(4_000_000_000),
        minute_of_day: fc.nat(1439),
        weekday: fc.nat(6),
        client_ip: fc.option(fc.ipV4()),
        display_name: fc.option(fc.string()),
        limit: fc.option(fc.nat()),
        columns: fc.array(fc.string()),
        formats: fc.array(fc.string()),
      }),
      async ({ client_ip, display_name, limit, columns, formats, ...time }) => {
        const decisions = await decider.decide({
          ...ask,
          parties: as({ ...identity(), display_name }, context({ time, client_ip })),
          request: { ...request, limit, columns, formats, sql_tables: columns },
        });
        expect([...decisions]).toEqual([...usual]);
      },
    ),
    { numRuns: 200 },
  );
});

it('a decision that expires is asked for again when it has', async () => {
  const { pdp, batches } = counting((decision) => ({ ...decision, expires_at: 2_000_000_000 }));
  const decider = createDecider({ pdp });
  const at = (epoch: number) =>
    decider.decide({
      ...ask,
      parties: as(identity(), context({ time: { epoch, minute_of_day: 0, weekday: 0 } })),
    });
  await at(1_999_999_998);
  await at(1_999_999_999);
  expect(batches).toHaveLength(1);
  await at(2_000_000_000);
  expect(batches).toHaveLength(2);
});

it('an answer that made no sense is asked for again', async () => {
  const { pdp, batches } = counting((decision) => ({ ...decision, allow: false, reason: 'undecodable' }));
  const decider = createDecider({ pdp });
  await decider.decide(ask);
  await decider.decide(ask);
  expect(batches).toHaveLength(2);
});

it('nothing is kept of a decision point whose answers may follow from more', async () => {
  const { pdp, batches } = counting();
  const decider = createDecider({ pdp: { ...pdp, keeping: () => null } });
  await decider.decide(ask);
  await decider.decide(ask);
  expect(batches).toHaveLength(2);
});

it('a decision point that leaves a dataset out is a fault', async () => {
  const decider = createDecider({ pdp: { ...createPdp({ kind: 'embedded' }), decide: async () => [] } });
  await expect(decider.decide(ask)).rejects.toMatchObject({ code: 'decision_invalid' });
});

it('where the decision point is not available, nothing is decided', async () => {
  const decider = createDecider({ pdp: createPdp({ kind: 'embedded', wasm: new Uint8Array([1, 2, 3]) }) });
  await expect(decider.decide(ask)).rejects.toMatchObject({ code: 'pdp_unavailable', status: 503 });
});
