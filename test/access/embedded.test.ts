import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { DecisionInput } from '../../src/access/decision.ts';
import { loadEmbedded } from '../../src/access/embedded.ts';
import { buildInput } from '../../src/access/input.ts';
import { createPdp } from '../../src/access/pdp.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, context, dataset, identity, request } from '../policies/support/catalogue.ts';

const members = dataset({ columns: { email: ['pii.email'] } });
const policies = compilePolicies(
  [{ path: 'p.yml', text: 'policies:\n  - { id: m, on: { column_tag: pii }, mask: { with: hash } }\n' }],
  catalogue([members]),
  { environment: 'production' },
);
const input: DecisionInput = buildInput({
  action: 'query',
  dataset: members,
  identity: identity(),
  policies,
  request,
  context: context(),
});
/** Wide inputs, as a claim full of groups makes them. */
const wide = (groups: number): DecisionInput => ({
  ...input,
  identity: identity({ groups: Array.from({ length: groups }, (_, i) => `group-${i}`) }),
});
const load = () =>
  loadEmbedded({
    wasm: new Uint8Array(readFileSync('rego/sluice.wasm')),
    data: {},
    entrypoint: 'sluice/batch',
  });

it('memory does not grow from one evaluation to the next', async () => {
  const policy = load();
  const run = async (times: number) => {
    for (let i = 0; i < times; i++) await policy.evaluate([wide(i % 50)]);
    return policy.memory();
  };
  const before = await run(200);
  expect(await run(20_000)).toBe(before);
});

it('memory that one large input took is given back', async () => {
  const policy = load();
  const before = await policy.memory();
  await policy.evaluate(Array.from({ length: 50 }, () => wide(5000)));
  expect(await policy.memory()).toBe(before);
});

it('an input beyond the bound is a fault, and the next one is decided as ever', async () => {
  const pdp = createPdp({ kind: 'embedded' });
  const [usual] = await pdp.decide([input]);
  await expect(pdp.decide([wide(800_000)])).rejects.toMatchObject({ code: 'pdp_unavailable' });
  expect(await pdp.decide([input])).toEqual([usual]);
});

it('evaluations that run at once do not meet', async () => {
  const pdp = createPdp({ kind: 'embedded' });
  const [usual] = await pdp.decide([input]);
  const answers = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) => pdp.decide(i === 10 ? [wide(800_000)] : [wide(i), input])),
  );
  answers.forEach((answer, i) => {
    if (i === 10) expect(answer.status).toBe('rejected');
    else expect(answer.status === 'fulfilled' && answer.value[1]).toEqual(usual);
  });
});

it('malformed items are denied one by one', async () => {
  const answer = await load().evaluate([
    {},
    3,
    null,
    { dataset: { dataset_id: 'x', policies: {} } },
    input,
  ] as never);
  expect(answer).toMatchObject([
    { allow: false },
    { allow: false },
    { allow: false },
    { allow: false, reason: 'policy_unreadable' },
    { allow: true },
  ]);
});

it('an input without policies is denied: none is not the same as nothing known', async () => {
  const { policies: _policies, ...rest } = input.dataset;
  const odd = { ...input, dataset: rest };
  expect(await load().evaluate([odd] as never)).toMatchObject([
    { allow: false, reason: 'policy_unreadable' },
  ]);
});

it.each([
  ['an effect that the bundle does not know', { effect: 'limit' }],
  ['no effect', { effect: undefined }],
  ['no id', { id: undefined }],
  ['an exemption of another type', { unless: 'nobody' }],
  ['no word on exemptions', { unless: undefined }],
  ['no mask', { mask: undefined }],
  ['no columns', { columns: undefined }],
  ['a column without name', { columns: [{ depth: 1 }] }],
  ['a column without depth', { columns: [{ name: 'email' }] }],
  ['a filter without predicate', { effect: 'rows' }],
  ['a denial without condition', { effect: 'deny' }],
  ['a denial whose condition is no list', { effect: 'deny', who: 'nobody' }],
])('a policy with %s denies', async (_name, over) => {
  const [first] = input.dataset.policies;
  const odd = { ...input, dataset: { ...input.dataset, policies: [{ ...first, ...over }] } };
  expect(await load().evaluate([odd] as never)).toMatchObject([
    { allow: false, reason: 'policy_unreadable' },
  ]);
});

it.each([
  ['a literal without sign', { effect: 'deny', who: [[{ fact: 'group', value: 'x' }]], unless: null }],
  [
    'a fact that the bundle does not know',
    { effect: 'deny', who: [[{ fact: 'planet', value: 'x', negated: false }]], unless: null },
  ],
  [
    'an exemption by a fact that it does not know',
    { effect: 'deny', who: [[]], unless: [[{ fact: 'planet', value: 'x', negated: true }]] },
  ],
])('%s denies', async (_name, policy) => {
  const odd = { ...input, dataset: { ...input.dataset, policies: [{ id: 'd', source: null, ...policy }] } };
  expect(await load().evaluate([odd] as never)).toMatchObject([{ allow: false, reason: 'denied_by_policy' }]);
});

it('a mask of a kind that the bundle does not know hides the column', async () => {
  const [first] = input.dataset.policies;
  const odd = { ...input, dataset: { ...input.dataset, policies: [{ ...first, mask: { kind: 'rot13' } }] } };
  expect(await load().evaluate([odd] as never)).toMatchObject([{ hidden: ['email'], masks: {} }]);
});
