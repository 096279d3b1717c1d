import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/catalogue/dataset.ts';
import { SluiceError } from '../../src/errors.ts';
import { inShort } from '../../src/findings.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, dataset } from './support/catalogue.ts';

const members = dataset({
  id: 'gold.members',
  tags: ['people', 'community:alpha'],
  owner: 'Customer Care',
  columns: {
    member_id: { family: 'integer' },
    name: ['pii.name'],
    email: ['pii.email'],
    birth_date: { tags: ['pii.birth_date'], family: 'date' },
    region: ['geo.region'],
    ssn: { state: 'unclassified', family: 'unknown' },
    fax: { state: 'ghost', tags: ['pii.fax'] },
  },
});
const tariffs = dataset({
  id: 'gold.tariffs',
  level: 'open',
  // As the reader of dbt's tags writes `Keeps People!`.
  tags: ['keeps_people_'],
  columns: { tariff: { family: 'text' }, price: { family: 'decimal' } },
});
const raw = dataset({
  id: 'bronze.raw_members',
  level: 'restricted',
  columns: { name: ['pii.name'], home: ['geo.region'], work: ['geo.region'] },
});
const known = catalogue([members, tariffs, raw], { churn: ['gold.members'] });

const compile = (text: string, over: Catalogue = known) =>
  compilePolicies([{ path: 'policies/a.yml', text }], over, { environment: 'production' });

function problemsOf(text: string, over: Catalogue = known): readonly string[] {
  try {
    compile(text, over);
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'policy_invalid') return error.details;
    throw error;
  }
  return [];
}

