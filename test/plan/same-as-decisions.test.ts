/**
 * A plan against the decisions themselves: for random states and people, it names a person and a dataset exactly where the
 * whole decision, asked for that person on either side, releases something else.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Decision } from '../../src/access/decision.ts';
import { buildContext, buildInput } from '../../src/access/input.ts';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { SluiceError } from '../../src/errors.ts';
import type { State } from '../../src/plan/build-plan.ts';
import type { PlanReport } from '../../src/plan/report.ts';
import type { Predicate } from '../../src/policies/policy.ts';
import { type DatasetSpec, type IdentitySpec, request } from '../policies/support/catalogue.ts';
import { ENVIRONMENT, NOW, pdp, plan, seen, state } from './states.ts';

const group = fc.constantFrom('a', 'b', 'c');
const fact = fc.oneof(
  { weight: 4, arbitrary: group.map((name): unknown => ({ group: name })) },
  fc.constant<unknown>({ role: 'auditor' }),
  fc.constantFrom<unknown>({ kind: 'service' }, { kind: 'anonymous' }, { kind: 'user' }),
  fc.constantFrom<unknown>(
    { attribute: { level: 1 } },
    { attribute: { level: 2 } },
    { attribute: { trainee: true } },
  ),
  fc.constantFrom<unknown>(
    { network: '10.0.0.0/8' },
    { network: '10.1.0.0/16' },
    { hours: { between: '08:00-18:00', zone: 'Europe/Berlin' } },
  ),
);
const condition = fc.oneof(
  { weight: 3, arbitrary: fact },
  fact.map((one): unknown => ({ not: one })),
  fc.tuple(fact, fact).map((both): unknown => ({ any: both })),
  fc.tuple(fact, fact).map(([one, other]): unknown => ({ all: [one, { not: other }] })),
);
const unless = fc.option(condition, { nil: undefined, freq: 3 });

const mask = fc.constantFrom<unknown>(
  { with: 'hide' },
  { with: 'null' },
  { with: 'hash' },
  { with: 'hash', scope: 'dataset' },
  { with: 'partial', first: 1, last: 1 },
  { with: 'hash', where: "region = 'north'" },
  { with: 'null', where: "region = 'south'" },
  { with: 'tokenise', reveal: { group: 'a' } },
  { with: 'regex', pattern: '[0-9]', replace: '#' },
  { with: 'custom', expression: 'upper(value)' },
  { with: 'partial', format: 'email' },
  { with: 'tokenise', scope: 'policy', reveal: { any: [{ group: 'b' }, { role: 'auditor' }] } },
);
const rows = fc.constantFrom(
  "region = 'north'",
  'region = any(identity.attributes.regions)',
  "region = 'north' and id is not null",
  'region in (select region from gold.others)',
);
const policy = fc.oneof(
  fc.record({
    effect: fc.constant('mask'),
    on: fc.constantFrom('pii', 'pii.email', 'geo'),
    body: mask,
    unless,
  }),
  fc.record({ effect: fc.constant('rows'), body: rows.map((where): unknown => ({ where })), unless }),
  fc.record({ effect: fc.constantFrom('require', 'deny'), body: condition, unless }),
  fc.record({ effect: fc.constantFrom('allow', 'discover'), body: condition }),
  fc.record({
    effect: fc.constant('break_glass'),
    body: fc.record({
      to: group.map((name) => ({ group: name })),
      reason: fc.constant('fire'),
      expires: fc.constantFrom('2026-01-01', '2027-01-01', '2028-01-01'),
    }) as fc.Arbitrary<unknown>,
  }),
  fc.record({
    effect: fc.constant('limit'),
    body: fc.record({ to: condition, max_rows: fc.constantFrom(10, 20) }) as fc.Arbitrary<unknown>,
    unless,
  }),
);
type Policy = { effect: string; body: unknown; on?: string; unless?: unknown };

const written = (policies: readonly Policy[]): readonly unknown[] =>
  policies.map(({ effect, on, body, unless: exempt }, n) => ({
    id: `p${n}`,
    on: on === undefined ? { namespace: 'gold' } : { column_tag: on },
    [effect]: body,
    ...(exempt === undefined ? {} : { unless: exempt }),
  }));

const dataset = (id: string): fc.Arbitrary<DatasetSpec> =>
  fc
    .record({
      level: fc.constantFrom('open' as const, 'internal' as const, 'restricted' as const),
      email: fc.constantFrom<readonly string[]>(['pii.email'], []),
      phone: fc.option(fc.constantFrom<readonly string[]>(['pii.phone'], []), { nil: undefined }),
    })
    .map(({ level, email, phone }) => ({
      id,
      level,
      columns: { id: [], region: ['geo.region'], email, ...(phone === undefined ? {} : { phone }) },
    }));
const world = fc.tuple(fc.array(policy, { maxLength: 4 }), dataset('gold.members'), dataset('gold.others'));

const person: fc.Arbitrary<IdentitySpec> = fc.record({
  kind: fc.constantFrom('user' as const, 'service' as const, 'anonymous' as const),
  groups: fc.subarray(['a', 'b', 'c']),
  roles: fc.subarray(['auditor']),
  attributes: fc.constantFrom<Record<string, number | boolean | string>>(
    {},
    { level: 1 },
    { level: 2, trainee: true },
    { level: 'x' },
  ),
});

const made = (parts: readonly [readonly Policy[], ...DatasetSpec[]]): State | null => {
  const [policies, ...datasets] = parts;
  try {
    return state(datasets, written(policies));
  } catch (thrown) {
    // A set of policies that a push would refuse is no state.
    if (thrown instanceof SluiceError) return null;
    throw thrown;
  }
};

function conjuncts(predicate: Predicate): readonly string[] {
  return predicate.kind === 'and' ? predicate.args.flatMap(conjuncts) : [JSON.stringify(predicate)];
}

/** All that a decision releases, in one text. */
function released(of: Dataset | undefined, decision: Decision | undefined): string {
  if (of === undefined || decision === undefined) return 'nothing';
  if (!decision.allow) return decision.discoverable ? 'known of' : 'nothing';
  const columns = of.columns
    .filter(({ exposed, folded }) => exposed && !decision.hidden.includes(folded))
    .map(({ folded }) => {
      const applied = decision.masks[folded];
      const when = (applied?.when ?? []).map((one) => JSON.stringify([one.mask, one.where])).sort();
      return [folded, applied?.mask ?? null, when];
    });
  const reveals = Object.entries(decision.reveals ?? {}).map(([column, by]) => [
    column,
    by.map((one) => JSON.stringify(one)).sort(),
  ]);
  const filters = [...new Set(decision.rows.flatMap((row) => conjuncts(row.predicate)))].sort();
  return JSON.stringify([columns.sort(), reveals.sort(), filters, decision.limits, decision.expires_at]);
}

