/** `mask:` as written: what it is read as, what is refused and how that is told, and which columns it does not fit. */
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { inShort } from '../../src/findings.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, dataset } from './support/catalogue.ts';

const members = dataset({
  id: 'gold.members',
  columns: {
    email: { tags: ['pii.email', 'any'], type: 'VARCHAR' },
    level: { tags: ['any'], type: "ENUM('a', 'b')", family: 'text' },
    age: { tags: ['any'], type: 'INTEGER', family: 'integer' },
    tiny: { tags: ['any'], type: 'TINYINT', family: 'integer' },
    price: { tags: ['any'], type: 'DECIMAL(10,2)', family: 'decimal' },
    ratio: { tags: ['any'], type: 'DOUBLE', family: 'float' },
    born: { tags: ['any'], type: 'DATE', family: 'date' },
    at: { tags: ['any'], type: 'TIMESTAMPTZ', family: 'timestamptz' },
    uid: { tags: ['any'], type: 'UUID', family: 'uuid' },
    active: { tags: ['any'], type: 'BOOLEAN', family: 'boolean' },
    region: { tags: ['geo.region'], type: 'VARCHAR' },
  },
});
const ids = dataset({ id: 'gold.ids', columns: { email: { tags: ['pii.email'], type: 'VARCHAR' } } });

const compile = (mask: string, on = '{ id: gold.members }') =>
  compilePolicies(
    [{ path: 'a.yml', text: `policies:\n  - { id: a, on: ${on}, mask: ${mask} }\n` }],
    catalogue([members, ids]),
    { environment: 'production' },
  );

function problemsOf(mask: string, on?: string): readonly string[] {
  try {
    compile(mask, on);
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'policy_invalid') return error.details;
    throw error;
  }
  return [];
}

describe('is read', () => {
  it.each([
    ['{ with: hash, scope: project }', { kind: 'hash', scope: 'project' }],
    ['{ with: tokenise }', { kind: 'tokenise', scope: 'dataset', reveal: null }],
    [
      '{ with: tokenise, scope: policy, reveal: { group: officers } }',
      {
        kind: 'tokenise',
        scope: 'policy',
        reveal: [[{ fact: 'group', value: 'officers', negated: false }]],
      },
    ],
    [
      '{ with: regex, pattern: "[0-9]", replace: "" }',
      { kind: 'regex', pattern: '[0-9]', replace: '', unmatched: 'null' },
    ],
    ['{ with: partial, first: 2 }', { kind: 'partial', first: 2, last: 0, with: '*' }],
    ['{ with: partial, format: iban, fill: "•" }', { kind: 'partial', format: 'iban', with: '•' }],
    ['{ with: bucket, width: 5 }', { kind: 'bucket', width: 5, origin: 0 }],
    ['{ with: bucket, boundaries: [-1, 0, 2.5] }', { kind: 'bucket', boundaries: [-1, 0, 2.5] }],
    ['{ with: round, to: 100 }', { kind: 'round', to: 100 }],
    ['{ with: round, digits: 2 }', { kind: 'round', to: 0.01 }],
    ['{ with: round, digits: -3 }', { kind: 'round', to: 1000 }],
    ['{ with: round, digits: -15 }', { kind: 'round', to: 1e15 }],
    ['{ with: truncate_date, to: quarter }', { kind: 'truncate_date', to: 'quarter' }],
    [
      '{ with: custom, expression: "left(value, 1)" }',
      { kind: 'custom', expression: 'left(value, 1)', rank: 2.5 },
    ],
    [
      '{ with: custom, expression: "left(value, 1)", rank: { after: partial } }',
      { kind: 'custom', expression: 'left(value, 1)', rank: 7.5 },
    ],
    [
      '{ with: custom, expression: "left(value, 1)", rank: { before: "null" } }',
      { kind: 'custom', expression: 'left(value, 1)', rank: 0.5 },
    ],
  ])('%s', (mask, wanted) => {
    expect(compile(mask, '{ column_tag: pii.email }').forDataset('gold.members')).toMatchObject([
      { mask: wanted, columns: [{ name: 'email', depth: 2, tag: 'pii.email' }], where: null },
    ]);
  });

  it('with the rows that it masks', () => {
    const [policy] = compile("{ with: hash, where: \"column('geo.region') = 'EU'\" }").forDataset(
      'gold.members',
    );
    expect(policy).toMatchObject({
      where: { kind: 'compare', op: '=', left: { kind: 'column', name: 'region' } },
    });
  });
});

