/** What several parties may see together is never more than any of them sees alone, row by row and column by column. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AppliedMask, Decision } from '../../src/access/decision.ts';
import { createIntersect } from '../../src/access/intersect.ts';
import { meetMasks } from '../../src/access/meet-masks.ts';
import { prefixPredicate } from '../../src/access/prefix.ts';
import type { Column } from '../../src/catalogue/dataset.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { DATE_UNITS, MASK_ORDER, type MaskSpec, type Predicate } from '../../src/policies/policy.ts';
import { identityValue } from '../../src/sql/rewrite/identity-values.ts';
import { dataset, identity } from '../policies/support/catalogue.ts';

const MASKS: readonly MaskSpec[] = [
  { kind: 'null' },
  { kind: 'constant', value: 'x' },
  { kind: 'constant', value: 'y' },
  { kind: 'custom', expression: 'value', rank: 3 },
  { kind: 'custom', expression: 'upper(value)', rank: 6.5 },
  { kind: 'hash', scope: 'global' },
  { kind: 'hash', scope: 'dataset' },
  { kind: 'tokenise', scope: 'policy', reveal: null },
  { kind: 'tokenise', scope: 'dataset', reveal: null },
  { kind: 'regex', pattern: 'a', replace: 'b', unmatched: 'keep' },
  { kind: 'partial', first: 1, last: 1, with: '*' },
  { kind: 'partial', first: 2, last: 2, with: '*' },
  { kind: 'partial', format: 'email', with: '*' },
  { kind: 'bucket', width: 10, origin: 0 },
  { kind: 'bucket', boundaries: [1, 2] },
  { kind: 'round', to: 1000 },
  ...DATE_UNITS.map((to) => ({ kind: 'truncate_date', to }) as const),
];
const WHERES = ['p', 'q', 'r'];
/** Unfit where its number says so. */
const fitsFor = (unfit: ReadonlySet<number>) => (mask: MaskSpec) =>
  !unfit.has(MASKS.findIndex((one) => JSON.stringify(one) === JSON.stringify(mask)));

const is = (name: string): Predicate => ({
  kind: 'compare',
  op: '=',
  left: { kind: 'column', name },
  right: { kind: 'literal', value: true },
});

const policy = fc.constantFrom('one', 'two');
const mask = fc.constantFrom(...MASKS);
const rank = (one: MaskSpec): number => (one.kind === 'custom' ? one.rank : MASK_ORDER.indexOf(one.kind));
const applied: fc.Arbitrary<AppliedMask | undefined> = fc
  .record({
    base: fc.option(fc.record({ policy, mask }), { nil: null }),
    when: fc.array(fc.record({ policy, mask, where: fc.constantFrom(...WHERES).map(is) }), { maxLength: 3 }),
  })
  .map(({ base, when }) => {
    // As a decision point answers: stricter than the base, the strictest first.
    const stricter = when
      .filter((one) => base === null || rank(one.mask) <= rank(base.mask))
      .sort((a, b) => rank(a.mask) - rank(b.mask));
    if (base === null && stricter.length === 0) return undefined;
    return {
      policy: base?.policy ?? null,
      mask: base?.mask ?? null,
      ...(stricter.length === 0 ? {} : { when: stricter }),
    };
  });

interface Shown {
  readonly mask: MaskSpec | null;
  readonly policy: string | null;
}

type Row = Readonly<Record<string, boolean | null>>;

/** Three-valued: null is unknown. */
function truth(where: Predicate, row: Row): boolean | null {
  if (where.kind === 'and') {
    const values = where.args.map((arg) => truth(arg, row));
    return values.includes(false) ? false : values.includes(null) ? null : true;
  }
  if (where.kind === 'compare' && where.left.kind === 'column') return row[where.left.name] ?? null;
  throw new Error(where.kind);
}

/** What one row shows: what the rewriter makes of it. */
function shownOf(one: AppliedMask | undefined, row: Row, fits: (mask: MaskSpec) => boolean): Shown {
  const hit = one?.when?.find(({ where }) => truth(where, row) !== false);
  const found = hit ?? one;
  if (found === undefined || found.mask === null) return { mask: null, policy: null };
  return { mask: fits(found.mask) ? found.mask : { kind: 'null' }, policy: found.policy };
}