describe('a policy file that is not usable names file, line and the right word', () => {
  const wrong: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'an unknown key at the top',
      'polices: []\n',
      [
        'policies/a.yml:1: unknown key `polices`; did you mean `policies`?',
        'policies/a.yml:1: expected `policies:` with a list of policies',
      ],
    ],
    ['an empty file', '# nothing\n', ['policies/a.yml:1: expected a map with policies; found nothing']],
    ['a list at the top', '- id: a\n', ['policies/a.yml:1: expected a map with policies; found a list']],
    [
      'an unknown key in a policy',
      `policies:
  - id: a
    on: { tag: people }
    denny: everyone
`,
      [
        'policies/a.yml:4: policy `a`: unknown key `denny`; did you mean `deny`?',
        'policies/a.yml:2: policy `a`: a policy needs one of allow, require, deny, mask, rows, limit, discover, break_glass',
      ],
    ],
    [
      'an unknown key in a mask',
      `policies:
  - id: a
    on: { tag: people }
    mask:
      with: partial
      frist: 2
`,
      ['policies/a.yml:6: policy `a`: unknown key `frist`; did you mean `first`?'],
    ],
    [
      'an unknown mask',
      `policies:
  - id: a
    on: { tag: people }
    mask: { with: hsah }
`,
      ['policies/a.yml:4: policy `a`: unknown mask `hsah`; did you mean `hash`?'],
    ],
    [
      'an unknown word in on',
      `policies:
  - id: a
    on:
      all:
        - { namespace: gold }
        - { colum_tag: pii }
    deny: everyone
`,
      ['policies/a.yml:6: policy `a`: unknown word `colum_tag` in `on`; did you mean `column_tag`?'],
    ],
    [
      'an unknown level',
      `policies:
  - id: a
    on: { level: opne }
    deny: everyone
`,
      ['policies/a.yml:3: policy `a`: unknown level `opne`; did you mean `open`?'],
    ],
    [
      'a condition with a typo',
      `policies:
  - id: a
    on: everything
    deny: everyone
    unless:
      any:
        - group: x
        - rolle: y
`,
      ['policies/a.yml:8: policy `a`: unknown condition `rolle`; did you mean `role`?'],
    ],
    [
      'two effects',
      `policies:
  - id: a
    on: everything
    deny: everyone
    rows: { where: "true" }
`,
      ['policies/a.yml:5: policy `a`: a policy does one thing; make `rows` a policy of its own'],
    ],
    [
      'an exemption from an allowance',
      `policies:
  - id: a
    on: everything
    allow: { group: x }
    unless: { group: y }
`,
      ['policies/a.yml:5: policy `a`: `allow` takes no `unless`; say whom: `{ all: [ …, { not: … } ] }`'],
    ],
    [
      'no id',
      `policies:
  - on: everything
    deny: everyone
`,
      ['policies/a.yml:2: `id` takes letters, digits, `.`, `_` and `-`, at most 100; found nothing'],
    ],
    [
      'an id twice',
      `policies:
  - { id: a, on: everything, deny: everyone }
  - { id: a, on: everything, deny: everyone }
`,
      ['policies/a.yml:3: the id `a` is used before, in policies/a.yml:2'],
    ],
    [
      'the reserved id',
      `policies:
  - { id: level, on: everything, deny: everyone }
`,
      ['policies/a.yml:2: policy `level`: the id `level` is taken: reasons use it for the access level'],
    ],
    [
      'a key twice',
      `policies:
  - id: a
    id: b
`,
      ['policies/a.yml:3: Map keys must be unique'],
    ],
    [
      'two documents',
      'policies: []\n---\npolicies: []\n',
      ['policies/a.yml:2: a file holds one YAML document; this one holds several'],
    ],
    [
      'broken YAML',
      'policies:\n  - { id: a\n',
      ['policies/a.yml:3: Flow map in block collection must be sufficiently indented and end with a }'],
    ],
    [
      'an alias bomb',
      `a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
policies: [*c, *c, *c, *c, *c, *c]
`,
      ['policies/a.yml:1: Excessive alias count indicates a resource exhaustion attack'],
    ],
  ];
  it.each(wrong)('%s', (_name, text, messages) => {
    expect(problemsOf(text)).toEqual(messages);
  });

  it.each([['['], ['{a: '], ['- ']])('YAML nested without end, as %s', (opening) => {
    expect(problemsOf(opening.repeat(20_000))).toContain('policies/a.yml:1: the YAML is nested too deeply');
  });

  it('all problems of all files at once', () => {
    const file = (path: string) => ({
      path,
      text: 'policies:\n  - { id: 1 }\n  - { id: b, on: { tga: x }, deny: everyone }\n',
    });
    const run = () => compilePolicies([file('x.yml'), file('y.yml')], known, { environment: 'production' });
    expect(run).toThrowError(
      expect.objectContaining({
        code: 'policy_invalid',
        details: expect.arrayContaining([
          expect.stringContaining('x.yml:2: '),
          expect.stringContaining('x.yml:3: '),
          expect.stringContaining('y.yml:2: '),
          expect.stringContaining('y.yml:3: '),
        ]),
      }),
    );
  });
});