it('where several columns carry the tag of its condition, masks rows for which any of them meets it', () => {
  const homes = dataset({
    id: 'gold.homes',
    columns: { email: ['pii.email'], home: ['geo.region'], work: ['geo.region'] },
  });
  const policies = compilePolicies(
    [
      {
        path: 'a.yml',
        text: `policies:
  - { id: a, on: { column_tag: pii }, mask: { with: hash, where: "column('geo.region') = 'US'" } }
  - { id: b, on: { column_tag: pii }, rows: { where: "column('geo.region') = 'US'" } }`,
      },
    ],
    catalogue([homes]),
    { environment: 'production' },
  );
  const [mask, rows] = policies.forDataset('gold.homes');
  expect(mask).toMatchObject({ where: { kind: 'or', args: [{ kind: 'compare' }, { kind: 'compare' }] } });
  expect(rows).toMatchObject({ predicate: { kind: 'and' } });
});

describe('is refused', () => {
  it.each([
    ['{ with: hush }', 'unknown mask `hush`; did you mean `hash`?'],
    ['{ with: hash, scope: globe }', 'unknown scope; did you mean `global`?'],
    ['{ with: hash, salt: x }', 'unknown key `salt`; known are with, scope, where'],
    ['{ with: tokenise, reveal: { grop: a } }', 'unknown condition'],
    ['{ with: hide, where: 7 }', '`where` takes an expression as text; found the number 7'],
    ['{ with: hide, where: "nope = 1" }', 'no column `nope`'],
    ['{ with: hide, where: "a = (select 1)" }', 'is not accepted in a filter'],
    [
      '{ with: hide, where: "email in (select email from gold.ids where email = identity.sub)" }',
      'a subquery is accepted in row filters alone',
    ],
    ['{ with: partial, format: mail }', 'unknown format; did you mean `email`?'],
    ['{ with: partial, format: email, first: 1 }', 'unknown key `first`'],
    ['{ with: partial, fill: "**" }', '`fill` takes one character'],
    ['{ with: bucket }', 'a bucket mask needs `boundaries`, or `width`'],
    ['{ with: bucket, width: 0 }', 'a bucket mask needs `boundaries`, or `width`'],
    ['{ with: bucket, width: .inf }', 'a bucket mask needs `boundaries`, or `width`'],
    ['{ with: bucket, width: 1, boundaries: [1] }', 'unknown key `width`'],
    ['{ with: bucket, boundaries: [] }', '`boundaries` takes up to 100 numbers'],
    ['{ with: bucket, boundaries: [2, 1] }', '`boundaries` takes up to 100 numbers'],
    ['{ with: bucket, boundaries: [0.0000001] }', '`boundaries` takes up to 100 numbers'],
    ['{ with: round }', 'a round mask needs `digits`, or `to`'],
    ['{ with: round, digits: 7 }', '`digits` takes a whole number from -15 to 6'],
    ['{ with: round, to: -10 }', 'a round mask needs `digits`, or `to`'],
    ['{ with: truncate_date, to: decade }', 'unknown to; known are year, quarter, month, week, day, hour'],
    ['{ with: regex, pattern: "a" }', '`replace` takes a text'],
    ['{ with: regex, replace: "a" }', 'a regex mask needs `pattern`'],
    ['{ with: custom }', 'a custom mask needs `expression`'],
    ['{ with: custom, expression: "upper(value)", rank: { before: hide } }', 'nothing comes before hide'],
    ['{ with: custom, expression: "upper(value)", rank: { after: custom } }', '`rank` takes'],
    ['{ with: custom, expression: "upper(value)", rank: { after: hash, before: hash } }', '`rank` takes'],
  ])('%s', (mask, wanted) => {
    expect(problemsOf(mask).join('\n')).toContain(wanted);
  });

  it('with the datasets that lack what its condition names', () => {
    expect(problemsOf('{ with: hash, where: "region = \'EU\'" }', '{ column_tag: pii.email }')).toEqual([
      'a.yml:2: policy `a`: no column `region` in gold.ids',
    ]);
  });
});