interface Situation {
  readonly person: number;
  readonly address: string;
  readonly now: number;
}

/** What is released of each dataset, in each situation: by person and dataset, in one call. */
async function decided(
  of: State,
  people: readonly IdentitySpec[],
  situations: readonly Situation[],
): Promise<ReadonlyMap<string, string>> {
  const { datasets } = of.catalogue;
  const asked = situations.flatMap((situation) => datasets.map((one) => ({ ...situation, dataset: one })));
  const inputs = asked.map(({ person: index, address, now, dataset: one }) =>
    buildInput({
      action: 'query',
      dataset: one,
      identity: seen('someone', people[index]).identity,
      policies: of.policies,
      request,
      context: buildContext({ now, environment: ENVIRONMENT, clientIp: address, policies: of.policies }),
    }),
  );
  const answers = await pdp.decide(inputs);
  return new Map(
    asked.map((one, index) => [keyOf(one, one.dataset.id), released(one.dataset, answers[index])]),
  );
}

const keyOf = ({ person: index, address, now }: Situation, id: string): string =>
  `${index} ${address} ${now} ${id}`;

/** `name dataset` of all that a plan says of people who were seen. */
function told(report: PlanReport, always: boolean): ReadonlySet<string> {
  return new Set(
    report.access.flatMap(({ who, changes }) =>
      who.examples.flatMap((name) =>
        changes.filter(({ when }) => !always || when === null).map(({ dataset: id }) => `${name} ${id}`),
      ),
    ),
  );
}

const SOMEWHERE = ['192.0.2.1', '10.200.0.1', '10.1.2.3'];
const SOMETIME = [NOW, NOW + 11 * 3_600_000];

it('names a person and a dataset exactly where the decision releases something else', async () => {
  let compared = 0;
  let different = 0;
  await fc.assert(
    fc.asyncProperty(
      world,
      world,
      fc.boolean(),
      fc.array(person, { minLength: 1, maxLength: 4 }),
      async (one, two, alike, people) => {
        // Half of the time only the policies differ, and those only in the last.
        const [policies, ...datasets] = two;
        const other: typeof one = alike
          ? [[...one[0].slice(0, -1), ...policies.slice(0, 1)], one[1], one[2]]
          : [policies, datasets[0] ?? one[1], datasets[1] ?? one[2]];
        const [before, after] = [made(one), made(other)];
        fc.pre(before !== null && after !== null);
        const known = people.map((spec, index) => seen(`person ${index}`, spec));
        const report = await plan(before, after, known);
        const ever = told(report, false);
        const always = told(report, true);
        const situations = people.flatMap((_, index) =>
          SOMEWHERE.flatMap((address) => SOMETIME.map((now) => ({ person: index, address, now }))),
        );
        const was = await decided(before, people, situations);
        const is = await decided(after, people, situations);
        for (const situation of situations)
          for (const id of ['gold.members', 'gold.others']) {
            const pair = `person ${situation.person} ${id}`;
            const differs = was.get(keyOf(situation, id)) !== is.get(keyOf(situation, id));
            compared += 1;
            if (differs) different += 1;
            if (differs) expect(ever, pair).toContain(pair);
            else expect(always, pair).not.toContain(pair);
          }
      },
    ),
    { numRuns: 100 },
  );
  console.log(`${compared} decisions compared with what a plan says, ${different} of them different`);
  expect(different).toBeGreaterThan(400);
}, 60_000);
