/** Tags down the graph of a whole project: through SQL, through what cannot be read, past breakers, and between pushes. */
import { describe, expect, it } from 'vitest';
import { computeLineage } from '../../src/lineage/compute.ts';
import type { Lineage, TagRules } from '../../src/lineage/lineage.ts';
import { buildSnapshot, type Snapshot, trimInput } from '../../src/snapshot.ts';
import { traced } from '../../src/state/trace.ts';
import { catalog, columns, type Fields, manifest, model, snapshotInput, source } from '../dbt/sample.ts';

const tagged = (name: string, ...tags: string[]): Fields => ({ name, tags });

const USERS = source('users', {
  columns: columns('id', tagged('email', 'pii.email'), tagged('area', 'geo')),
});

/** A model by its SQL; `from` are the names of sources (`crm.x`) and models that dbt knows it reads. */
function made(name: string, code: string | null, from: readonly string[], fields: Fields = {}): Fields {
  return model(name, {
    language: 'sql',
    compiled_code: code,
    checksum: { name: 'sha256', checksum: `sum-${name}` },
    depends_on: {
      macros: [],
      nodes: from.map((one) => (one.includes('.') ? `source.shop.${one}` : `model.shop.${one}`)),
    },
    ...fields,
  });
}

interface Options {
  readonly tagRules?: TagRules;
  readonly catalog?: Fields | null;
  readonly previous?: Lineage | null;
}

async function build(nodes: readonly Fields[], options: Options = {}): Promise<Snapshot> {
  const input = snapshotInput({
    manifest: manifest({ nodes }),
    catalog: options.catalog ?? null,
    tagRules: options.tagRules ?? {},
  });
  return buildSnapshot(await traced(input, { previous: options.previous ?? null }));
}

/** The tags of each column of a model, where it has any; `pii.email <- a.x <- b.y` for those that came. */
function tagsOf({ catalogue }: Snapshot, dataset: string): Record<string, string> {
  const found = catalogue.byId(dataset);
  if (found === undefined) throw new Error(`no ${dataset}`);
  return Object.fromEntries(
    found.columns
      .filter(({ tags }) => tags.length > 0)
      .map(({ name, tags }) => [
        name,
        tags
          .map(({ tag, source: from }) =>
            from.kind === 'propagated'
              ? [tag, ...from.path.map((ref) => `${ref.dataset}.${ref.column}`).reverse()].join(' <- ')
              : tag,
          )
          .join(', '),
      ]),
  );
}

const DOC = (...names: string[]): Fields => ({ columns: columns(...names) });

