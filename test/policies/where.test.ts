import { describe, expect, it } from 'vitest';
import { parseWhere, WhereProblem, type WhereTemplate } from '../../src/policies/where.ts';

const column = (name: string) => ({ kind: 'column', name }) as const;
const literal = (value: string | number | boolean) => ({ kind: 'literal', value }) as const;
const path = (...parts: string[]) => ({ kind: 'identity', path: parts }) as const;
const equals = (name: string, value: string | number | boolean): WhereTemplate => ({
  kind: 'compare',
  op: '=',
  left: column(name),
  right: literal(value),
});

describe('a filter is parsed', () => {
  const accepted: readonly (readonly [string, WhereTemplate])[] = [
    ["region = 'north'", equals('region', 'north')],
    ['Region = 1', equals('region', 1)],
    ['"Region" = -1.5', equals('Region', -1.5)],
    ["region != 'it''s'", { kind: 'compare', op: '<>', left: column('region'), right: literal("it's") }],
    ['active', equals('active', true)],
    ['not active', { kind: 'not', arg: equals('active', true) }],
    ['true', { kind: 'true' }],
    ['false', { kind: 'false' }],
    [
      "a = '' and b = 0 or c = false",
      { kind: 'or', args: [{ kind: 'and', args: [equals('a', ''), equals('b', 0)] }, equals('c', false)] },
    ],
    ["a in ('x', 'y')", { kind: 'in', left: column('a'), values: [literal('x'), literal('y')] }],
    ["a not in ('x')", { kind: 'not', arg: { kind: 'in', left: column('a'), values: [literal('x')] } }],
    ['a is null', { kind: 'is_null', arg: column('a'), negated: false }],
    ['a is not null', { kind: 'is_null', arg: column('a'), negated: true }],
    ["a like 'x%'", { kind: 'like', left: column('a'), pattern: 'x%', negated: false }],
    ["a not like 'x%'", { kind: 'like', left: column('a'), pattern: 'x%', negated: true }],
    [
      'a between 1 and 2',
      {
        kind: 'and',
        args: [
          { kind: 'compare', op: '>=', left: column('a'), right: literal(1) },
          { kind: 'compare', op: '<=', left: column('a'), right: literal(2) },
        ],
      },
    ],
    [
      "column('Geo.Region') = any(identity.attributes.regions)",
      { kind: 'any', left: { kind: 'tagged', tag: 'geo.region' }, list: path('attributes', 'regions') },
    ],
    [
      "COLUMN ( 'a' ) = identity.sub",
      { kind: 'compare', op: '=', left: { kind: 'tagged', tag: 'a' }, right: path('sub') },
    ],
    [
      "'é😀' = column('a')",
      { kind: 'compare', op: '=', left: literal('é😀'), right: { kind: 'tagged', tag: 'a' } },
    ],
    ["a = 'column(1)'", equals('a', 'column(1)')],
    ['a = any(identity.groups)', { kind: 'any', left: column('a'), list: path('groups') }],
    [
      'a = identity.attributes."Member-ID"',
      { kind: 'compare', op: '=', left: column('a'), right: path('attributes', 'Member-ID') },
    ],
    ['a = 1 -- why', equals('a', 1)],
    ['a = 123456789012345', equals('a', 123456789012345)],
  ];
  it.each(accepted)('%s', (text, wanted) => {
    expect(parseWhere(text)).toEqual(wanted);
  });
});

describe('a filter is refused', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /is empty/],
    ['-- nothing', /not valid SQL|cannot be parsed/],
    ['/* open', /not valid SQL|cannot be parsed/],
    ['a =', /not valid SQL/],
    ['true) union (select 1', /not valid SQL/],
    ['true) order by (1', /not valid SQL/],
    ['true); drop table x; select (1', /not valid SQL/],
    ['true) or (true', /not valid SQL/],
    ['true union select 1', /not one expression/],
    ['true order by 1', /not one expression/],
    ['true; drop table x', /not one expression/],
    ['true group by 1', /not one expression/],
    ['true for update', /not one expression/],
    ['true limit 1', /not one expression/],
    ['a = (select 1)', /SubLink is not accepted/],
    ['a in (select b from c)', /a subquery is accepted in row filters alone/],
    ['exists (select 1)', /a subquery is accepted in row filters alone/],
    ['lower(a) = 1', /the function `lower` is not accepted/],
    ['pg_sleep(1)', /the function `pg_sleep` is not accepted/],
    ['a::int = 1', /a cast is accepted of a constant text/],
    ["a = int '1'", /a cast is accepted of a constant text/],
    ["a = varchar(1) 'x'", /a cast is accepted of a constant text/],
    ['a + 1 = 2', /A_Expr is not accepted/],
    ["a || 'x' = 'y'", /A_Expr is not accepted/],
    ["a ~ 'x'", /the operator `~` is not accepted/],
    ["a ilike 'x'", /ILIKE is not accepted/],
    ["a similar to 'x'", /not accepted/],
    ['a like b', /LIKE takes a constant pattern/],
    ["a like 'x' escape '!'", /not accepted|constant pattern/],
    ['a = null', /NULL is not a value/],
    ['a is distinct from 1', /not accepted/],
    ['a is true', /BooleanTest is not accepted/],
    ['a = $1', /ParamRef is not accepted/],
    ['m.a = 1', /`m.a` is not accepted/],
    ['a = any(array[1])', /takes a list of the identity/],
    ['a <> all(identity.groups)', /not accepted/],
    ['a = identity.groups', /identity.groups is a list/],
    ['a = any(identity.sub)', /identity.sub is no list/],
    ['a = identity.email', /`identity.email` does not exist/],
    ['a = identity.attributes', /identity.attributes.NAME/],
    ['identity.attributes.x is null', /IS NULL takes a column/],
    ['identity.sub', /compare an identity value/],
    ['column() = 1', /takes one tag/],
    ['column(a) = 1', /takes one tag/],
    ['a = 12345678901234567890', /more digits/],
    ['a = 0.1234567890123456', /more digits/],
    ['1', /A_Const is not accepted/],
    ['case when a then b end', /CaseExpr is not accepted/],
    ['a collate "C" = 1', /CollateClause is not accepted/],
    [`${'('.repeat(50)}a${')'.repeat(50)}`, /nested more than/],
    [`${'not '.repeat(100)}a`, /nested more than/],
    ['a\0b', /NUL/],
    [`a = '${'x'.repeat(9000)}'`, /longer than/],
  ];
  it.each(refused)('%s', (text, message) => {
    expect(() => parseWhere(text)).toThrowError(WhereProblem);
    expect(() => parseWhere(text)).toThrowError(message);
  });
});
