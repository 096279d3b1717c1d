/** Filters and masks on a real PostgreSQL: they let through and give what they do on DuckDB and in Node, value by value. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaskSpec } from '../../src/policies/policy.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { keyedHash, scopedKey } from '../../src/sql/rewrite/masks/hash.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { FILTER_CASES, FILTERED, FILTERED_SQL, LOOKED, NOW } from './filter-cases.ts';
import { dataset, governed, KEY } from './fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from './postgres-warehouse.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

const relation = (identifier: string) => ({ database: 'warehouse', schema: 'gold', identifier });
const TEXTS = [
  '',
  'a',
  'ab',
  'abcdef',
  'ada@example.org',
  'é€😀',
  '  spaced  ',
  "quote ' and \\ backslash",
  'a\tb\nc',
  'DE00123456781234567890',
  'Ünï😀códe-🇩🇪',
  'x'.repeat(200),
];
const NUMBERS = ['0', '-1', '127', '9223372036854775807', '-9223372036854775808', 'null'];
const UUIDS = ['6f1d2c3e-0000-4000-8000-000000000000', '00000000-0000-0000-0000-000000000000'];
const IN_DUCKDB = { database: 'memory', schema: 'gold', identifier: 'v' };
const SHARED = ['n integer', 's text', 'b bigint', 'u uuid'];

/** Types of PostgreSQL, with values at their ends. */
const TYPES: readonly (readonly [string, string, string])[] = [
  ['te', 'text', "'secret'"],
  ['vc', 'character varying(20)', "'secret'"],
  ['ch', 'character(8)', "'secret'"],
  ['na', 'name', "'secret'"],
  ['i2', 'smallint', '-32768'],
  ['i4', 'integer', '2147483647'],
  ['i8', 'bigint', '-9223372036854775808'],
  ['nu', 'numeric', '1e400'],
  ['nd', 'numeric(10,2)', "'NaN'"],
  ['f4', 'real', "'Infinity'"],
  ['f8', 'double precision', "'NaN'"],
  ['bo', 'boolean', 'true'],
  ['da', 'date', "'infinity'"],
  ['ti', 'time without time zone', "'24:00:00'"],
  ['tt', 'time with time zone', "'24:00:00+15'"],
  ['ts', 'timestamp without time zone', "'-infinity'"],
  ['tz', 'timestamp with time zone', "'294276-01-01 00:00:00+00'"],
  ['iv', 'interval', "'178000000 years'"],
  ['uu', 'uuid', "'6f1d2c3e-0000-4000-8000-000000000000'"],
  ['by', 'bytea', "'\\xff00'"],
  ['js', 'json', '\'{"a": 1}\''],
  ['jb', 'jsonb', "'null'"],
  ['li', 'integer[]', "'{1,NULL}'"],
  ['ra', 'int4range', "'[1,5)'"],
  ['ne', 'inet', "'10.0.0.1/8'"],
  ['xm', 'xml', "'<a/>'"],
  ['en', 'enum', "'low'"],
];
const MASKS: readonly MaskSpec[] = [
  { kind: 'null' },
  { kind: 'constant', value: 'hidden' },
  { kind: 'constant', value: 5 },
  { kind: 'constant', value: true },
  { kind: 'constant', value: '2024-01-01' },
  { kind: 'hash', scope: 'global' },
  { kind: 'hash', scope: 'dataset' },
  { kind: 'partial', first: 1, last: 1, with: '*' },
];

