/** References, keys and inputs out of manifests of every age. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLinks } from '../../src/dbt/links.ts';
import { type Fields, manifest, model, source } from '../dbt/sample.ts';

const SHARED = join(import.meta.dirname, '../../../shared/dbt');

const test = (name: string, fields: Fields): Fields => ({
  resource_type: 'test',
  unique_id: `test.shop.${name}`,
  name,
  config: { enabled: true },
  ...fields,
});
const relationships = (child: string, parent: string, rest: Fields = {}, to = `ref('${parent}')`): Fields =>
  test(`r_${child}_${parent}`, {
    test_metadata: {
      name: 'relationships',
      kwargs: {
        column_name: 'parent_id',
        to,
        field: 'id',
        model: `{{ get_where_subquery(ref('${child}')) }}`,
      },
    },
    attached_node: `model.shop.${child}`,
    depends_on: { nodes: [...new Set([`model.shop.${parent}`, `model.shop.${child}`])] },
    ...rest,
  });

const referencesIn = (...nodes: Fields[]) =>
  readLinks(manifest({ nodes })).references.map(
    ({ from, to, via }) => `${from.node}(${from.columns}) -> ${to.node}(${to.columns}) ${via}`,
  );

describe('references', () => {
  const CASES: readonly (readonly [string, Fields[], string[]])[] = [
    [
      'a relationships test',
      [model('a'), model('b'), relationships('a', 'b')],
      ['model.shop.a(parent_id) -> model.shop.b(id) test'],
    ],
    [
      'a manifest that does not say which node a test is attached to',
      [model('a'), model('b'), relationships('a', 'b', { attached_node: null })],
      ['model.shop.a(parent_id) -> model.shop.b(id) test'],
    ],
    [
      'to itself',
      [model('a'), relationships('a', 'a')],
      ['model.shop.a(parent_id) -> model.shop.a(id) test'],
    ],
    [
      'to a source',
      [
        model('a'),
        source('raw'),
        relationships(
          'a',
          'raw',
          { depends_on: { nodes: ['source.shop.crm.raw', 'model.shop.a'] } },
          "source('crm', 'raw')",
        ),
      ],
      ['model.shop.a(parent_id) -> source.shop.crm.raw(id) test'],
    ],
    [
      'a foreign key of the model',
      [
        model('a', {
          constraints: [{ type: 'foreign_key', columns: ['x', 'y'], to: "ref('b')", to_columns: ['p', 'q'] }],
        }),
        model('b'),
      ],
      ['model.shop.a(x,y) -> model.shop.b(p,q) constraint'],
    ],
    [
      'a foreign key of a column, to a relation as it is printed',
      [
        model('a', {
          columns: {
            x: { name: 'x', constraints: [{ type: 'foreign_key', to: '"db"."s"."b"', to_columns: ['p'] }] },
          },
        }),
        model('b', { relation_name: '"db"."s"."b"' }),
      ],
      ['model.shop.a(x) -> model.shop.b(p) constraint'],
    ],
    [
      'the same said twice',
      [
        model('a'),
        model('b'),
        relationships('a', 'b'),
        relationships('a', 'b', { unique_id: 'test.shop.again' }),
      ],
      ['model.shop.a(parent_id) -> model.shop.b(id) test'],
    ],
    [
      'of a disabled test',
      [model('a'), model('b'), relationships('a', 'b', { config: { enabled: false } })],
      [],
    ],
    ['to a node that is not there', [model('a'), relationships('a', 'gone')], []],
    ['of another test', [model('a'), test('x', { test_metadata: { name: 'unique', kwargs: {} } })], []],
    [
      'whose columns do not pair',
      [
        model('a', {
          constraints: [{ type: 'foreign_key', columns: ['x'], to: "ref('a')", to_columns: [] }],
        }),
      ],
      [],
    ],
  ];
  it.each(CASES)('%s', (_title, nodes, expected) => {
    expect(referencesIn(...nodes)).toEqual(expected);
  });
});

describe('keys', () => {
  const keyIn = (...nodes: Fields[]) => readLinks(manifest({ nodes })).keys.get('model.shop.a');
  const unique = (column: string): Fields =>
    test(`u_${column}`, {
      test_metadata: { name: 'unique', kwargs: { column_name: column } },
      depends_on: { nodes: ['model.shop.a'] },
    });
  const CASES: readonly (readonly [string, Fields[], readonly string[] | undefined])[] = [
    ['a unique test', [model('a'), unique('id')], ['id']],
    ['the first of several', [model('a'), unique('z'), unique('b')], ['b']],
    ['what dbt found', [model('a', { primary_key: ['x', 'y'] }), unique('id')], ['x', 'y']],
    [
      'a constraint',
      [model('a', { primary_key: ['z'], constraints: [{ type: 'primary_key', columns: ['x'] }] })],
      ['x'],
    ],
    ['none', [model('a')], undefined],
    ['an expression is none', [model('a', { primary_key: ["x || 'y'"] })], undefined],
  ];
  it.each(CASES)('%s', (_title, nodes, expected) => {
    expect(keyIn(...nodes)).toEqual(expected);
  });
});

it('inputs are seen through ephemeral models', () => {
  const nodes = [
    source('raw'),
    model('hidden', {
      config: { materialized: 'ephemeral' },
      depends_on: { nodes: ['source.shop.crm.raw', 'model.shop.b'] },
    }),
    model('a', { depends_on: { nodes: ['model.shop.hidden'] } }),
    model('b'),
  ];
  const { inputs } = readLinks(manifest({ nodes }));
  expect(inputs.get('model.shop.a')).toEqual(['model.shop.b', 'source.shop.crm.raw']);
  expect(inputs.has('model.shop.hidden')).toBe(false);
});

describe('on real manifests', () => {
  const COUNTS = [
    ['jaffle-112', 3],
    ['jaffle-v7', 1],
    ['bouncer-20', 1],
    ['bouncer-112', 1],
  ] as const;
  if (!existsSync(SHARED)) console.log('skipped: there are no manifests of other projects here');
  it.skipIf(!existsSync(SHARED)).each(COUNTS)('%s has its references', (name, count) => {
    const json: unknown = JSON.parse(readFileSync(join(SHARED, name, 'manifest.json'), 'utf8'));
    expect(readLinks(json).references.filter(({ via }) => via === 'test').length).toBe(count);
  });
});
