/** Documented columns met with physical ones, by adapter: states, tags, types, and what is exposed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeColumns, type WarehouseColumn } from '../../src/catalogue/columns.ts';
import type { TagAssignment } from '../../src/catalogue/dataset.ts';
import { foldingOf } from '../../src/catalogue/fold.ts';
import type { DbtColumn } from '../../src/dbt/project.ts';

const tagged = (tag: string): TagAssignment => ({
  tag,
  source: { kind: 'explicit', via: 'column tags', file: null },
});

/** `name`, `name#tag`, `"name"#tag` for a quoted one. */
function documented(text: string): { readonly column: DbtColumn; readonly tags: readonly TagAssignment[] } {
  const [name = '', ...tags] = text.split('#');
  const quoted = name.startsWith('"');
  return {
    column: { name: name.replaceAll('"', ''), quoted, type: null, description: '', tags: [] },
    tags: tags.map(tagged),
  };
}

function merge(adapter: string, docs: readonly string[], physical: readonly string[] | null, show = false) {
  const columns = docs.map(documented);
  return mergeColumns({
    documented: columns.map(({ column }) => column),
    tags: columns.map(({ tags }) => tags),
    warehouse: physical?.map((name): WarehouseColumn => ({ name, type: 'VARCHAR' })) ?? null,
    folding: foldingOf(adapter),
    adapter,
    otherTags: new Map(),
    showUnclassified: show,
  });
}

const brief = (merged: ReturnType<typeof merge>) =>
  merged.columns.map(({ name, folded, state, exposed, tags }) =>
    [name, folded, state, exposed ? 'seen' : 'unseen', ...tags.map(({ tag }) => tag)].join(' '),
  );

describe('columns', () => {
  type Case = readonly [
    what: string,
    adapter: string,
    docs: readonly string[],
    physical: readonly string[] | null,
    wanted: readonly string[],
  ];
  const cases: readonly Case[] = [
    [
      'all four states, in physical order, ghosts last',
      'duckdb',
      ['gone', 'email#pii', 'id'],
      ['id', 'ssn', 'email'],
      [
        'id id untagged seen',
        'ssn ssn unclassified unseen',
        'email email documented seen pii',
        'gone gone ghost unseen',
      ],
    ],
    [
      'no warehouse known: as documented',
      'duckdb',
      ['id', 'email#pii'],
      null,
      ['id id untagged seen', 'email email documented seen pii'],
    ],
    ['an empty warehouse is known', 'duckdb', ['id'], [], ['id id ghost unseen']],
    [
      'case-insensitive: case alone tells nothing apart',
      'duckdb',
      ['email#pii'],
      ['EMail'],
      ['EMail email documented seen pii'],
    ],
    [
      'case-insensitive: quoted or not',
      'bigquery',
      ['"Email"#pii'],
      ['EMAIL'],
      ['EMAIL email documented seen pii'],
    ],
    [
      'Snowflake folds upper',
      'snowflake',
      ['email#pii', 'ssn'],
      ['EMAIL', 'SSN'],
      ['EMAIL email documented seen pii', 'SSN ssn untagged seen'],
    ],
    ['PostgreSQL folds lower', 'postgres', ['Email#pii'], ['email'], ['email email documented seen pii']],
    [
      'PostgreSQL: a quoted name stands as written',
      'postgres',
      ['"Email"#pii'],
      ['Email'],
      ['Email Email documented seen pii'],
    ],
    [
      'PostgreSQL: two columns that differ in case are two',
      'postgres',
      ['email#pii', '"Email"'],
      ['email', 'Email'],
      ['email email documented seen pii', 'Email Email untagged seen'],
    ],
    [
      'PostgreSQL: the second is not documented by the first',
      'postgres',
      ['email#pii'],
      ['email', 'Email'],
      ['email email documented seen pii', 'Email Email unclassified unseen'],
    ],
    [
      'PostgreSQL: forgotten quotes lose no tag',
      'postgres',
      ['Email#pii'],
      ['Email'],
      ['Email Email documented seen pii'],
    ],
    [
      'PostgreSQL: wrong quotes lose no tag',
      'postgres',
      ['"EMAIL"#pii'],
      ['email', 'Email'],
      ['email email documented seen pii', 'Email Email documented seen pii'],
    ],
    [
      'PostgreSQL: a stray name adds its tags to the one it may mean',
      'postgres',
      ['email#a', '"EMAIL"#b'],
      ['email'],
      ['email email documented seen a b'],
    ],
    [
      'two entries of one column: both hold',
      'duckdb',
      ['email#a', 'EMAIL#b'],
      ['email'],
      ['email email documented seen a b'],
    ],
    [
      'beyond ASCII nothing is folded, and no tag lost',
      'duckdb',
      ['É#pii'],
      ['é'],
      ['é é documented seen pii'],
    ],
    [
      'an unknown adapter compares without case',
      'newdb',
      ['email#pii'],
      ['EMAIL'],
      ['EMAIL email documented seen pii'],
    ],
  ];
  it.each(cases)('%s', (_, adapter, docs, physical, wanted) => {
    expect(brief(merge(adapter, docs, physical))).toEqual(wanted);
  });

  it('unclassified ones are seen where the rule shows them', () => {
    expect(brief(merge('duckdb', [], ['ssn'], true))).toEqual(['ssn ssn unclassified seen']);
  });

  it.each(['duckdb', 'snowflake'])('that differ in case only cannot be told apart on %s', (adapter) => {
    expect(merge(adapter, [], ['email', 'Email']).problem).toMatch(/case only/);
  });

  it.each(['duckdb', 'snowflake', 'postgres'])('no tag is lost on %s, whatever the case', (adapter) => {
    const spell = fc.constantFrom('email', 'Email', 'EMAIL', '"email"', '"Email"', '"EMAIL"');
    fc.assert(
      fc.property(spell, fc.constantFrom('email', 'Email', 'EMAIL'), (written, physical) => {
        const { columns } = merge(adapter, [`${written}#pii`], [physical]);
        expect(columns.map(({ tags }) => tags.map(({ tag }) => tag))).toEqual([['pii']]);
      }),
    );
  });

  it('take their type from the engine, then from dbt', () => {
    const [column] = mergeColumns({
      documented: [{ name: 'n', quoted: false, type: 'NUMBER(38,0)', description: '', tags: [] }],
      tags: [[]],
      warehouse: [{ name: 'N', type: 'HUGEINT', family: 'integer' }],
      folding: 'insensitive',
      adapter: 'snowflake',
      otherTags: new Map(),
      showUnclassified: false,
    }).columns;
    expect(column).toMatchObject({ type: 'HUGEINT', family: 'integer' });
    const [documentedOnly] = mergeColumns({
      documented: [{ name: 'n', quoted: false, type: 'TIMESTAMP', description: '', tags: [] }],
      tags: [[]],
      warehouse: null,
      folding: 'insensitive',
      adapter: 'bigquery',
      otherTags: new Map(),
      showUnclassified: false,
    }).columns;
    expect(documentedOnly).toMatchObject({ type: 'TIMESTAMP', family: 'timestamptz' });
  });
});