/** Whether whoever sees `less` learns nothing of the value that `more` would not show. */
function noMoreThan(less: Shown, more: Shown): boolean {
  if (more.mask === null || less.mask?.kind === 'null') return true;
  if (less.mask === null || more.mask.kind === 'null') return false;
  const same = JSON.stringify(less.mask) === JSON.stringify(more.mask);
  if (same)
    return !(less.mask.kind === 'tokenise' && less.mask.scope === 'policy') || less.policy === more.policy;
  if (less.mask.kind === 'constant') return true;
  if (less.mask.kind === 'truncate_date' && more.mask.kind === 'truncate_date') {
    const { to } = less.mask;
    const finer: Readonly<Record<string, readonly string[]>> = {
      year: ['quarter', 'month', 'day', 'hour'],
      quarter: ['month', 'day', 'hour'],
      month: ['day', 'hour'],
      week: ['day', 'hour'],
      day: ['hour'],
    };
    return finer[to]?.includes(more.mask.to) ?? false;
  }
  // A pseudonym says nothing of the value but which rows have the same; that is what the order of masks is.
  return ['hash', 'tokenise'].includes(less.mask.kind) && rank(less.mask) < rank(more.mask);
}

const row = fc.record(Object.fromEntries(WHERES.map((name) => [name, fc.constantFrom(true, false, null)])));
const unfit = fc.uniqueArray(fc.nat(MASKS.length - 1), { maxLength: 6 }).map((all) => new Set(all));

it('of each row, the masks of two show no more than either', () => {
  fc.assert(
    fc.property(applied, applied, row, unfit, (a, b, at, misfits) => {
      fc.pre(a !== undefined || b !== undefined);
      const fits = fitsFor(misfits);
      const met = shownOf(meetMasks(a, b, fits), at, fits);
      expect(noMoreThan(met, shownOf(a, at, fits)), 'than the first').toBe(true);
      expect(noMoreThan(met, shownOf(b, at, fits)), 'than the second').toBe(true);
    }),
    { numRuns: 50_000 },
  );
});

it('who shows the same alone shows the same together', () => {
  fc.assert(
    fc.property(applied, row, (a, at) => {
      fc.pre(a !== undefined);
      const fits = () => true;
      expect(shownOf(meetMasks(a, a, fits), at, fits).mask).toEqual(shownOf(a, at, fits).mask);
    }),
  );
});

describe('two masks', () => {
  const all = () => true;
  const met = (a: MaskSpec | null, b: MaskSpec | null, policies = ['p', 'p']) =>
    meetMasks(
      a === null ? undefined : { policy: policies[0] ?? '', mask: a },
      b === null ? undefined : { policy: policies[1] ?? '', mask: b },
      all,
    ).mask;
  const tokens: MaskSpec = { kind: 'tokenise', scope: 'policy', reveal: null };
  it.each<[string, MaskSpec | null, MaskSpec | null, MaskSpec]>([
    ['one that shows all', null, { kind: 'hash', scope: 'global' }, { kind: 'hash', scope: 'global' }],
    [
      'the stricter kind',
      { kind: 'hash', scope: 'global' },
      { kind: 'partial', first: 1, last: 1, with: '*' },
      { kind: 'hash', scope: 'global' },
    ],
    [
      'the coarser date',
      { kind: 'truncate_date', to: 'month' },
      { kind: 'truncate_date', to: 'year' },
      { kind: 'truncate_date', to: 'year' },
    ],
    [
      'weeks across months',
      { kind: 'truncate_date', to: 'week' },
      { kind: 'truncate_date', to: 'month' },
      { kind: 'null' },
    ],
    [
      'two scopes of a hash',
      { kind: 'hash', scope: 'global' },
      { kind: 'hash', scope: 'project' },
      { kind: 'null' },
    ],
    [
      'other ends',
      { kind: 'partial', first: 2, last: 2, with: '*' },
      { kind: 'partial', first: 1, last: 4, with: '*' },
      { kind: 'null' },
    ],
    [
      // Of five letters, the second shows two and the first none.
      'fewer characters, which of short texts are more',
      { kind: 'partial', first: 2, last: 2, with: '*' },
      { kind: 'partial', first: 1, last: 1, with: '*' },
      { kind: 'null' },
    ],
    [
      'an author’s own expression, whatever its place',
      { kind: 'custom', expression: 'value', rank: 3 },
      { kind: 'hash', scope: 'global' },
      { kind: 'null' },
    ],
    [
      'a bucket and a rounding',
      { kind: 'bucket', width: 1, origin: 0 },
      { kind: 'round', to: 1000 },
      { kind: 'null' },
    ],
  ])('%s', (_name, a, b, wanted) => {
    expect(met(a, b)).toEqual(wanted);
    expect(met(b, a)).toEqual(wanted);
  });

  it('tokens of two policies are none of either', () => {
    expect(met(tokens, tokens, ['p', 'p'])).toEqual(tokens);
    expect(met(tokens, tokens, ['p', 'q'])).toEqual({ kind: 'null' });
  });

  it('one that does not fit shows NULL, and so do both', () => {
    const fits = ({ kind }: MaskSpec) => kind !== 'bucket';
    const bucket: AppliedMask = { policy: 'b', mask: { kind: 'bucket', width: 1, origin: 0 } };
    const partial: AppliedMask = { policy: 'p', mask: { kind: 'hash', scope: 'global' } };
    expect(meetMasks(partial, bucket, fits).mask).toEqual({ kind: 'null' });
  });
});