/** What engines could read differently, each with a reading that makes them differ. */
describe('a pattern is refused', () => {
  it.each([
    ['.*@', 'leaves a choice'],
    ['a?(?:ab)?b', 'leaves a choice'],
    ['a|ab', 'leaves a choice'],
    ['(?:ab?|a)c', 'leaves a choice'],
    ['[0-9]+[0-9]{4}', 'leaves a choice'],
    ['x{1,2}x', 'leaves a choice'],
    ['a*', 'matches the empty text'],
    ['^$', 'an empty alternative, group or pattern'],
    ['(?:a|)', 'an empty alternative'],
    ['', 'an empty alternative'],
    ['a+?', 'two repetitions'],
    ['a**', 'two repetitions'],
    ['a++', 'two repetitions'],
    ['(?=a)b', 'a group other than'],
    ['(?i)a', 'a group other than'],
    ['(?<n>a)', 'a group other than'],
    ['(a', 'breaks off'],
    ['a)', 'a `)` without its `(`'],
    ['[a', 'breaks off'],
    ['[]', 'an empty class'],
    ['[[:alpha:]]', '`[` in a class'],
    ['[z-a]', 'a range'],
    ['[à-ü]', 'a range'],
    ['a^b', '`^` only at the very start'],
    ['a$b', '`$` only at the very end'],
    ['\\1', '`\\1`'],
    ['\\bword', '`\\b`'],
    ['\\x41', '`\\x`'],
    ['{2}', 'stands for itself only as'],
    ['a{2,1}', 'a repetition that is not within'],
    ['a{101}', 'a repetition that is not within'],
    ['a{', 'a `{` that is no'],
    ['(?:(?:[a-z]{99}0){99}1){99}', 'too large'],
    ['***:a', 'stands for itself only as'],
  ])('%s', (pattern, wanted) => {
    const mask = JSON.stringify({ with: 'regex', pattern, replace: '' });
    expect(problemsOf(mask).join('\n')).toContain(wanted);
  });

  it('where it is nested without end', () => {
    const pattern = `${'('.repeat(200)}a${')'.repeat(200)}`;
    const mask = JSON.stringify({ with: 'regex', pattern, replace: '' });
    expect(problemsOf(mask).join('\n')).toContain('more than 20 groups in each other');
  });
});