describe.skipIf(missingServer !== null)('policies on PostgreSQL', () => {
  let db: PostgresWarehouse;
  let duck: Warehouse;
  beforeAll(async () => {
    await loadParser();
    [db, duck] = await Promise.all([postgresWarehouse(), warehouse()]);
    await db.run(...FILTERED_SQL, "CREATE TYPE gold.level AS ENUM ('low', 'high')");
    await duck.run('CREATE SCHEMA gold');
    const values = TEXTS.map((text, i) => {
      const number = NUMBERS[i % NUMBERS.length]!;
      return `(${i}, '${text.replaceAll("'", "''")}', ${number}, '${UUIDS[i % 2]}')`;
    });
    for (const run of [(sql: string) => db.run(sql), (sql: string) => duck.run(sql)]) {
      await run(`CREATE TABLE gold.v (${SHARED.join(', ')})`);
      await run(`INSERT INTO gold.v VALUES ${values.join(', ')}, (99, NULL, NULL, NULL)`);
    }
    const columns = TYPES.map(([name, type]) => `${name} ${type === 'enum' ? 'gold.level' : type}`);
    await db.run(
      `CREATE TABLE gold.types (n integer, ${columns.join(', ')})`,
      `INSERT INTO gold.types VALUES (1, ${TYPES.map(([, , value]) => value).join(', ')})`,
      'INSERT INTO gold.types (n) VALUES (2)',
    );
  });
  afterAll(async () => {
    duck?.close();
    await db?.close();
  });

  it.each(FILTER_CASES)('a filter lets through: %s', async (_title, predicate, wanted) => {
    const filtered = { ...FILTERED, relation: relation('t') };
    const looked = { ...LOOKED, relation: { ...relation('regions_of'), schema: 'ref' } };
    const query = governed(
      'SELECT n FROM t',
      [filtered],
      { 'gold.t': { rows: [predicate] } },
      { engine: 'postgres', now: NOW, datasetOf: () => looked },
    );
    expect([...(await db.governed(query))].sort()).toEqual(wanted.map(String));
  });

  const masks: readonly (readonly [string, string, MaskSpec])[] = [
    ['s', 'hash', { kind: 'hash', scope: 'global' }],
    ['s', 'hash of the dataset', { kind: 'hash', scope: 'dataset' }],
    ['b', 'hash', { kind: 'hash', scope: 'global' }],
    ['u', 'hash', { kind: 'hash', scope: 'global' }],
    ['s', 'partial', { kind: 'partial', first: 2, last: 1, with: '•' }],
    ['s', 'partial, nothing shown', { kind: 'partial', first: 0, last: 0, with: '*' }],
    ['s', 'constant', { kind: 'constant', value: 'hidden' }],
    ['b', 'constant', { kind: 'constant', value: 7 }],
    ['u', 'null', { kind: 'null' }],
  ];
  it.each(masks)('masks %s alike on both engines: %s', async (column, _title, mask) => {
    const ask = (engine: 'duckdb' | 'postgres') =>
      governed(
        `SELECT ${column} FROM gold.v ORDER BY n`,
        [dataset('gold.v', SHARED, engine === 'duckdb' ? IN_DUCKDB : relation('v'))],
        { 'gold.v': { masks: { [column]: mask } } },
        { engine },
      );
    const here = await db.governed(ask('postgres'));
    expect(here).toHaveLength(TEXTS.length + 1);
    expect(here).toEqual(await duck.governed(ask('duckdb')));
  });

  it('hashes as Node does, with keys longer than a block too', async () => {
    for (const maskKey of [KEY, Buffer.alloc(100, 'long')]) {
      const query = governed(
        'SELECT s FROM gold.v WHERE n < 99 ORDER BY n',
        [dataset('gold.v', SHARED, relation('v'))],
        { 'gold.v': { masks: { s: { kind: 'hash', scope: 'dataset' } } } },
        { engine: 'postgres', maskKey },
      );
      const key = scopedKey(maskKey, 'dataset', { datasetId: 'gold.v', project: null });
      expect(await db.governed(query)).toEqual(TEXTS.map((text) => keyedHash(key, text)));
      for (const value of query.params) expect(print(query.tree)).not.toContain(String(value));
    }
  });

  it.each(TYPES.flatMap(([column, type]) => MASKS.map((mask) => ({ column, type, mask }))))(
    'a mask never raises and keeps the type: $type, $mask',
    async ({ column, type, mask }) => {
      const columns = TYPES.map(([name, written]) => `${name} ${written}`);
      const query = governed(
        `SELECT ${column} FROM gold.types`,
        [dataset('gold.types', ['n integer', ...columns], relation('types'))],
        { 'gold.types': { masks: { [column]: mask } } },
        { engine: 'postgres' },
      );
      const types = await db.rows(
        `SELECT DISTINCT pg_catalog.pg_typeof(q.${column})::text FROM (${print(query.tree)}) AS q`,
        query.params,
      );
      const text = /^(character|name)/.test(type) && mask.kind !== 'null';
      const kept = type.replace(/\(.*\)/, '').replace('enum', 'gold.level');
      const widened = mask.kind === 'hash' && /^(smallint|integer)$/.test(type);
      const float = mask.kind === 'constant' && mask.value === 5 && type === 'real';
      const allowed = [kept, ...(text ? ['text'] : []), ...(float ? ['double precision'] : [])];
      expect(types).toHaveLength(1);
      expect(widened ? ['bigint'] : allowed).toContain(types[0]);
    },
  );
});
