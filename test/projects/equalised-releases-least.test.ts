/** In a project that gives every member the same view, that view is never more than any member's own: random policies, members and people, decided by the real bundle. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDecider } from '../../src/access/decide.ts';
import type { AppliedMask, Decision } from '../../src/access/decision.ts';
import { partiesOf } from '../../src/access/party.ts';
import { createPdp } from '../../src/access/pdp.ts';
import type { Project } from '../../src/catalogue/dataset.ts';
import { readMembers } from '../../src/catalogue/membership.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { evaluateDnf } from '../../src/policies/conditions.ts';
import { MASK_ORDER, type MaskSpec, type Predicate } from '../../src/policies/policy.ts';
import { equalised } from '../../src/request/equalise.ts';
import { emptyCaches } from '../../src/request/plan-caches.ts';
import {
  catalogue,
  context,
  dataset,
  type IdentitySpec,
  identity,
  request,
} from '../policies/support/catalogue.ts';

const group = fc.constantFrom('a', 'b', 'c');
const fact = fc.oneof(
  { weight: 4, arbitrary: group.map((name): unknown => ({ group: name })) },
  fc.constantFrom<unknown>({ role: 'auditor' }, { scope: 'read' }),
  fc.constantFrom<unknown>({ kind: 'service' }, { kind: 'user' }),
  fc.constantFrom<unknown>({ sub: 'ada' }, { sub: 'bob' }, { issuer: 'https://one.example.com' }),
  fc.constantFrom<unknown>(
    { attribute: { level: 1 } },
    { attribute: { level: 2 } },
    { attribute: { area: 'x' } },
  ),
  fc.constant<unknown>({ environment: 'production' }),
);
const condition = fc.oneof(
  { weight: 3, arbitrary: fact },
  fact.map((one): unknown => ({ not: one })),
  fc.tuple(fact, fact).map((both): unknown => ({ any: both })),
  fc.tuple(fact, fact).map((both): unknown => ({ all: both })),
  fc.tuple(fact, fact).map(([one, other]): unknown => ({ all: [one, { not: other }] })),
);
/** What a project can be asked for as well. */
const asked = fc.oneof(
  { weight: 4, arbitrary: condition },
  fc.constantFrom<unknown>({ project: 'p' }, { project: 'q' }, { purpose: 'why' }),
);

const mask = fc.constantFrom<unknown>(
  { with: 'hide' },
  { with: 'null' },
  { with: 'constant', value: 'x' },
  { with: 'hash' },
  { with: 'tokenise', reveal: { group: 'a' } },
  { with: 'partial', first: 1, last: 1 },
  { with: 'hash', where: "region = 'north'" },
  { with: 'null', where: 'region = identity.attributes.area' },
);
const effect = fc.oneof(
  asked.map((who) => ({ allow: who })),
  asked.map((who) => ({ require: who })),
  asked.map((who) => ({ deny: who })),
  asked.map((who) => ({ discover: who })),
  mask.map((one) => ({ mask: one })),
  fc.constantFrom(
    { rows: { where: "region = 'north'" } },
    { rows: { where: 'region = any(identity.attributes.area)' } },
  ),
  fc.constantFrom(
    { limit: { max_rows: 5 } },
    { limit: { max_rows: 50 } },
    { limit: { explicit_columns: true } },
  ),
);
const takesUnless = (one: object): boolean => !('allow' in one || 'require' in one || 'discover' in one);

const policies = fc.array(fc.tuple(effect, fc.option(asked, { nil: undefined }), fc.boolean()), {
  minLength: 1,
  maxLength: 6,
});
const person = fc.record({
  kind: fc.constantFrom('user' as const, 'service' as const),
  sub: fc.constantFrom('ada', 'bob', 'eve'),
  issuer: fc.constantFrom('https://one.example.com', 'https://two.example.com'),
  groups: fc.subarray(['a', 'b', 'c']),
  roles: fc.subarray(['auditor']),
  scopes: fc.subarray(['read']),
  attributes: fc.constantFrom<IdentitySpec['attributes'] & object>(
    {},
    { level: 1 },
    { level: [1, 2] },
    { level: 2, area: 'x' },
    { area: ['x', 'y'] },
    { area: 'y' },
  ),
});

/** A set of policies in which one condition exempts from all of them is refused. */
const FLOOR = { id: 'floor', on: 'everything', rows: { where: 'id is not null' } };

const decider = createDecider({ pdp: createPdp({ kind: 'embedded' }), cacheSize: 0, fits: () => true });
const COLUMNS = ['id', 'email', 'region'];

function written([rule, unless, onColumn]: readonly [object, unknown, boolean], i: number): object {
  const on = 'mask' in rule ? { column_name: onColumn ? 'email' : 'id' } : 'everything';
  return { id: `p${i}`, on, ...rule, ...(unless !== undefined && takesUnless(rule) ? { unless } : {}) };
}