const COLUMNS: readonly Column[] = dataset({ columns: { email: [], name: [] } }).columns;
const ALLOWED: Decision = {
  dataset_id: 'gold.members',
  allow: true,
  reason: 'allowed',
  reasons: [],
  rows: [],
  masks: {},
  hidden: [],
  limits: {},
  expires_at: null,
  discoverable: true,
};
const of = (over: Partial<Decision>): Decision => Object.freeze({ ...ALLOWED, ...over });
const intersect = createIntersect(() => true);
const both = (a: Partial<Decision>, b: Partial<Decision>): Decision =>
  intersect(
    [
      { decision: of(a), path: [] },
      { decision: of(b), path: ['actor'] },
    ],
    COLUMNS,
  );

it('what fits is asked anew of columns of other types, though the decisions are the same', () => {
  const integers = COLUMNS.map((column) => ({ ...column, type: 'integer' }));
  const meet = createIntersect((mask, column) => column.type !== 'integer' || mask.kind === 'hash');
  const masked = (mask: MaskSpec) => of({ masks: { email: { policy: 'p', mask } } });
  const regex = masked({ kind: 'regex', pattern: 'a', replace: 'b', unmatched: 'keep' });
  const parts = [
    { decision: regex, path: [] },
    { decision: masked({ kind: 'hash', scope: 'global' }), path: ['actor'] },
  ] as const;
  expect(meet(parts, COLUMNS).masks.email).toMatchObject({ mask: { kind: 'hash' } });
  expect(meet(parts, integers).masks.email).toMatchObject({ mask: { kind: 'null' } });
});

