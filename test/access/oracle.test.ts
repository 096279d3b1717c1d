/**
 * The compiled bundle against a second reading of the same rules, written here in TypeScript from the policy language's words alone:
 * random policies, identities and datasets must get the same answer from both.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Decision, DecisionInput, Reveal } from '../../src/access/decision.ts';
import { createPdp } from '../../src/access/pdp.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { truthOf } from '../../src/policies/conditions.ts';
import {
  type Dnf,
  type Limits,
  type Literal,
  MASK_ORDER,
  type MaskSpec,
  type MatchedPolicy,
  type Predicate,
} from '../../src/policies/policy.ts';
import type { Grant } from '../../src/requests/grant.ts';
import { context, identity, request } from '../policies/support/catalogue.ts';

const words = fc.constantFrom('a', 'b', 'c');
const EPOCH = 1_700_000_000;
const literal: fc.Arbitrary<Literal> = fc.oneof(
  fc.record({
    fact: fc.constantFrom('group' as const, 'role' as const, 'scope' as const),
    value: words,
    negated: fc.boolean(),
  }),
  fc.record({
    fact: fc.constant('kind' as const),
    value: fc.constantFrom('user', 'service', 'anonymous'),
    negated: fc.boolean(),
  }),
  fc.record({
    fact: fc.constantFrom('purpose' as const, 'project' as const, 'environment' as const),
    value: words,
    negated: fc.boolean(),
  }),
  fc.record({
    fact: fc.constant('attribute' as const),
    name: fc.constantFrom('x', 'y', 'constructor'),
    value: fc.constantFrom<string | number | boolean>('a', 1, true),
    negated: fc.boolean(),
  }),
  fc.record({
    fact: fc.constantFrom('network' as const, 'hours' as const),
    value: words,
    negated: fc.boolean(),
  }),
  fc.record({
    fact: fc.constantFrom('sub' as const, 'issuer' as const),
    value: fc.constantFrom('someone', 'https://login.example.com', 'a'),
    negated: fc.boolean(),
  }),
);
const dnf: fc.Arbitrary<Dnf> = fc.array(fc.array(literal, { maxLength: 3 }), { maxLength: 3 });
const mask: fc.Arbitrary<MaskSpec> = fc.constantFrom<MaskSpec>(
  { kind: 'hide' },
  { kind: 'null' },
  { kind: 'constant', value: 'x' },
  { kind: 'hash', scope: 'global' },
  { kind: 'partial', first: 1, last: 1, with: '*' },
  { kind: 'custom', expression: 'value', rank: 2.5 },
  { kind: 'custom', expression: 'left(value, 1)', rank: 6.5 },
  { kind: 'tokenise', scope: 'policy', reveal: null },
  { kind: 'tokenise', scope: 'dataset', reveal: [[{ fact: 'group', value: 'a', negated: false }]] },
  { kind: 'regex', pattern: 'a', replace: 'b', unmatched: 'null' },
  { kind: 'bucket', boundaries: [1, 2] },
  { kind: 'round', to: 10 },
  { kind: 'truncate_date', to: 'year' },
);
/** Some rows. */
const WHERE: Predicate = {
  kind: 'is_null',
  arg: { kind: 'column', name: 'region' },
  negated: false,
};
const columns = ['email', 'region', 'constructor'];
const body = fc.oneof(
  fc.record({
    effect: fc.constantFrom('allow' as const, 'require' as const, 'deny' as const, 'discover' as const),
    who: dnf,
  }),
  fc.record({
    effect: fc.constant('limit' as const),
    who: dnf,
    limits: fc.record(
      {
        max_rows: fc.integer({ min: 1, max: 9 }),
        max_scan_rows: fc.integer({ min: 1, max: 9 }),
        timeout: fc.integer({ min: 1, max: 9 }),
        max_joins: fc.nat(3),
        require_filter: fc.subarray(['email', 'region'], { minLength: 1 }),
        explicit_columns: fc.constant(true as const),
        cross_join: fc.constant(false as const),
        join_with: fc.subarray(['gold', 'silver'], { minLength: 1 }),
        formats: fc.subarray(['json', 'csv', 'ndjson'], { minLength: 1 }),
      },
      { requiredKeys: [] },
    ),
    within: fc.option(dnf, { freq: 2 }),
  }),
  fc.record({
    effect: fc.constant('break_glass' as const),
    who: dnf,
    reason: fc.constant('incident'),
    expires: fc.constantFrom(EPOCH - 1, EPOCH, EPOCH + 1, EPOCH + 2),
  }),
  fc.record({ effect: fc.constant('rows' as const), predicate: fc.constant({ kind: 'true' as const }) }),
  fc.record({
    effect: fc.constant('mask' as const),
    mask,
    where: fc.constantFrom(null, null, WHERE),
    columns: fc
      .subarray(columns, { minLength: 1 })
      .chain((names) =>
        fc.tuple(
          ...names.map((name) =>
            fc.record({ name: fc.constant(name), depth: fc.nat(2), tag: fc.constant(null) }),
          ),
        ),
      ),
  }),
);
const policies: fc.Arbitrary<readonly MatchedPolicy[]> = fc
  .array(fc.tuple(body, fc.option(dnf)), { maxLength: 6 })
  .map((list) =>
    list.map(([rest, unless], i) => ({
      id: `p${i}`,
      description: '',
      source: { file: 'p.yml', line: i + 1 },
      unless,
      ...rest,
    })),
  );