describe('an expression is refused', () => {
  it.each([
    ['other', '`other` is not known; the column is called `value`'],
    ['t.value', '`t.value` is not known'],
    ['value, value', 'it is not one expression'],
    ['value from gold.members', 'it is not one expression'],
    ['value) union select (1', 'it is not valid SQL'],
    ['1 union select value', 'it is not one expression'],
    ['value limit 1', 'it is not one expression'],
    ['value as x', 'it is not one expression'],
    ['1; select 1', 'it is not one expression'],
    ["pg_read_file('x')", 'the function `pg_read_file` is not accepted'],
    ['pg_catalog.upper(value)', 'the function `pg_catalog.upper` is not accepted'],
    ['count(value)', 'the function `count` is not accepted'],
    ['left(distinct value, 1)', 'the function `left` is not accepted'],
    ['length(value) over ()', 'the function `length` is not accepted'],
    ['(select value)', 'SubLink is not accepted'],
    ['value::integer', 'TypeCast is not accepted'],
    ['$1', 'ParamRef is not accepted'],
    ['value / 2', 'the operator `/` is not accepted'],
    ['value ~ 1', 'the operator `~` is not accepted'],
    ['value operator(pg_catalog.+) 1', 'qualified operators are not accepted'],
    ["value like 'a%'", 'is not accepted in this form'],
    ['case value when 1 then 2 end', 'say CASE WHEN'],
    ['1.5', 'the constant 1.5 is not accepted'],
    ['9999999999999999999', 'is not accepted; numbers are whole'],
    ['null', 'makes null'],
    ['left(value, length(value))', '`left` takes whole constants'],
    ['left(value, -1)', '`left` takes whole constants'],
    ['repeat(value, 1000)', 'the function `repeat` is not accepted'],
    ["replace(value, '', 'x')", '`replace` takes constant texts'],
    ["replace(value, 'a', value)", '`replace` takes constant texts'],
    [`replace(value, 'a', '${'x'.repeat(65)}')`, 'more than 64 times as long'],
    ["replace(replace(value, 'a', 'bbbbbbbbb'), 'b', 'ccccccccc')", 'more than 64 times as long'],
    ["case when value < 'm' then 'a' else 'b' end", 'compares whole numbers'],
    ['case when value then 1 else 2 end', 'WHEN takes boolean'],
    ["coalesce(value, 1, 'a')", 'do not go together'],
    [Array.from({ length: 20 }, () => '999999999').join(' * '), 'could overflow'],
    [`${'('.repeat(5)}${'not '.repeat(40)}true${')'.repeat(5)}`, 'nested more than 30 deep'],
    ['"value"()', 'the function `value` is not accepted'],
  ])('%s', (expression, wanted) => {
    const mask = JSON.stringify({ with: 'custom', expression });
    expect(problemsOf(mask).join('\n')).toContain(wanted);
  });
});

describe('a push tells what it does not fit', () => {
  const all = ['email', 'level', 'age', 'tiny', 'price', 'ratio', 'born', 'at', 'uid', 'active'];
  it.each([
    ['{ with: hide }', all],
    ['{ with: hash }', ['email', 'age', 'tiny', 'uid']],
    ['{ with: tokenise }', ['email']],
    ['{ with: partial, first: 1 }', ['email']],
    ['{ with: regex, pattern: a, replace: b }', ['email']],
    ['{ with: bucket, width: 10 }', ['age', 'tiny', 'price', 'ratio']],
    ['{ with: bucket, width: 1000 }', ['age', 'price', 'ratio']],
    ['{ with: bucket, width: 0.5 }', ['price', 'ratio']],
    ['{ with: bucket, width: 0.001 }', ['ratio']],
    ['{ with: bucket, boundaries: [0, 200] }', ['age', 'price', 'ratio']],
    ['{ with: round, digits: 0 }', ['price', 'ratio']],
    ['{ with: round, digits: 2 }', ['ratio']],
    ['{ with: truncate_date, to: month }', ['born', 'at']],
    ['{ with: truncate_date, to: day }', ['at']],
    ['{ with: custom, expression: "left(value, 1)" }', ['email']],
    ['{ with: custom, expression: "value * 1000000000000" }', ['age', 'tiny']],
    ['{ with: custom, expression: "not value" }', ['active']],
  ])('%s fits %j', (mask, fitting) => {
    const unfit = inShort(compile(mask, '{ column_tag: any }').findings).join('\n');
    const first = all.filter((name) => !fitting.includes(name));
    const kind = /with: (\w+)/.exec(mask)?.[1];
    const names = first.map(
      (name) => `gold.members.${name} (${members.columns.find((c) => c.name === name)?.family})`,
    );
    const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
    expect(unfit).toBe(
      first.length === 0
        ? ''
        : `a.yml:2: policy \`a\`: ${kind} does not fit ${names.slice(0, 3).join(', ')}${more}: null is shown instead`,
    );
  });
});