describe('along SQL', () => {
  it('a tag goes from the source to the last model, with its way', async () => {
    const snapshot = await build([
      USERS,
      made('stg', 'select id, email as mail from "shop"."raw"."users"', ['crm.users'], DOC('id', 'mail')),
      made('mart', 'select mail as contact from "shop"."main"."stg"', ['stg'], DOC('contact')),
    ]);
    expect(tagsOf(snapshot, 'main.stg')).toEqual({ mail: 'pii.email <- raw.users.email' });
    expect(tagsOf(snapshot, 'main.mart')).toEqual({
      contact: 'pii.email <- main.stg.mail <- raw.users.email',
    });
  });

  it('its own word stays the source of what both say', async () => {
    const snapshot = await build([
      USERS,
      made('stg', 'select email from "shop"."raw"."users"', ['crm.users'], {
        columns: columns(tagged('email', 'pii.email', 'mine')),
      }),
    ]);
    expect(tagsOf(snapshot, 'main.stg')).toEqual({ email: 'mine, pii.email' });
  });

  it('it reaches columns that only the warehouse has', async () => {
    const snapshot = await build(
      [USERS, made('stg', 'select id, email as mail from "shop"."raw"."users"', ['crm.users'], DOC('id'))],
      { catalog: catalog({ 'model.shop.stg': ['id', 'mail'] }) },
    );
    expect(tagsOf(snapshot, 'main.stg')).toEqual({ mail: 'pii.email <- raw.users.email' });
  });

  it('it goes through ephemeral models and what they are tagged with', async () => {
    const snapshot = await build([
      USERS,
      made('eph', 'select email, id as code from "shop"."raw"."users"', ['crm.users'], {
        config: { enabled: true, materialized: 'ephemeral' },
        columns: columns('email', tagged('code', 'pii.id')),
      }),
      made(
        'mart',
        'with __dbt__cte__eph as (select email, id as code from "shop"."raw"."users") select email as e, code as c from __dbt__cte__eph',
        ['eph'],
        DOC('e', 'c'),
      ),
    ]);
    expect(tagsOf(snapshot, 'main.mart')).toEqual({
      e: 'pii.email <- model.shop.eph.email <- raw.users.email',
      c: 'pii.id <- model.shop.eph.code',
    });
  });

  it('it goes through a relation that dbt was not told of', async () => {
    const snapshot = await build([USERS, made('mart', 'select email as e from raw.users', [], DOC('e'))]);
    expect(tagsOf(snapshot, 'main.mart')).toEqual({ e: 'pii.email <- raw.users.email' });
  });

  it('it goes from a model to the source that reads the same relation', async () => {
    const snapshot = await build([
      USERS,
      made('stg', 'select email as e from "shop"."raw"."users"', ['crm.users'], DOC('e')),
      source('again', {
        schema: 'main',
        identifier: 'stg',
        relation_name: '"shop"."main"."stg"',
        ...DOC('e'),
      }),
      made('mart', 'select e as f from "shop"."main"."stg"', ['crm.again'], DOC('f')),
    ]);
    expect(tagsOf(snapshot, 'main.mart').f).toMatch(/^pii\.email <- .* <- raw\.users\.email$/);
  });

  it('models that read one another in a circle come to an end', async () => {
    const snapshot = await build([
      USERS,
      made(
        'a',
        'select email from "shop"."raw"."users" union all select e from shop.main.b',
        ['crm.users'],
        DOC('email'),
      ),
      made('b', 'select email as e from shop.main.a', ['a'], DOC('e')),
    ]);
    expect(tagsOf(snapshot, 'main.b')).toEqual({ e: 'pii.email <- main.a.email <- raw.users.email' });
  });

  it('a snapshot keeps the tag, and its own columns have none', async () => {
    const snapshot = await build([
      USERS,
      made('users_snapshot', 'select * from "shop"."raw"."users"', ['crm.users'], {
        resource_type: 'snapshot',
        config: { enabled: true, materialized: 'snapshot', strategy: 'timestamp', updated_at: 'id' },
        ...DOC('id', 'email', 'area', 'dbt_valid_from', 'dbt_scd_id'),
      }),
    ]);
    expect(tagsOf(snapshot, 'main.users_snapshot')).toEqual({ email: 'pii.email <- raw.users.email' });
  });

  it('a column called __proto__ is a column', async () => {
    const snapshot = await build([
      USERS,
      made('stg', 'select email as __proto__ from "shop"."raw"."users"', ['crm.users'], {
        columns: Object.fromEntries([['__proto__', { name: '__proto__' }]]),
      }),
    ]);
    expect(Object.entries(tagsOf(snapshot, 'main.stg'))).toEqual([
      ['__proto__', 'pii.email <- raw.users.email'],
    ]);
  });

  it('what is stored builds the same state again, without SQL', async () => {
    const input = snapshotInput({
      manifest: manifest({
        nodes: [USERS, made('stg', 'select email as e from "shop"."raw"."users"', ['crm.users'], DOC('e'))],
      }),
    });
    const given = await traced(input, { previous: null });
    const stored = JSON.parse(JSON.stringify(trimInput(given))) as typeof given;
    expect(JSON.stringify(stored)).not.toContain('select email');
    expect(buildSnapshot(stored).hash).toBe(buildSnapshot(given).hash);
  });
});

describe('which tags follow', () => {
  const stg = made(
    'stg',
    'select email, area, count(area) as n, soundex(area) as s from "shop"."raw"."users" group by all',
    ['crm.users'],
    DOC('email', 'area', 'n', 's'),
  );
  const cases: readonly (readonly [string, TagRules, Record<string, string>])[] = [
    ['pii alone by default', {}, { email: 'pii.email <- raw.users.email' }],
    [
      'others that are named',
      { geo: { propagate: true } },
      {
        email: 'pii.email <- raw.users.email',
        area: 'geo <- raw.users.area',
        s: 'geo <- raw.users.area',
      },
    ],
    [
      'but for functions that are named',
      { geo: { propagate: true, stopped_by: ['SOUNDEX'] } },
      {
        email: 'pii.email <- raw.users.email',
        area: 'geo <- raw.users.area',
      },
    ],
    ['a tag below may stay behind', { 'pii.email': { propagate: false } }, {}],
    [
      'a word about one below says nothing of the others',
      { 'pii.phone': { propagate: false } },
      { email: 'pii.email <- raw.users.email' },
    ],
    ['none at all', { pii: { propagate: false } }, {}],
    [
      'a rule without the word keeps the default',
      { pii: { description: 'x' } },
      { email: 'pii.email <- raw.users.email' },
    ],
  ];
  it.each(cases)('%s', async (_, tagRules, wanted) => {
    expect(tagsOf(await build([USERS, stg], { tagRules }), 'main.stg')).toEqual(wanted);
  });
});

