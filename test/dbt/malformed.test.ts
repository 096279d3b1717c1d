/** Broken artifacts: each a clear error that names where, and none that shows what stands there. */
import { describe, expect, it } from 'vitest';
import { parseCatalog, parseManifest } from '../../src/dbt/artifact.ts';
import { readCatalog } from '../../src/dbt/catalog.ts';
import { readManifest } from '../../src/dbt/manifest.ts';
import { SluiceError } from '../../src/errors.ts';
import { catalog, columns, manifest, model, source } from './sample.ts';

function errorOf(run: () => unknown): SluiceError {
  try {
    run();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const whole = JSON.stringify(manifest({ nodes: [model('orders')] }));

describe('text of an artifact', () => {
  const texts: readonly (readonly [what: string, text: string, message: RegExp])[] = [
    ['an empty file', '', /manifest is empty/],
    ['white space', ' \n', /manifest is empty/],
    ['a file cut off in an object', whole.slice(0, -1), /cut off.*ends after \d+ characters/],
    ['a file cut off in a text', whole.slice(0, whole.indexOf('orders') + 3), /cut off/],
    ['a broken file', whole.replace('"nodes":', '"nodes"'), /not valid JSON at character \d+/],
    ['HTML', '<html>secret</html>', /not valid JSON$/],
  ];
  it.each(texts)('%s', (_, text, message) => {
    const error = errorOf(() => parseManifest(text));
    expect(error.code).toBe('manifest_invalid');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('secret');
  });

  it('is cut off at any byte with a clear error', () => {
    const messages = Array.from({ length: whole.length }, (_, length) => whole.slice(0, length)).map(
      (text) => errorOf(() => parseManifest(text)).message,
    );
    expect(messages.filter((message) => !/cut off|is empty/.test(message))).toEqual([]);
  });

  it('of a catalog has its own code', () => {
    expect(errorOf(() => parseCatalog('{')).code).toBe('catalog_invalid');
  });

  it('may begin with a byte order mark', () => {
    expect(parseManifest(`\ufeff${whole}`)).toEqual(JSON.parse(whole));
  });
});

const nodeWith = (fields: Record<string, unknown>) => manifest({ nodes: [model('orders', fields)] });

describe('manifest', () => {
  const cases: readonly (readonly [what: string, json: unknown, message: RegExp])[] = [
    ['null', null, /^manifest: must be an object, is null/],
    ['a list', [], /^manifest: must be an object, is a list/],
    ['no metadata', {}, /^metadata: must be an object, is missing/],
    [
      'another artifact',
      {
        ...manifest(),
        metadata: { dbt_schema_version: 'https://schemas.getdbt.com/dbt/run-results/v6.json' },
      },
      /^metadata\.dbt_schema_version: is not that of a dbt manifest/,
    ],
    ['a catalog', catalog({}), /is not that of a dbt manifest/],
    ['a version too old', manifest({ schemaVersion: 6 }), /is v6; Sluice reads manifest v7 to v12/],
    ['a version too new', manifest({ schemaVersion: 13 }), /is v13; Sluice reads manifest v7 to v12/],
    ['no nodes', { ...manifest(), nodes: undefined }, /^nodes: must be an object, is missing/],
    ['null nodes', { ...manifest(), nodes: null }, /^nodes: must be an object, is null/],
    ['null sources', { ...manifest(), sources: null }, /^sources: must be an object, is null/],
    [
      'a null node',
      { ...manifest(), nodes: { 'model.shop.orders': null } },
      /^nodes\["model\.shop\.orders"\]: must be an object, is null/,
    ],
    [
      'a node without a kind',
      nodeWith({ resource_type: undefined }),
      /resource_type: must be a text, is missing/,
    ],
    [
      'a node under another key',
      { ...manifest(), nodes: { x: model('orders') } },
      /unique_id: is not the key/,
    ],
    ['a node without a schema', nodeWith({ schema: null }), /\.schema: must be a text, is null/],
    ['a schema that is a number', nodeWith({ schema: 3 }), /\.schema: must be a text, is a number/],
    [
      'a source without its source',
      manifest({ nodes: [source('users', { source_name: null })] }),
      /source_name: must be a text/,
    ],
    [
      'tags that are an object',
      nodeWith({ tags: { pii: true } }),
      /\.tags: must be a list of texts, is an? object/,
    ],
    ['a tag that is null', nodeWith({ tags: ['pii', null] }), /\.tags\[1\]: must be a text, is null/],
    [
      'columns that are a list',
      nodeWith({ columns: [{ name: 'email' }] }),
      /\.columns: must be an object, is a list/,
    ],
    ['a null column', nodeWith({ columns: { email: null } }), /\.columns\.email: must be an object, is null/],
    [
      'column tags that are a number',
      nodeWith({ columns: columns({ name: 'email', tags: 5 }) }),
      /columns\.email\.tags: must be a list/,
    ],
    ['meta that is a text', nodeWith({ meta: 'pii' }), /\.meta: must be an object/],
    [
      'meta.sluice that is a list',
      nodeWith({ meta: { sluice: ['pii'] } }),
      /\.meta\.sluice: must be an object/,
    ],
    [
      'a typo in meta.sluice',
      nodeWith({ config: { meta: { sluice: { tag: 'pii' } } } }),
      /config\.meta\.sluice\.tag: is not a key of meta\.sluice \(did you mean "tags"\?\)/,
    ],
    [
      'a typo in the meta of a column',
      nodeWith({ columns: columns({ name: 'email', meta: { sluice: { tagz: ['pii'] } } }) }),
      /columns\.email\.meta\.sluice\.tagz/,
    ],
    [
      'a version that is a list',
      manifest({ nodes: [{ ...model('orders'), version: [1] }] }),
      /\.version: must be a number or a text/,
    ],
    [
      'an exposure without a type',
      manifest({ exposures: { 'exposure.shop.x': { name: 'x' } } }),
      /type: must be a text, is missing/,
    ],
    [
      'a group without a name',
      manifest({ groups: { 'group.shop.x': { package_name: 'shop' } } }),
      /name: must be a text, is missing/,
    ],
  ];
  it.each(cases)('%s', (_, json, message) => {
    const error = errorOf(() => readManifest(json));
    expect(error.code).toBe('manifest_invalid');
    expect(error.message).toMatch(message);
    expect(error.hint).toBeTruthy();
  });

  it('does not look at what it has no use for', () => {
    const odd = { ...model('orders', { refs: 'x', raw_code: 5, checksum: null }), future: { key: [] } };
    expect(readManifest({ ...manifest({ nodes: [odd] }), macros: null, disabled: 7 }).nodes).toHaveLength(1);
  });

  it('does without the parts that older dbt did not write', () => {
    const { exposures: _, groups: __, ...older } = manifest({ nodes: [model('orders')], schemaVersion: 7 });
    expect(readManifest(older)).toMatchObject({
      exposures: [],
      groups: [],
      nodes: [{ group: null, access: null }],
    });
  });
});

describe('catalog', () => {
  const good = catalog({ 'model.shop.orders': ['id'] });
  const cases: readonly (readonly [what: string, json: unknown, message: RegExp])[] = [
    ['null', null, /^catalog: must be an object, is null/],
    ['a manifest', manifest(), /is not that of a dbt catalog/],
    ['no nodes', { ...good, nodes: undefined }, /^nodes: must be an object, is missing/],
    ['null sources', { ...good, sources: null }, /^sources: must be an object/],
    ['a node without columns', { ...good, nodes: { x: {} } }, /nodes\.x\.columns: is missing/],
    [
      'a null column',
      { ...good, nodes: { x: { columns: { id: null } } } },
      /nodes\.x\.columns\.id: must be an object/,
    ],
    [
      'a column without a name',
      { ...good, nodes: { x: { columns: { id: { type: 'INT' } } } } },
      /name: must be a text/,
    ],
  ];
  it.each(cases)('%s', (_, json, message) => {
    const error = errorOf(() => readCatalog(json));
    expect(error.code).toBe('catalog_invalid');
    expect(error.message).toMatch(message);
  });

  it('gives columns in their physical order', () => {
    const shuffled = {
      columns: { b: { name: 'b', type: 'INT', index: 2 }, a: { name: 'a', type: null, index: 1 } },
    };
    const read = readCatalog({ ...good, nodes: { x: shuffled } });
    expect(read.relations.get('x')).toEqual([
      { name: 'a', type: null },
      { name: 'b', type: 'INT' },
    ]);
  });
});
