/** Whatever texts a project holds, its catalogue files read back as the same state. */
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { readCatalogue } from '../../src/exchange/read-catalogue.ts';
import { writeCatalogue } from '../../src/exchange/write-catalogue.ts';
import { buildSnapshot, type SnapshotInput, trimInput } from '../../src/snapshot.ts';
import { loadParser } from '../../src/sql/parse.ts';

beforeAll(() => loadParser());

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    'null',
    '~',
    'yes',
    'no',
    '1',
    '1.0',
    '0x1',
    '.inf',
    '2024-01-01',
    '# x',
    ': ',
    '- a',
    '? a',
    '&a',
    '*a',
    '!a',
    '|',
    '>',
    '%YAML',
    '---',
    '...',
    '"',
    "'",
    '\\',
    '\t',
    ' a ',
    'a\nb',
    '\n',
    '\r\n',
    '\u2028',
    '\ufeff',
    '{{ x }}',
    '<<',
    '[',
    '{',
    '@',
    '`',
    '__proto__',
    'constructor',
    'é',
    'ﷺ',
    '𝄞',
  ),
);
const name = text.filter((one) => one !== '');
const columns = fc.uniqueArray(
  fc.record({
    name,
    description: text,
    tags: fc.array(name, { maxLength: 3 }),
    place: fc.constantFrom('tags', 'config', 'meta', 'both'),
  }),
  { maxLength: 4, selector: (column) => column.name },
);

function placed(tags: readonly string[], place: string): object {
  if (place === 'tags') return { tags };
  if (place === 'config') return { tags: [], config: { tags } };
  if (place === 'meta') return { meta: { sluice: { tags }, other: 1 } };
  return { tags: tags.slice(0, 1), config: { tags, meta: { sluice: { tags } } } };
}

const node = fc.record({
  name,
  description: text,
  schema: name,
  alias: name,
  tags: fc.array(name, { maxLength: 3 }),
  owner: text,
  level: fc.constantFrom(undefined, 'open', 'restricted'),
  columns,
});

function manifestOf(nodes: readonly (typeof node extends fc.Arbitrary<infer T> ? T : never)[]): object {
  return {
    metadata: {
      dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v12.json',
      dbt_version: '1.10.0',
      adapter_type: 'postgres',
    },
    nodes: Object.fromEntries(
      nodes.map(({ columns: own, tags, owner, level, ...rest }, index) => [
        `model.p.m${index}`,
        {
          ...rest,
          unique_id: `model.p.m${index}`,
          resource_type: 'model',
          package_name: 'p',
          path: 'marts/a.sql',
          original_file_path: 'models/marts/a.sql',
          fqn: ['p'],
          tags,
          meta: { owner, ...(level === undefined ? {} : { access_level: level }) },
          config: { materialized: index % 3 === 2 ? 'ephemeral' : 'table', enabled: true },
          columns: Object.fromEntries(
            own.map((column) => [
              column.name,
              { name: column.name, description: column.description, ...placed(column.tags, column.place) },
            ]),
          ),
        },
      ]),
    ),
    sources: {},
    exposures: {},
    groups: {},
  };
}

const built = (input: SnapshotInput) => {
  try {
    return buildSnapshot(input);
  } catch {
    // Two nodes of one name, or a name that is none: a push would have refused it.
    return null;
  }
};

it('of any project', () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 4 }), (nodes) => {
      const input: SnapshotInput = trimInput({
        environment: 'test',
        manifest: manifestOf(nodes),
        catalog: null,
        yamlFiles: {},
        physical: {},
        engines: ['w'],
        publish: [{ match: {}, access_level: 'internal' }],
        searchPath: [],
        prefix: null,
        policyFiles: [],
      });
      const before = built(input);
      if (before === null) return;
      compared += 1;
      const { files } = writeCatalogue(input, before);
      const { manifest, catalog } = readCatalogue(files, { adapter: null });
      expect(buildSnapshot({ ...input, manifest, catalog }).hash).toBe(before.hash);
    }),
    { numRuns: 300 },
  );
  expect(compared).toBeGreaterThan(50);
});