const who: fc.Arbitrary<Identity> = fc
  .record({
    kind: fc.constantFrom('user' as const, 'service' as const, 'anonymous' as const),
    groups: fc.subarray(['a', 'b', 'c']),
    roles: fc.subarray(['a', 'b']),
    scopes: fc.subarray(['a']),
    attributes: fc.dictionary(
      fc.constantFrom('x', 'y'),
      fc.constantFrom('a', 'b', '', 1, 2, true, false, ['a', 'b'], ['b'], [1], [], ['b', 1]),
      { maxKeys: 2 },
    ),
  })
  .map(identity);
const grants: fc.Arbitrary<readonly Grant[]> = fc
  .array(
    fc.record({
      subject: fc.constantFrom(
        { sub: 'someone', issuer: 'https://login.example.com' },
        { sub: 'someone', issuer: 'https://login.example.com' },
        { sub: 'someone', issuer: 'https://other.example.com' },
        { sub: 'other', issuer: 'https://login.example.com' },
      ),
      kind: fc.constantFrom('access' as const, 'lift' as const),
      dataset: fc.constantFrom('gold.members', 'gold.members', 'gold.members', 'gold.other', null),
      project: fc.option(words, { freq: 1 }),
      policies: fc.subarray(['p0', 'p1', 'p2', 'p3', 'p4', 'p5']),
      columns: fc.subarray(columns),
      purpose: fc.option(words, { freq: 1 }),
      until: fc.constantFrom(EPOCH - 1, EPOCH, EPOCH + 1, EPOCH + 2, EPOCH + 3),
      approvers: fc.constant([]),
    }),
    { maxLength: 3 },
  )
  .map((list) => list.map((grant, i) => ({ ...grant, id: `g${i}`, request: `r${i}` })));
const input: fc.Arbitrary<DecisionInput> = fc
  .record({
    grants,
    identity: who,
    policies,
    level: fc.constantFrom('open' as const, 'internal' as const, 'restricted' as const),
    purpose: fc.option(words),
    project: fc.option(words),
    environment: words,
    networks: fc.option(fc.subarray(['a', 'b'])),
    hours: fc.option(fc.subarray(['a', 'b']), { freq: 9 }),
  })
  .map(({ identity: caller, policies: matched, level, ...circumstances }) => ({
    action: 'query',
    dataset: {
      dataset_id: 'gold.members',
      namespace: 'gold',
      access_level: level,
      tags: [],
      columns: columns.map((name) => ({ name, type: 'VARCHAR', tags: [], state: 'documented' })),
      owner: null,
      resource_type: 'model',
      policies: matched,
    },
    identity: caller,
    request,
    context: context(circumstances),
  }));

