/** Row filters and what they let through, the same on every engine. */
import type { Predicate, ScalarOperand } from '../../src/policies/policy.ts';
import { dataset } from './fixture.ts';

/** 2024-02-01T10:00:00Z. */
export const NOW = Date.UTC(2024, 1, 1, 10);

const COLUMNS = [
  'n INTEGER',
  'region VARCHAR',
  'level INTEGER',
  'other VARCHAR',
  'amount DECIMAL(10,2)',
  'd DATE',
  'tz TIMESTAMPTZ',
  'b BOOLEAN',
];

/** In DuckDB's memory; on PostgreSQL the database has another name. */
export const FILTERED = dataset('gold.t', COLUMNS);

const LOOKED_COLUMNS = ['user_id VARCHAR', 'region VARCHAR', 'level INTEGER', 'until DATE'];

/** What lookups look into. */
export const LOOKED = dataset('ref.regions_of', LOOKED_COLUMNS);

export const FILTERED_SQL: readonly string[] = [
  'CREATE SCHEMA ref',
  `CREATE TABLE ref.regions_of (${LOOKED_COLUMNS.join(', ')})`,
  `INSERT INTO ref.regions_of VALUES
    ('ada', 'EU', 1, '2024-03-01'), ('ada', NULL, NULL, NULL), ('ada', 'FR', NULL, '2024-01-15'),
    ('bob', 'US', 3, NULL), (NULL, 'US', 5, NULL)`,
  'CREATE SCHEMA gold',
  `CREATE TABLE gold.t (${COLUMNS.join(', ')})`,
  `INSERT INTO gold.t VALUES
    (1, 'EU', 1, 'EU', 1.50, '2024-01-01', '2024-01-01 00:00:00+00', true),
    (2, 'US', 3, 'EU', 2.00, '2024-02-01', '2024-02-01 00:00:00+00', false),
    (3, 'FR', 5, NULL, -1, '2024-03-01', '2024-03-01 00:00:00+00', NULL),
    (4, NULL, NULL, 'x%y', NULL, NULL, NULL, NULL)`,
];

export const column = (name: string): ScalarOperand => ({ kind: 'column', name });
export const literal = (value: string | number | boolean): ScalarOperand => ({ kind: 'literal', value });
const identity = (...path: string[]): ScalarOperand => ({ kind: 'identity', path });
export const any = (name: string, ...path: string[]): Predicate => ({
  kind: 'any',
  left: column(name),
  list: { kind: 'identity', path },
});
export const compare = (
  left: ScalarOperand,
  op: Extract<Predicate, { kind: 'compare' }>['op'],
  right: ScalarOperand,
): Predicate => ({ kind: 'compare', op, left, right });
const not = (arg: Predicate): Predicate => ({ kind: 'not', arg });
const inList = (left: ScalarOperand, ...values: ScalarOperand[]): Predicate => ({ kind: 'in', left, values });
const like = (pattern: string, negated = false): Predicate => ({
  kind: 'like',
  left: column('other'),
  pattern,
  negated,
});

const now = (days = 0, months = 0): ScalarOperand => ({ kind: 'now', months, days, seconds: 0 });
export const lookup = (left: ScalarOperand, name: string, where: Predicate | null): Predicate => ({
  kind: 'lookup',
  left,
  dataset: 'ref.regions_of',
  column: name,
  where,
});
export const own = compare(column('user_id'), '=', identity('sub'));