/** Whether a row meets a predicate: one that asks somebody who is only assumed is unknown, which masks. */
function meets(predicate: Predicate, row: ReadonlySet<string>): boolean {
  if (predicate.kind === 'and') return predicate.args.every((arg) => meets(arg, row));
  const text = JSON.stringify(predicate);
  return row.has(text) || text.includes('"members"') || text.includes('"identity"');
}

/** The mask that stands on a column in one row. */
function shown({ mask, when = [] }: AppliedMask, row: ReadonlySet<string>): MaskSpec | null {
  return when.find(({ where }) => meets(where, row))?.mask ?? mask;
}

const rank = (mask: MaskSpec | null): number =>
  mask === null ? Number.POSITIVE_INFINITY : MASK_ORDER.indexOf(mask.kind);

/** Whether some row shows more of the column. */
function showsMore(column: string, than: Decision, given: Decision): boolean {
  if (given.hidden.includes(column)) return false;
  if (than.hidden.includes(column)) return true;
  const [own, equal] = [than, given].map(({ masks }) => masks[column] ?? { policy: null, mask: null });
  if (own === undefined || equal === undefined) return true;
  const atoms = [...(own.when ?? []), ...(equal.when ?? [])].flatMap(({ where }) => atomsOf(where));
  let rows: readonly (readonly string[])[] = [[]];
  for (const atom of new Set(atoms)) rows = [...rows, ...rows.map((row) => [...row, atom])];
  return rows.some((row) => rank(shown(equal, new Set(row))) > rank(shown(own, new Set(row))));
}

const atomsOf = (predicate: Predicate): readonly string[] =>
  predicate.kind === 'and' ? predicate.args.flatMap(atomsOf) : [JSON.stringify(predicate)];

/** What of a decision tells more than another one does. */
function more(than: Decision, given: Decision): readonly string[] {
  if (!given.allow) return given.discoverable && !(than.allow || than.discoverable) ? ['it is there'] : [];
  if (!than.allow) return ['allowed'];
  const filters = than.rows.filter(({ policy }) => !given.rows.some((one) => one.policy === policy));
  const columns = COLUMNS.filter((column) => showsMore(column, than, given));
  const revealed = Object.keys(given.reveals ?? {}).filter((column) => than.reveals?.[column] === undefined);
  const rows = (given.limits.max_rows ?? 1e9) > (than.limits.max_rows ?? 1e9);
  const stars = than.limits.explicit_columns === true && given.limits.explicit_columns !== true;
  return [
    ...filters.map(({ policy }) => `rows of ${policy}`),
    ...columns,
    ...revealed.map((column) => `tokens of ${column}`),
    ...(rows ? ['max_rows'] : []),
    ...(stars ? ['stars'] : []),
  ];
}

function membersOf(value: unknown): Project['members'] {
  return readMembers(value, (path, message) => {
    throw new Error(`${path.join('.')}: ${message}`);
  });
}

it('is at most what each member sees by themselves', async () => {
  const told = { members: 0, allowed: 0 };
  await fc.assert(
    fc.asyncProperty(policies, condition, person, fc.boolean(), async (rules, who, spec, restricted) => {
      const members = membersOf(who);
      const own = Object.freeze(identity(spec));
      const circumstances = { project: null, purpose: null, environment: 'production' };
      if (!evaluateDnf(members, own, circumstances)) return;
      const known = catalogue([
        dataset({
          id: 'gold.members',
          level: restricted ? 'restricted' : 'internal',
          columns: Object.fromEntries(COLUMNS.map((name) => [name, []])),
        }),
      ]);
      const text = JSON.stringify({ policies: [FLOOR, ...rules.map(written)] });
      const compiled = compilePolicies([{ path: 'p.yml', text }], known, { environment: 'production' });
      const project = { name: 'p', members } as Project;
      const gate = { caches: emptyCaches(), environment: 'production', ownRego: false };
      const decide = async (one: Identity): Promise<Decision> => {
        const made = await decider.decide({
          parties: partiesOf(one, () => context({ project: 'p' })),
          datasets: known.datasets,
          policies: compiled,
          snapshotHash: 'p',
          action: 'query',
          request,
        });
        const decision = made.get('gold.members');
        if (decision === undefined) throw new Error('no decision');
        return decision;
      };
      const [mine, ours] = [await decide(own), await decide(equalised(own, 'condition', project, gate))];
      told.members += 1;
      if (ours.allow) told.allowed += 1;
      expect(more(mine, ours), text).toEqual([]);
      const granted = await decide(equalised(own, 'grant', project, gate));
      expect(more(mine, granted), text).toEqual([]);
      expect(more(ours, granted), text).toEqual([]);
    }),
    { numRuns: 600, seed: 20260331 },
  );
  // It says nothing where nothing is ever released.
  expect(told.members).toBeGreaterThan(100);
  expect(told.allowed).toBeGreaterThan(10);
});