describe('what a policy is on', () => {
  const matches: readonly (readonly [string, string, readonly string[]])[] = [
    ['a tag', '{ tag: people }', ['gold.members']],
    ['a tag with a colon', '{ tag: "community:alpha" }', ['gold.members']],
    ['a tag in capitals', '{ tag: People }', ['gold.members']],
    ['a tag as dbt spells it', '{ tag: " Keeps People! " }', ['gold.tariffs']],
    ['no part of a tag', '{ tag: peop }', []],
    ['a namespace', '{ namespace: gold }', ['gold.members', 'gold.tariffs']],
    ['not a namespace', '{ not: { namespace: gold } }', ['bronze.raw_members']],
    ['an id', '{ id: gold.tariffs }', ['gold.tariffs']],
    ['ids by pattern', '{ id: "*.*members" }', ['gold.members', 'bronze.raw_members']],
    [
      'one of several ids',
      '{ id: [gold.tariffs, bronze.raw_members] }',
      ['gold.tariffs', 'bronze.raw_members'],
    ],
    ['a level', '{ level: restricted }', ['bronze.raw_members']],
    ['an owner', '{ owner: customer care }', ['gold.members']],
    ['a project', '{ project: churn }', ['gold.members']],
    [
      'this environment',
      '{ environment: production }',
      ['gold.members', 'gold.tariffs', 'bronze.raw_members'],
    ],
    ['another environment', '{ environment: development }', []],
    ['everything', 'everything', ['gold.members', 'gold.tariffs', 'bronze.raw_members']],
    ['a column tag by its parent', '{ column_tag: pii }', ['gold.members', 'bronze.raw_members']],
    ['a column name', '{ column_name: PRICE }', ['gold.tariffs']],
    ['no column of that tag', '{ not: { column_tag: pii } }', ['gold.tariffs']],
    ['all', '{ all: [{ column_tag: pii }, { namespace: gold }] }', ['gold.members']],
    ['any', '{ any: [{ tag: people }, { level: open }] }', ['gold.members', 'gold.tariffs']],
    ['a type, and whatever might be of it', '{ column_type: decimal }', ['gold.members', 'gold.tariffs']],
  ];
  it.each(matches)('%s', (_name, on, ids) => {
    const set = compile(`policies:\n  - { id: a, on: ${on}, deny: everyone }\n`);
    expect(set.policies[0]?.datasets).toEqual(ids);
    for (const { id } of known.datasets) expect(set.forDataset(id)).toHaveLength(ids.includes(id) ? 1 : 0);
  });

  const columns: readonly (readonly [string, string, Readonly<Record<string, number>>])[] = [
    ['a parent tag', '{ column_tag: pii }', { name: 1, email: 1, birth_date: 1, fax: 1 }],
    ['a deeper tag', '{ column_tag: pii.email }', { email: 2 }],
    [
      'the deepest of several',
      '{ any: [{ column_tag: pii }, { column_tag: pii.email }] }',
      { name: 1, email: 2, birth_date: 1, fax: 1 },
    ],
    [
      'a tag on columns of one type',
      '{ all: [{ column_tag: pii }, { column_type: date }] }',
      { birth_date: 1 },
    ],
    ['a name pattern', '{ column_name: "*m*" }', { member_id: 0, name: 0, email: 0 }],
    [
      'a tag of the dataset: all its columns',
      '{ tag: people }',
      { member_id: 0, name: 0, email: 0, birth_date: 0, region: 0, ssn: 0, fax: 0 },
    ],
    [
      'columns without a tag',
      '{ all: [{ tag: people }, { not: { column_tag: pii } }] }',
      { member_id: 0, region: 0, ssn: 0 },
    ],
    [
      'columns whose type is unknown, under not too',
      '{ all: [{ tag: people }, { not: { column_type: text } }] }',
      { member_id: 0, birth_date: 0, ssn: 0 },
    ],
  ];
  it.each(columns)('a mask covers %s', (_name, on, wanted) => {
    const set = compile(`policies:\n  - { id: a, on: ${on}, mask: { with: "null" } }\n`);
    const policy = set.forDataset('gold.members')[0];
    expect(
      policy?.effect === 'mask' && Object.fromEntries(policy.columns.map((c) => [c.name, c.depth])),
    ).toEqual(wanted);
  });
});