describe('two decisions', () => {
  it.each<[string, Partial<Decision>, Partial<Decision>, Partial<Decision>]>([
    [
      'both must let in',
      { allow: true },
      { allow: false, reason: 'level_restricted' },
      { allow: false, reason: 'level_restricted' },
    ],
    [
      'both must let it be known',
      { discoverable: true },
      { allow: false, discoverable: false },
      { discoverable: false },
    ],
    [
      'what one hides is hidden',
      { hidden: ['email'] },
      { masks: { email: { policy: 'm', mask: { kind: 'null' } } } },
      { hidden: ['email'], masks: {} },
    ],
    ['the earlier end', { expires_at: 20 }, { expires_at: 10 }, { expires_at: 10 }],
    ['the only end', { expires_at: null }, { expires_at: 10 }, { expires_at: 10 }],
    [
      'the tightest limits',
      { limits: { max_rows: 5, formats: ['json', 'csv'], require_filter: ['b'], join_with: ['gold'] } },
      {
        limits: {
          max_rows: 9,
          timeout: 1,
          formats: ['csv'],
          require_filter: ['a'],
          join_with: ['silver'],
          cross_join: false,
        },
      },
      {
        limits: {
          max_rows: 5,
          timeout: 1,
          formats: ['csv'],
          require_filter: ['a', 'b'],
          join_with: [],
          cross_join: false,
        },
      },
    ],
    [
      'what both may have reversed',
      {
        reveals: {
          email: [
            { policy: 'p', scope: 'policy' },
            { policy: 'q', scope: 'policy' },
          ],
        },
      },
      { reveals: { email: [{ policy: 'q', scope: 'policy' }], name: [{ policy: 'p', scope: 'policy' }] } },
      { reveals: { email: [{ policy: 'q', scope: 'policy' }] } },
    ],
  ])('%s', (_name, a, b, wanted) => {
    expect(both(a, b)).toMatchObject(wanted);
    if (wanted.masks !== undefined) expect({ ...both(a, b).masks }).toEqual(wanted.masks);
  });

  it('nobody may have reversed what one may not', () => {
    expect(both({ reveals: { email: [{ policy: 'p', scope: 'policy' }] } }, {})).not.toHaveProperty(
      'reveals',
    );
  });

  it('filters of both hold, each about its own identity', () => {
    const own: Predicate = {
      kind: 'any',
      left: { kind: 'column', name: 'region' },
      list: { kind: 'identity', path: ['attributes', 'regions'] },
    };
    const rows = [{ policy: 'own', predicate: own }];
    expect(both({ rows }, { rows }).rows.map(({ predicate }) => predicate)).toEqual([
      own,
      { ...own, list: { kind: 'identity', path: ['actor', 'attributes', 'regions'] } },
    ]);
  });

  it('a filter that is about nobody stands once', () => {
    const rows = [{ policy: 'own', predicate: is('active') }];
    expect(both({ rows }, { rows }).rows).toEqual(rows);
  });

  it('reasons say whose they are', () => {
    const reason = { policy: 'level', effect: 'level', because: 'open: anyone', source: null } as const;
    expect(both({ reasons: [reason] }, { reasons: [reason] }).reasons).toEqual([
      reason,
      { ...reason, party: 'actor' },
    ]);
  });

  it('the same decisions give the very same answer, and others another', () => {
    const [a, b, c] = [of({}), of({}), of({})];
    const parts = [
      { decision: a, path: [] },
      { decision: b, path: ['actor'] },
    ] as const;
    const first = intersect([...parts], COLUMNS);
    expect(intersect([...parts], COLUMNS)).toBe(first);
    expect(intersect([parts[0], { decision: c, path: ['actor'] }], COLUMNS)).not.toBe(first);
    expect(intersect([parts[0], { decision: b, path: ['members', '0'] }], COLUMNS)).not.toBe(first);
  });

  it('of one party it is its own decision', () => {
    const decision = of({});
    expect(intersect([{ decision, path: [] }], COLUMNS)).toBe(decision);
  });
});

describe('a path from the caller', () => {
  const caller: Identity = {
    ...identity({ sub: 'ada', attributes: { region: 'north' } }),
    actor: { ...identity({ sub: 'agent', groups: ['bots'] }), actor: identity({ sub: 'inner' }) },
    members: [identity({ sub: 'm0' }), identity({ sub: 'm1', attributes: { region: 'south' } })],
  };
  it.each([
    ['sub', 'ada'],
    ['attributes.region', 'north'],
    ['actor.sub', 'agent'],
    ['actor.groups', ['bots']],
    ['actor.attributes.region', undefined],
    ['actor.actor.sub', 'inner'],
    ['actor.actor.actor.sub', undefined],
    ['members.1.attributes.region', 'south'],
    ['members.2.sub', undefined],
    ['members.-1.sub', undefined],
    ['members.length', undefined],
    ['members', undefined],
    ['actor', undefined],
    ['attributes.constructor', undefined],
  ])('%s', (path, wanted) => {
    expect(identityValue(path.split('.'), caller)).toEqual(wanted);
  });

  it('is put before every operand of an identity, wherever it stands', () => {
    const scalar = { kind: 'identity', path: ['sub'] } as const;
    const column = { kind: 'column', name: 'c' } as const;
    const predicate: Predicate = {
      kind: 'and',
      args: [
        { kind: 'not', arg: { kind: 'compare', op: '=', left: scalar, right: scalar } },
        { kind: 'in', left: scalar, values: [scalar, column] },
        { kind: 'is_null', arg: scalar, negated: false },
        { kind: 'like', left: scalar, pattern: 'x', negated: false },
        { kind: 'any', left: scalar, list: { kind: 'identity', path: ['groups'] } },
        {
          kind: 'lookup',
          left: scalar,
          dataset: 'd',
          column: 'c',
          where: { kind: 'compare', op: '=', left: column, right: scalar },
        },
        { kind: 'true' },
      ],
    };
    const text = JSON.stringify(prefixPredicate(predicate, ['actor']));
    expect(text.match(/"path":\["actor","sub"\]/g)).toHaveLength(9);
    expect(text).toContain('"path":["actor","groups"]');
    expect(text).not.toContain('"path":["sub"]');
  });
});