describe('where it ends', () => {
  const ended = ({ findings }: Snapshot): readonly string[] =>
    findings
      .filter(({ rule }) => rule === 'lineage-broken')
      .map(({ column, message }) => `${column}: ${message}`);

  it('at a count, which is listed', async () => {
    const snapshot = await build([
      USERS,
      made('stg', 'select count(email) as n from "shop"."raw"."users"', ['crm.users'], DOC('n')),
    ]);
    expect(tagsOf(snapshot, 'main.stg')).toEqual({});
    expect(ended(snapshot)).toEqual(['n: "pii.email" of raw.users.email ends here: count stops it']);
  });

  it('not at a count beside the value', async () => {
    const snapshot = await build([
      USERS,
      made(
        'stg',
        'select email || count(email) as n from "shop"."raw"."users" group by email',
        ['crm.users'],
        DOC('n'),
      ),
    ]);
    expect(tagsOf(snapshot, 'main.stg')).toEqual({ n: 'pii.email <- raw.users.email' });
    expect(ended(snapshot)).toEqual([]);
  });

  it.each(['meta', 'config.meta'])('at a column that %s declassifies', async (place) => {
    const meta = { sluice: { declassify: 'Only the first letter.' } };
    const snapshot = await build([
      USERS,
      made('stg', 'select left(email, 1) as e from "shop"."raw"."users"', ['crm.users'], {
        columns: columns({ name: 'e', ...(place === 'meta' ? { meta } : { config: { meta } }) }),
      }),
      made('mart', 'select e from "shop"."main"."stg"', ['stg'], DOC('e')),
    ]);
    expect(tagsOf(snapshot, 'main.stg')).toEqual({});
    expect(tagsOf(snapshot, 'main.mart')).toEqual({});
    expect(ended(snapshot)).toEqual([
      'e: "pii.email" of raw.users.email ends here: it is declassified: Only the first letter.',
    ]);
  });

  it('of two columns that differ in case alone, both have to be declassified', async () => {
    const reason = { meta: { sluice: { declassify: 'Only a flag.' } } };
    const stg = (second: Fields) =>
      made('stg', 'select email from "shop"."raw"."users"', ['crm.users'], {
        columns: columns({ name: 'email', ...second }, { name: 'EMAIL', quote: true, ...reason }),
      });
    const carried = async (second: Fields) =>
      Object.values(tagsOf(await build([USERS, stg(second)]), 'main.stg')).length;
    expect(await carried({})).toBeGreaterThan(0);
    expect(await carried(reason)).toBe(0);
  });

  it('a declassified node declassifies no column: Fusion copies what a node says', async () => {
    const meta = { sluice: { declassify: 'All of it.' } };
    const snapshot = await build([
      USERS,
      made('stg', 'select email from "shop"."raw"."users"', ['crm.users'], {
        meta,
        columns: columns({ name: 'email', meta }),
      }),
    ]);
    expect(tagsOf(snapshot, 'main.stg')).toEqual({ email: 'pii.email <- raw.users.email' });
  });
});