describe('row filters are instantiated for each dataset', () => {
  const rows = (where: string, on = '{ tag: people }') =>
    `policies:\n  - id: a\n    on: ${on}\n    rows: { where: ${JSON.stringify(where)} }\n`;

  it('column(tag) becomes the column that carries it', () => {
    const policy = compile(rows("column('geo.region') = any(identity.attributes.regions)")).forDataset(
      'gold.members',
    )[0];
    expect(policy).toMatchObject({ predicate: { kind: 'any', left: { kind: 'column', name: 'region' } } });
  });

  it('several columns with the tag must all satisfy the filter, also under not', () => {
    const policy = compile(rows("not column('geo') = 'north'", '{ namespace: bronze }')).forDataset(
      'bronze.raw_members',
    )[0];
    const instance = (name: string) => ({
      kind: 'not',
      arg: {
        kind: 'compare',
        op: '=',
        left: { kind: 'column', name },
        right: { kind: 'literal', value: 'north' },
      },
    });
    expect(policy).toMatchObject({ predicate: { kind: 'and', args: [instance('home'), instance('work')] } });
  });

  const lacking: readonly (readonly [string, string, string])[] = [
    [
      'a tag that a dataset lacks',
      "column('geo.city') = 'x'",
      'no column is tagged `geo.city` in gold.members',
    ],
    [
      'a column that a dataset lacks',
      "regoin = 'x'",
      'no column `regoin` (did you mean `region`?) in gold.members',
    ],
    [
      'a column that the warehouse lacks',
      "column('pii.fax') = 'x'",
      'no column is tagged `pii.fax` in gold.members',
    ],
    [
      'a number for a text',
      'region = 1',
      '`region` (TEXT) and the number constant are of different types in gold.members',
    ],
    [
      'a text for a number',
      "member_id in ('a')",
      '`member_id` (INTEGER) and the string constant are of different types in gold.members',
    ],
    [
      'LIKE on a number',
      "member_id like 'a%'",
      'LIKE takes a text column; `member_id` (INTEGER) is none in gold.members',
    ],
    [
      'two columns of different types',
      'region = member_id',
      '`region` (TEXT) and `member_id` (INTEGER) are of different types in gold.members',
    ],
    [
      'a date that is none',
      "birth_date < '1990-02-30'",
      'the constant "1990-02-30" does not fit `birth_date` (DATE) in gold.members',
    ],
    [
      'a fraction for an integer',
      'member_id in (1, 1.5)',
      'the constant 1.5 does not fit `member_id` (INTEGER) in gold.members',
    ],
  ];
  it.each(lacking)('%s is a problem at push', (_name, where, message) => {
    expect(problemsOf(rows(where))).toEqual([`policies/a.yml:4: policy \`a\`: ${message}`]);
  });

  it.each(["label <> 'us'", "label in ('us')", "label like 'u%'"])(
    '%s of a citext column is a problem: its own comparison disregards case, which ours does not',
    (where) => {
      const labels = dataset({ id: 'gold.labels', columns: { label: { type: 'citext' } } });
      expect(problemsOf(rows(where, '{ id: gold.labels }'), catalogue([labels]))).toEqual([
        expect.stringContaining('`label` (citext)'),
      ]);
    },
  );

  it('a dataset that lacks a column is named, and so are others like it', () => {
    expect(problemsOf(rows('price > 1', 'everything'))).toEqual([
      'policies/a.yml:4: policy `a`: no column `price` in gold.members, bronze.raw_members',
    ]);
  });

  it('a date is compared with a text constant', () => {
    expect(compile(rows("birth_date < '1990-01-01'")).forDataset('gold.members')).toHaveLength(1);
  });
});