/** The rules, read again. */
function expected({
  dataset,
  identity: caller,
  context: circumstances,
}: DecisionInput): Omit<Decision, 'reasons' | 'reason'> {
  const truth = (condition: Dnf) => truthOf(condition, caller, circumstances);
  const glasses = dataset.policies.flatMap((p) =>
    p.effect === 'break_glass' && truth(p.who) === 'true' && circumstances.time.epoch < p.expires
      ? [p.expires]
      : [],
  );
  const held = circumstances.grants.filter(
    (g) =>
      caller.issuer !== null &&
      g.subject.sub === caller.sub &&
      g.subject.issuer === caller.issuer &&
      g.dataset === 'gold.members' &&
      g.until > EPOCH &&
      (g.purpose === null || g.purpose === circumstances.purpose) &&
      (g.project === null || g.project === circumstances.project),
  );
  const used: number[] = [];
  const lifting = (policy: string, column: string | null) =>
    held.filter(
      (g) =>
        g.kind === 'lift' && g.policies.includes(policy) && (column === null || g.columns.includes(column)),
    );
  const binding = dataset.policies.filter(
    (p) =>
      (p.unless === null || truth(p.unless) !== 'true') &&
      (glasses.length === 0 || !['mask', 'rows', 'deny'].includes(p.effect)),
  );
  const limiting = binding.flatMap((p) => (p.effect === 'limit' && truth(p.who) !== 'false' ? [p] : []));
  const inside = limiting.every((p) => p.within === null || truth(p.within) === 'true');
  const known = dataset.policies.some((p) => p.effect === 'discover' && truth(p.who) === 'true');
  const authenticated = caller.kind !== 'anonymous';
  const allows = dataset.policies.flatMap((p) => (p.effect === 'allow' ? [p.who] : []));
  const byPolicy = allows.some((condition) => truth(condition) === 'true');
  const access = held.filter(({ kind }) => kind === 'access').map(({ until }) => until);
  const wanted = (allows.length > 0 || dataset.access_level === 'restricted') && !byPolicy;
  if (wanted && access.length > 0) used.push(Math.max(...access));
  const someAllow = byPolicy || (wanted && access.length > 0);
  const levelHolds = { open: true, internal: authenticated, restricted: authenticated && someAllow }[
    dataset.access_level
  ];
  const allow =
    levelHolds &&
    (allows.length === 0 || someAllow) &&
    inside &&
    binding.every((p) => p.effect !== 'require' || truth(p.who) === 'true') &&
    binding.every((p) => p.effect !== 'deny' || truth(p.who) === 'false');
  const masks: Record<string, Decision['masks'][string]> = {};
  const hidden: string[] = [];
  const reveals: Record<string, Reveal[]> = {};
  const reverses = (mask: MaskSpec): boolean =>
    mask.kind === 'tokenise' && mask.reveal !== null && truth(mask.reveal) === 'true';
  for (const name of columns) {
    const covering = (of: readonly MatchedPolicy[]) =>
      of.flatMap((p) =>
        p.effect === 'mask'
          ? p.columns
              .filter((c) => c.name === name)
              .filter((c) => {
                const by = lifting(p.id, c.name);
                used.push(...by.map(({ until }) => until));
                return by.length === 0;
              })
              .map((c) => ({ policy: p.id, mask: p.mask, depth: c.depth, where: p.where }))
          : [],
      );
    const candidates = covering(binding).sort(
      (a, b) => rankOf(a.mask) - rankOf(b.mask) || b.depth - a.depth || (a.policy < b.policy ? -1 : 1),
    );
    const whole = candidates.findIndex(({ where }) => where === null);
    const stricter = whole < 0 ? candidates : candidates.slice(0, whole);
    const when = stricter.flatMap(({ policy, mask, where }) =>
      where === null
        ? []
        : [{ policy, mask: mask.kind === 'hide' ? { kind: 'null' as const } : plain(mask), where }],
    );
    const first = candidates[whole];
    if (first?.mask.kind === 'hide') hidden.push(name);
    else if (first !== undefined || when.length > 0)
      masks[name] = {
        policy: first?.policy ?? null,
        mask: first === undefined ? null : plain(first.mask),
        ...(when.length === 0 ? {} : { when }),
      };
    const sources = dataset.policies.filter(
      (p) =>
        p.effect === 'mask' &&
        reverses(p.mask) &&
        p.columns.some((c) => c.name === name) &&
        !binding.some(
          (other) =>
            other.effect === 'mask' &&
            !reverses(other.mask) &&
            other.columns.some((c) => p.columns.some((own) => own.name === c.name)),
        ),
    );
    if (sources.length > 0)
      reveals[name] = sources.flatMap((p) =>
        p.effect === 'mask' && p.mask.kind === 'tokenise' ? [{ policy: p.id, scope: p.mask.scope }] : [],
      );
  }
  const rows = binding.flatMap((p) => {
    if (p.effect !== 'rows') return [];
    const by = lifting(p.id, null);
    used.push(...by.map(({ until }) => until));
    return by.length === 0 ? [{ policy: p.id, predicate: p.predicate }] : [];
  });
  const ends = [...glasses, ...used];
  return {
    dataset_id: dataset.dataset_id,
    allow,
    rows,
    masks,
    ...(Object.keys(reveals).length === 0 ? {} : { reveals }),
    hidden,
    limits: tightest(limiting.map(({ limits }) => limits)),
    expires_at: ends.length === 0 ? null : Math.min(...ends),
    discoverable:
      allow ||
      { open: true, internal: authenticated, restricted: authenticated && known }[dataset.access_level],
  };
}