describe('what cannot be read', () => {
  const unknown = ({ findings }: Snapshot): readonly string[] =>
    findings
      .filter(({ rule, column }) => rule === 'lineage-unknown' && column === null)
      .map(({ node, message }) => `${node}: ${message}`);

  it('a Python model gives every tag to what has the same name, there and further down', async () => {
    const snapshot = await build([
      USERS,
      made('py', 'def model(dbt, session): return dbt.ref("users")', ['crm.users'], {
        language: 'python',
        ...DOC('id', 'email', 'other'),
      }),
      made(
        'mart',
        'select email as renamed, other as email, id from "shop"."main"."py"',
        ['py'],
        DOC('renamed', 'email', 'id'),
      ),
    ]);
    expect(tagsOf(snapshot, 'main.py')).toEqual({ email: 'pii.email <- raw.users.email' });
    expect(tagsOf(snapshot, 'main.mart')).toEqual({
      renamed: 'pii.email <- main.py.email <- raw.users.email',
      email: 'pii.email <- raw.users.email',
    });
    expect(unknown(snapshot)).toEqual(['model.shop.py: it is not written in SQL']);
    expect(snapshot.catalogue.byId('main.py')?.tags.map(({ tag }) => tag)).toContain('dbt.lineage.unknown');
  });

  it.each([
    ['none at all', null],
    ['none of it', { nodes: {} }],
  ] as const)('a push whose lineage holds %s says that tags end there', async (_, lineage) => {
    const nodes = [
      USERS,
      made('stg', 'select email from "shop"."raw"."users"', ['crm.users'], DOC('email')),
      made('mart', 'select email from "shop"."main"."stg"', ['stg'], DOC('email')),
    ];
    const snapshot = buildSnapshot({ ...snapshotInput({ manifest: manifest({ nodes }) }), lineage });
    expect([...unknown(snapshot)].sort()).toEqual([
      'model.shop.mart: the lineage of the push leaves it out, so no tag follows into it',
      'model.shop.stg: the lineage of the push leaves it out, so no tag follows into it',
    ]);
  });

  it('a name further down that leads past the unknown model is left alone', async () => {
    const snapshot = await build([
      USERS,
      source('shops', DOC('id', 'email')),
      made('py', '', ['crm.users'], { language: 'python', ...DOC('email') }),
      made(
        'mart',
        'select s.email from "shop"."raw"."shops" as s join "shop"."main"."py" as p on true',
        ['crm.shops', 'py'],
        DOC('email'),
      ),
    ]);
    expect(tagsOf(snapshot, 'main.mart')).toEqual({});
  });

  it.each([
    ['SQL that does not parse', 'select from where (('],
    ['two statements', 'select 1 as email; select email from "shop"."raw"."users"'],
    ['no query', 'drop table x'],
    ['no compiled SQL', null],
  ])('%s goes by names', async (_, code) => {
    const snapshot = await build([USERS, made('stg', code, ['crm.users'], DOC('id', 'email'))]);
    expect(tagsOf(snapshot, 'main.stg')).toEqual({ email: 'pii.email <- raw.users.email' });
    expect(unknown(snapshot)).toHaveLength(1);
  });

  it('a column that is not resolved goes by its name besides', async () => {
    const snapshot = await build([
      USERS,
      made('stg', 'select id from "shop"."raw"."users"', ['crm.users'], DOC('id', 'email')),
    ]);
    expect(tagsOf(snapshot, 'main.stg')).toEqual({ email: 'pii.email <- raw.users.email' });
  });

  it('a star over columns that nobody listed goes by names', async () => {
    const snapshot = await build([
      source('bare', { columns: columns(tagged('email', 'pii.email')) }),
      made('stg', 'select * from "shop"."raw"."bare"', ['crm.bare']),
      made('mart', 'select email as e, other as o from "shop"."main"."stg"', ['stg'], DOC('e', 'o')),
    ]);
    expect(tagsOf(snapshot, 'main.mart').e).toContain('pii.email');
    expect(tagsOf(snapshot, 'main.mart').o).toBeUndefined();
  });

  it('a text on which the parser breaks makes its own node unknown, and no other', async () => {
    const deep = `select ${'('.repeat(20_000)}email${')'.repeat(20_000)} as x from "shop"."raw"."users"`;
    const snapshot = await build([
      USERS,
      made('deep', deep, ['crm.users'], DOC('email')),
      made('stg', 'select email as e from "shop"."raw"."users"', ['crm.users'], DOC('e')),
    ]);
    expect(unknown(snapshot)).toHaveLength(1);
    expect(tagsOf(snapshot, 'main.deep')).toEqual({ email: 'pii.email <- raw.users.email' });
    expect(tagsOf(snapshot, 'main.stg')).toEqual({ e: 'pii.email <- raw.users.email' });
  });
});

describe('between pushes', () => {
  const nodes = (code: string): readonly Fields[] => [
    USERS,
    made('stg', code, ['crm.users'], DOC('e')),
    made('other', 'select id as i from "shop"."raw"."users"', ['crm.users'], DOC('i')),
  ];

  async function read(
    given: readonly Fields[],
    previous: Lineage | null,
  ): Promise<{ lineage: Lineage; steps: number }> {
    let steps = 0;
    const lineage = await computeLineage({
      manifest: manifest({ nodes: given }),
      catalog: null,
      physical: {},
      tagRules: {},
      previous,
      onStep: () => {
        steps += 1;
      },
    });
    return { lineage, steps };
  }

  it('what is the same is not read again, and what changed is', async () => {
    const first = await read(nodes('select email as e from "shop"."raw"."users"'), null);
    const same = await read(nodes('select email as e from "shop"."raw"."users"'), first.lineage);
    expect(same).toEqual({ lineage: first.lineage, steps: 0 });
    const changed = await read(nodes('select id as e from "shop"."raw"."users"'), first.lineage);
    expect(changed.lineage.nodes['model.shop.stg']?.columns.e?.from).toEqual([
      { node: 'source.shop.crm.users', column: 'id' },
    ]);
    expect(changed.lineage.nodes['model.shop.other']).toEqual(first.lineage.nodes['model.shop.other']);
  });

  it('a relation that appears is found by what named it before', async () => {
    const stg = made('stg', 'select x as e from raw.later', [], DOC('e'));
    const first = await read([USERS, stg], null);
    expect(first.lineage.nodes['model.shop.stg']?.columns.e?.resolved).toBe(false);
    const next = await read([USERS, source('later', DOC('x')), stg], first.lineage);
    expect(next.lineage.nodes['model.shop.stg']?.columns.e).toEqual({
      resolved: true,
      from: [{ node: 'source.shop.crm.later', column: 'x' }],
    });
  });
});