/** What each filter lets through; the identity has regions EU and FR, level 3, an empty list, and nothing else. */
export const FILTER_CASES: readonly (readonly [string, Predicate, readonly number[]])[] = [
  ['a list of the identity', any('region', 'attributes', 'regions'), [1, 3]],
  ['its negation', not(any('region', 'attributes', 'regions')), [2]],
  ['an empty list matches nothing', any('region', 'attributes', 'empty'), []],
  ['an empty list matches nothing, negated', not(any('region', 'attributes', 'empty')), []],
  ['a missing list matches nothing', any('region', 'attributes', 'nope'), []],
  ['a missing list matches nothing, negated', not(any('region', 'attributes', 'nope')), []],
  ['a scalar where a list is asked for', any('level', 'attributes', 'level'), [2]],
  ['a name that every object has', any('region', 'attributes', 'constructor'), []],
  ['a scalar of the identity', compare(column('level'), '>=', identity('attributes', 'level')), [2, 3]],
  ['a missing scalar', compare(column('level'), '<>', identity('attributes', 'nope')), []],
  ['a missing scalar, negated', not(compare(column('level'), '=', identity('attributes', 'nope'))), []],
  [
    'a list where a scalar is asked for',
    compare(column('region'), '=', identity('attributes', 'regions')),
    [],
  ],
  ['a text for an integer', compare(column('level'), '=', literal('3')), [2]],
  ['a text that is none', not(compare(column('level'), '=', literal('x'))), []],
  ['a text that would be SQL', compare(column('region'), '=', literal("' OR true --")), []],
  ['a number for a text', compare(column('region'), '<>', literal(1.5)), []],
  ['sub', compare(identity('sub'), '=', literal('ada')), [1, 2, 3, 4]],
  ['another sub', compare(identity('sub'), '=', literal('bob')), []],
  ['two columns', compare(column('region'), '=', column('other')), [1]],
  ['two columns of different types', compare(column('region'), '=', column('level')), []],
  ['two columns of different types, negated', not(compare(column('region'), '=', column('level'))), []],
  ['in', inList(column('region'), literal('EU'), literal('US')), [1, 2]],
  ['not in', not(inList(column('region'), literal('EU'), literal('US'))), [3]],
  ['in with a missing value', inList(column('region'), literal('EU'), identity('attributes', 'nope')), [1]],
  [
    'not in with a missing value',
    not(inList(column('region'), literal('EU'), identity('attributes', 'nope'))),
    [],
  ],
  ['in over columns', inList(literal('EU'), column('region'), column('other')), [1, 2]],
  ['nothing in', inList(column('region')), []],
  ['is null', { kind: 'is_null', arg: column('region'), negated: false }, [4]],
  ['is not null', { kind: 'is_null', arg: column('region'), negated: true }, [1, 2, 3]],
  [
    'a missing attribute is not null',
    { kind: 'is_null', arg: identity('attributes', 'nope'), negated: false },
    [],
  ],
  ['like', like('%U'), [1, 2]],
  ['not like', like('%U', true), [4]],
  ['like with an escape', like('x\\%y'), [4]],
  ['like with a broken escape', not(like('x\\')), []],
  ['a decimal', compare(column('amount'), '>', literal(1.5)), [2]],
  ['a decimal with more digits', compare(column('amount'), '<', literal(1.505)), [1, 3]],
  ['a date', compare(column('d'), '>=', literal('2024-02-01')), [2, 3]],
  ['a date that is none', not(compare(column('d'), '>=', literal('2024-02-31'))), []],
  ['a moment', compare(column('tz'), '<', literal('2024-02-01T01:00:00+02:00')), [1]],
  ['a boolean', compare(column('b'), '=', literal(true)), [1]],
  [
    'and',
    { kind: 'and', args: [any('region', 'attributes', 'regions'), compare(column('n'), '<', literal(3))] },
    [1],
  ],
  [
    'or',
    { kind: 'or', args: [compare(column('n'), '=', literal(4)), compare(column('n'), '=', literal(1))] },
    [1, 4],
  ],
  [
    'or with what is unknown',
    { kind: 'or', args: [any('region', 'attributes', 'nope'), compare(column('n'), '=', literal(1))] },
    [1],
  ],
  ['an empty or', { kind: 'or', args: [] }, []],
  ['an empty and', { kind: 'and', args: [] }, [1, 2, 3, 4]],
  ['a day before now', compare(column('d'), '<', now()), [1, 2]],
  ['a day up to now', compare(column('d'), '<=', now()), [1, 2]],
  ['a day after now', compare(column('d'), '>', now()), [3]],
  ['a day from now on has begun later', compare(column('d'), '>=', now()), [3]],
  ['now on the left', compare(now(), '>=', column('d')), [1, 2]],
  ['the day of a moment has begun before it', compare(column('d'), '>=', now(-31)), [2, 3]],
  ['a month earlier', compare(column('tz'), '>', now(0, -1)), [2, 3]],
  ['a moment up to now', compare(column('tz'), '<=', now()), [1, 2]],
  ['a moment up to now, negated', not(compare(column('tz'), '<=', now())), [3]],
  [
    'a window of time that is open',
    {
      kind: 'and',
      args: [
        compare(column('d'), '<=', now()),
        {
          kind: 'or',
          args: [
            { kind: 'is_null', arg: column('other'), negated: false },
            compare(column('tz'), '>', now(-10)),
          ],
        },
      ],
    },
    [2],
  ],
  ['a text and now', compare(column('region'), '<', now()), []],
  ['a text and now, negated', not(compare(column('region'), '<', now())), []],
  ['equal to now', compare(column('d'), '=', now()), []],
  ['a constant and now', compare(literal('2024-01-01'), '<', now()), []],
  ['beyond all dates', compare(column('d'), '>', now(-1_000_000)), []],
  ['a lookup', lookup(column('region'), 'region', own), [1, 3]],
  ['a lookup, negated: nothing', not(lookup(column('region'), 'region', own)), []],
  ['a lookup, negated twice: nothing', not(not(lookup(column('region'), 'region', own))), []],
  [
    'a lookup that is still valid',
    lookup(column('region'), 'region', { kind: 'and', args: [own, compare(column('until'), '>', now())] }),
    [1],
  ],
  [
    'a lookup by what the identity lacks',
    lookup(column('region'), 'region', compare(column('user_id'), '=', identity('attributes', 'nope'))),
    [],
  ],
  [
    'a lookup by what the identity lacks, turned round inside',
    lookup(column('region'), 'region', not(compare(column('user_id'), '=', identity('attributes', 'nope')))),
    [],
  ],
  ['a lookup without a condition', lookup(column('region'), 'region', null), [1, 2, 3]],
  ['a lookup of numbers', lookup(column('level'), 'level', null), [1, 2, 3]],
  ['a lookup of another type', lookup(column('region'), 'level', null), []],
  ['a lookup of the identity', lookup(identity('sub'), 'user_id', null), [1, 2, 3, 4]],
  ['a lookup of an identity that is not there', lookup(literal('eve'), 'user_id', null), []],
  ['a lookup of what the identity lacks', lookup(identity('attributes', 'nope'), 'user_id', null), []],
  ['a lookup of what does not fit', lookup(literal('x'), 'level', null), []],
  [
    'a lookup or something else',
    { kind: 'or', args: [lookup(column('region'), 'region', own), compare(column('n'), '=', literal(4))] },
    [1, 3, 4],
  ],
  ['true', { kind: 'true' }, [1, 2, 3, 4]],
  ['false', { kind: 'false' }, []],
];