function tightest(all: readonly Limits[]): Limits {
  const limits: Record<string, unknown> = {};
  for (const one of all)
    for (const [key, bound] of Object.entries(one)) {
      const before = limits[key];
      if (before === undefined) limits[key] = bound;
      else if (typeof bound === 'number') limits[key] = Math.min(bound, Number(before));
      else if (key === 'require_filter') limits[key] = [...new Set([...(before as string[]), ...bound])];
      else if (Array.isArray(bound))
        limits[key] = (before as string[]).filter((word) => bound.includes(word));
    }
  for (const list of Object.values(limits)) if (Array.isArray(list)) list.sort();
  return limits;
}

const rankOf = (mask: MaskSpec): number =>
  mask.kind === 'custom' ? mask.rank : MASK_ORDER.indexOf(mask.kind);

/** A decision says apart who may have tokens reversed. */
const plain = (mask: MaskSpec): MaskSpec => (mask.kind === 'tokenise' ? { ...mask, reveal: null } : mask);

/** A requirement is met where it is true, a denial stands where it is not false: together they tell the three values apart. */
it('a condition has the same one of three values in both', async () => {
  const pdp = createPdp({ kind: 'embedded' });
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(input, dnf, async (item, condition) => {
      const asked = (effect: 'require' | 'deny'): DecisionInput => ({
        ...item,
        dataset: {
          ...item.dataset,
          access_level: 'open',
          policies: [
            {
              id: 'p',
              description: '',
              source: { file: 'p.yml', line: 1 },
              unless: null,
              effect,
              who: condition,
            },
          ],
        },
      });
      const [met, denied] = await pdp.decide([asked('require'), asked('deny')]);
      const value = met?.allow === true ? 'true' : denied?.allow === true ? 'false' : 'unknown';
      seen.set(value, (seen.get(value) ?? 0) + 1);
      expect(value).toBe(truthOf(condition, item.identity, item.context));
    }),
    { numRuns: 1000 },
  );
  for (const value of ['true', 'false', 'unknown']) expect(seen.get(value) ?? 0).toBeGreaterThan(50);
});

it('both readings give the same answer', async () => {
  const pdp = createPdp({ kind: 'embedded' });
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 4 }), async (batch) => {
      const decisions = await pdp.decide(batch);
      batch.forEach((item, i) => {
        const answer = decisions[i];
        if (answer === undefined) throw new Error('an item was not decided');
        const { reasons: _reasons, reason, ...decision } = answer;
        seen.set(reason, (seen.get(reason) ?? 0) + 1);
        expect({ ...decision, hidden: [...decision.hidden].sort() }).toEqual({
          ...expected(item),
          hidden: [...expected(item).hidden].sort(),
        });
      });
    }),
    { numRuns: 1500 },
  );
  // Each way out was taken, or the comparison says little.
  expect([...seen.keys()].sort()).toEqual([
    'allowed',
    'denied_by_policy',
    'level_internal',
    'level_restricted',
    'no_allow_matches',
    'outside_limit',
    'requirement_not_met',
  ]);
});

/** Of columns with their masks, of rows, and of datasets: what grants add is what they name, and nothing else moves. */
it('a grant releases nothing but what it names', async () => {
  const pdp = createPdp({ kind: 'embedded' });
  let opened = 0;
  await fc.assert(
    fc.asyncProperty(input, async (item) => {
      const bare = { ...item, context: { ...item.context, grants: [] } };
      const [withGrants, without] = await pdp.decide([item, bare]);
      if (withGrants === undefined || without === undefined) throw new Error('an item was not decided');
      const own = item.context.grants.filter(
        ({ subject, dataset, until }) =>
          subject.sub === item.identity.sub &&
          subject.issuer === item.identity.issuer &&
          dataset === 'gold.members' &&
          until > EPOCH,
      );
      const lifts = own.filter(({ kind }) => kind === 'lift');
      if (withGrants.allow && !without.allow) {
        opened++;
        expect(own.some(({ kind }) => kind === 'access')).toBe(true);
        expect(['level_restricted', 'no_allow_matches']).toContain(without.reason);
        expect(withGrants.expires_at).not.toBeNull();
      }
      expect(without.allow && !withGrants.allow).toBe(false);
      expect(withGrants.limits).toEqual(without.limits);
      const gone = without.rows.filter(({ policy }) => !withGrants.rows.some((row) => row.policy === policy));
      for (const { policy } of gone)
        expect(lifts.some(({ policies }) => policies.includes(policy))).toBe(true);
      for (const name of columns) {
        if (lifts.some((grant) => grant.columns.includes(name))) continue;
        expect(withGrants.masks[name]).toEqual(without.masks[name]);
        expect(withGrants.hidden.includes(name)).toBe(without.hidden.includes(name));
      }
    }),
    { numRuns: 1500 },
  );
  expect(opened).toBeGreaterThan(20);
});