describe('warnings', () => {
  const warned: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'a tag that nothing has',
      '{ id: a, on: { tag: peeple }, deny: everyone }',
      [
        'policies/a.yml:2: policy `a`: no dataset is tagged `peeple`; did you mean `people`?',
        'policies/a.yml:2: policy `a`: it matches nothing',
      ],
    ],
    [
      'a column tag used as a tag',
      '{ id: a, on: { tag: pii }, mask: { with: hash } }',
      [
        'policies/a.yml:2: policy `a`: no dataset is tagged `pii`, columns are: did you mean `column_tag`?',
        'policies/a.yml:2: policy `a`: it matches nothing',
      ],
    ],
    [
      'a mask that does not fit',
      '{ id: a, on: { column_tag: pii.birth_date }, mask: { with: hash } }',
      [
        'policies/a.yml:2: policy `a`: hash does not fit gold.members.birth_date (date): null is shown instead',
      ],
    ],
    ['nothing to say', '{ id: a, on: { column_tag: pii.email }, mask: { with: hash } }', []],
  ];
  it.each(warned)('%s', (_name, policy, warnings) => {
    expect(inShort(compile(`policies:\n  - ${policy}\n`).findings)).toEqual(warnings);
  });

  const two = (a: string, b: string) => `policies:
  - { id: a, on: everything, deny: everyone, unless: ${a} }
  - { id: b, on: { column_tag: pii.email }, mask: { with: hash }, unless: ${b} }
`;
  it('one condition that exempts from every restricting policy', () => {
    const text = two(
      '{ any: [{ group: staff }, { role: admin }] }',
      '{ any: [{ role: admin }, { role: dpo }] }',
    );
    expect(problemsOf(text)).toEqual([
      'policies/a.yml:2: one condition exempts from all 2 restricting policies: role = admin; let one of them hold for everyone, or say `break_glass`',
    ]);
  });
  it('also where one policy asks for more', () => {
    const text = two('{ role: admin }', '{ all: [{ role: admin }, { scope: x }] }');
    expect(problemsOf(text)).toEqual([
      'policies/a.yml:2: one condition exempts from all 2 restricting policies: role = admin and scope = x; let one of them hold for everyone, or say `break_glass`',
    ]);
  });
  it('not where a policy exempts nobody', () => {
    const text = `${two('{ role: admin }', '{ role: admin }')}  - { id: c, on: { column_tag: pii.name }, mask: { with: hash } }\n`;
    expect(compile(text).findings).toEqual([]);
  });
});

describe('the set', () => {
  const policies =
    'policies:\n  - { id: b, on: everything, deny: everyone }\n  - { id: a, on: { tag: people }, allow: everyone }\n';

  it('is ordered by id, whatever the files say', () => {
    expect(
      compile(policies)
        .forDataset('gold.members')
        .map((p) => p.id),
    ).toEqual(['a', 'b']);
  });
  it('has the same revision for the same policies', () => {
    expect(compile(policies).revision).toBe(
      compile(policies.replace('on: everything, deny: everyone', 'deny: everyone, on: everything')).revision,
    );
  });
  it('has another revision for other policies', () => {
    expect(compile(policies).revision).not.toBe(compile(policies.replace('people', 'peop')).revision);
  });
  it('is empty without files', () => {
    expect(compilePolicies([], known, { environment: 'production' }).forDataset('gold.members')).toEqual([]);
  });
  it('survives a file from a Windows editor', () => {
    expect(compile(`\uFEFF${policies.replaceAll('\n', '\r\n')}`).policies).toHaveLength(2);
  });
});

describe('the examples of the reference', () => {
  const text = readFileSync('docs/reference/policies.md', 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const documented = catalogue([
    dataset({
      id: 'gold.members',
      tags: ['privileged', 'member-self-service'],
      columns: {
        member_id: ['member.id'],
        email: ['pii.email'],
        iban: ['pii.iban'],
        birth_date: { tags: ['pii.birth_date'], family: 'date' },
        region: ['geo.region'],
        status: { family: 'text' },
        joined_on: { family: 'date' },
      },
    }),
    dataset({
      id: 'ref.user_regions',
      columns: { user_id: { family: 'text' }, region: { family: 'text' }, valid_to: { family: 'timestamp' } },
    }),
    dataset({
      id: 'gold.prices',
      columns: { valid_from: { family: 'timestamp' }, valid_to: { family: 'timestamptz' } },
    }),
  ]);

  it('are there', () => {
    expect(blocks.length).toBeGreaterThan(5);
  });
  it.each(blocks.map((block, i) => [i + 1, block] as const))('block %i compiles', (_i, block) => {
    expect(problemsOf(block, documented)).toEqual([]);
  });
});

describe('the policies of the example', () => {
  const folder = 'examples/energy-community/policies';
  it.each(readdirSync(folder).filter((file) => file.endsWith('.yml')))('%s is read', (file) => {
    expect(problemsOf(readFileSync(`${folder}/${file}`, 'utf8'), catalogue([]))).toEqual([]);
  });
});
