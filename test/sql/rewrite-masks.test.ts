import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaskSpec } from '../../src/policies/policy.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { keyedHash, scopedKey } from '../../src/sql/rewrite/masks/hash.ts';
import { dataset, governed, KEY } from './fixture.ts';
import { type Warehouse, warehouse } from './warehouse.ts';

const TYPES = [
  's VARCHAR',
  't TINYINT',
  'sm SMALLINT',
  'i INTEGER',
  'b BIGINT',
  'h HUGEINT',
  'dec DECIMAL(10,2)',
  'f DOUBLE',
  'bo BOOLEAN',
  'd DATE',
  'ti TIME',
  'ts TIMESTAMP',
  'tz TIMESTAMPTZ',
  'iv INTERVAL',
  'u UUID',
  'bl BLOB',
  'l INTEGER[]',
  "e ENUM('a', 'b')",
  'st STRUCT(a INTEGER)',
  'j JSON',
];
const VALUES = dataset('gold.v', TYPES);
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

let db: Warehouse;

beforeAll(async () => {
  await loadParser();
  db = await warehouse();
  await db.run('CREATE SCHEMA gold');
  await db.run(`CREATE TABLE gold.v (${TYPES.join(', ')})`);
  await db.run(`INSERT INTO gold.v VALUES
    ('secret', 127, 32767, 2147483647, 9223372036854775807, 170141183460469231731687303715884105727, 99999999.99, 1.5, true,
     '2024-02-29', '12:00:00', '2024-02-29 12:00:00', '2024-02-29 12:00:00+00', '3 months', '6f1d2c3e-0000-4000-8000-000000000000',
     '\\xAA', [1, 2], 'a', {'a': 1}, '{"a": 1}'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('', -128, -32768, -2147483648, -9223372036854775808, -1, -99999999.99, 'nan', false,
     '5877642-06-23', '00:00:00', 'infinity', '-infinity', '0 days', '00000000-0000-0000-0000-000000000000',
     '', [], 'b', {'a': NULL}, 'null')`);
  await db.run('CREATE TABLE gold.texts (n INTEGER, s VARCHAR)');
  for (const [n, text] of TEXTS.entries()) {
    await db.rows('INSERT INTO gold.texts VALUES ($1::integer, $2)', [n, text]);
  }
});

afterAll(() => db.close());

function masked(column: string, mask: MaskSpec) {
  return governed(`SELECT ${column} FROM gold.v`, [VALUES], { 'gold.v': { masks: { [column]: mask } } });
}

async function texts(mask: MaskSpec): Promise<readonly string[]> {
  const query = governed(
    'SELECT s FROM gold.texts ORDER BY n',
    [dataset('gold.texts', ['n INTEGER', 's VARCHAR'])],
    { 'gold.texts': { masks: { s: mask } } },
  );
  return db.governed(query);
}

const COLUMNS = TYPES.map((type) => type.split(' ')[0]!);
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

describe('a mask never raises and keeps the type, whatever the column', () => {
  it.each(COLUMNS.flatMap((column) => MASKS.map((mask) => ({ column, mask }))))(
    '$column: $mask',
    async ({ column, mask }) => {
      const query = masked(column, mask);
      expect(await db.governed(query)).toHaveLength(3);
      const type = async (sql: string, params = query.params): Promise<string> =>
        (await db.rows(`SELECT column_type FROM (DESCRIBE ${sql})`, params))[0]!;
      const before = await type(`SELECT ${column} FROM gold.v`, []);
      const widened = mask.kind === 'hash' && /^(TINYINT|SMALLINT|INTEGER)$/.test(before);
      const inlined = inline(query.params, print(query.tree));
      expect(await type(inlined, [])).toBe(widened ? 'BIGINT' : before);
    },
  );
});

/** DESCRIBE takes no parameters: this test puts the values into the text. */
function inline(params: readonly unknown[], sql: string): string {
  return sql.replace(/\$(\d+)/g, (_, n: string) => {
    const value = params[Number(n) - 1];
    return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
  });
}

describe('null', () => {
  it.each(COLUMNS)('%s', async (column) => {
    expect(await db.governed(masked(column, { kind: 'null' }))).toEqual(['null', 'null', 'null']);
  });
});

describe('constant', () => {
  it.each([
    ['s', 'hidden', 'hidden'],
    ['s', '', ''],
    ['i', 0, '0'],
    ['t', 127, '127'],
    ['t', 128, 'null'],
    ['i', 2 ** 31, 'null'],
    ['i', 1.5, 'null'],
    ['i', '5', '5'],
    ['dec', 1.25, '1.25000000'],
    ['dec', 1.257, 'null'],
    ['dec', 1e9, 'null'],
    ['f', 0.25, '0.250000000'],
    ['bo', false, 'false'],
    ['bo', 'false', 'null'],
    ['d', '2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['d', '2023-02-29', 'null'],
    ['d', 'today', 'null'],
    ['u', '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'],
    ['u', 'x', 'null'],
    ['e', 'a', 'null'],
    ['l', 'a', 'null'],
    ['s', 5, 'null'],
  ] as const)('%s = %j gives %s', async (column, value, wanted) => {
    expect((await db.governed(masked(column, { kind: 'constant', value })))[0]).toBe(wanted);
  });
});

it('a constant in the place of single precision keeps it', () => {
  const rules = { 'gold.w': { masks: { r: { kind: 'constant', value: 0.25 } } } } as const;
  expect(print(governed('SELECT r FROM w', [dataset('gold.w', ['r FLOAT'])], rules).tree)).toContain(
    'AS real)',
  );
});

describe('hash is HMAC-SHA-256 as Node computes it', () => {
  it('for texts, Unicode and empty ones too', async () => {
    expect(await texts({ kind: 'hash', scope: 'global' })).toEqual(TEXTS.map((text) => keyedHash(KEY, text)));
  });

  it('with a key of its own for each dataset', async () => {
    const key = scopedKey(KEY, 'dataset', { datasetId: 'gold.texts', project: null });
    expect(await texts({ kind: 'hash', scope: 'dataset' })).toEqual(
      TEXTS.map((text) => keyedHash(key, text)),
    );
    expect(keyedHash(key, 'a')).not.toBe(keyedHash(KEY, 'a'));
  });

  it('with a key of its own for each project; without one, for each dataset', async () => {
    const mask = { kind: 'hash', scope: 'project' } as const;
    const rules = { 'gold.texts': { masks: { s: mask } } };
    const place = { datasetId: 'gold.texts' };
    for (const project of ['churn', null]) {
      const key = scopedKey(KEY, 'project', { ...place, project });
      const query = governed(
        'SELECT s FROM gold.texts ORDER BY n',
        [dataset('gold.texts', ['n INTEGER', 's VARCHAR'])],
        rules,
        { project },
      );
      expect(await db.governed(query)).toEqual(TEXTS.map((text) => keyedHash(key, text)));
    }
    expect(scopedKey(KEY, 'project', { ...place, project: null })).toEqual(
      scopedKey(KEY, 'dataset', { ...place, project: 'churn' }),
    );
    expect(scopedKey(KEY, 'project', { ...place, project: 'gold.texts' })).not.toEqual(
      scopedKey(KEY, 'dataset', { ...place, project: null }),
    );
  });

  it('with keys longer than a block', async () => {
    const maskKey = Buffer.alloc(100, 'long');
    const query = governed(
      "SELECT s FROM gold.v WHERE s IS NOT NULL AND s <> ''",
      [VALUES],
      {
        'gold.v': { masks: { s: { kind: 'hash', scope: 'global' } } },
      },
      { maskKey },
    );
    expect(await db.governed(query)).toContain(keyedHash(maskKey, 'secret'));
  });

  it.each(['t', 'sm', 'i', 'b'])('for the integers of %s: 63 bits, never negative', async (column) => {
    const raw = await db.rows(`SELECT ${column} FROM gold.v`);
    const wanted = raw.map((text) =>
      text === 'null' ? text : String(BigInt(`0x${keyedHash(KEY, text).slice(0, 16)}`) >> 1n),
    );
    expect(await db.governed(masked(column, { kind: 'hash', scope: 'global' }))).toEqual(wanted);
  });

  it('for UUIDs: a UUID', async () => {
    const raw = await db.rows('SELECT u FROM gold.v');
    const wanted = raw.map((text) =>
      text === 'null'
        ? text
        : keyedHash(KEY, text)
            .slice(0, 32)
            .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    );
    expect(await db.governed(masked('u', { kind: 'hash', scope: 'global' }))).toEqual(wanted);
  });

  it('is NULL for types that cannot keep it, and where no key is configured', async () => {
    for (const column of ['h', 'dec', 'd', 'l', 'e']) {
      expect((await db.governed(masked(column, { kind: 'hash', scope: 'global' })))[0]).toBe('null');
    }
    const query = governed(
      'SELECT s FROM gold.v',
      [VALUES],
      {
        'gold.v': { masks: { s: { kind: 'hash', scope: 'global' } } },
      },
      { maskKey: null },
    );
    expect((await db.governed(query))[0]).toBe('null');
  });

  it('binds the key; neither it nor a pad of it stands in the text', () => {
    const query = masked('s', { kind: 'hash', scope: 'global' });
    const text = print(query.tree);
    expect(query.params).toHaveLength(2);
    for (const value of query.params) expect(text).not.toContain(String(value));
  });
});

it('tokens bind their keys; of them the text holds the id alone', () => {
  const tokenKey = { id: 'k1', secret: Buffer.from('a key of tokens that nobody is shown') };
  const mask = { kind: 'tokenise', scope: 'dataset', reveal: null } as const;
  const rules = { 'gold.v': { masks: { s: mask } } };
  for (const engine of ['duckdb', 'postgres'] as const) {
    const query = governed('SELECT s FROM gold.v', [VALUES], rules, { tokenKey, engine });
    const sql = print(query.tree);
    expect(sql).toContain("'tok_k1_'");
    expect(query.params).toHaveLength(4);
    for (const value of query.params) expect(sql).not.toContain(String(value));
    expect(sql).not.toContain(tokenKey.secret.toString('hex'));
  }
});

describe('partial keeps both ends and hides at least half', () => {
  const partial = (text: string, first: number, last: number): string => {
    const points = [...text];
    return points
      .map((point, i) =>
        points.length >= 2 * (first + last) && (i < first || i >= points.length - last) ? point : '*',
      )
      .join('');
  };
  it.each([
    [4, 4],
    [1, 0],
    [0, 2],
    [0, 0],
    [3, 2],
  ])('first %i, last %i', async (first, last) => {
    expect(await texts({ kind: 'partial', first, last, with: '*' })).toEqual(
      TEXTS.map((text) => partial(text, first, last)),
    );
  });
});

describe('a masked column costs nothing where it is not asked for', () => {
  it.each([
    'SELECT i FROM gold.v',
    'SELECT count(*) FROM gold.v',
    'SELECT 1 FROM gold.v a JOIN gold.v b ON a.i = b.i',
  ])('%s', (sql) => {
    const query = governed(sql, [VALUES], { 'gold.v': { masks: { s: { kind: 'hash', scope: 'global' } } } });
    expect(query.functions.filter((name) => name.includes('sha256'))).toEqual([]);
    expect(print(query.tree)).not.toContain('"s"');
  });
});

describe('columns are marked where masked data flows into them', () => {
  it.each([
    ['SELECT s, i FROM v', [true, false]],
    ['SELECT * FROM (SELECT upper(s) AS x, i FROM v) q', [true, false]],
    ['WITH c AS (SELECT s AS a, i AS b FROM v) SELECT b, a FROM c', [false, true]],
    ['SELECT i::varchar FROM v UNION ALL SELECT s FROM v', [true]],
    ['SELECT (SELECT max(s) FROM v), (SELECT max(i) FROM v)', [true, false]],
    ['SELECT count(*) FROM v GROUP BY s', [false]],
    ["SELECT CASE WHEN s = 'x' THEN 1 ELSE 0 END FROM v", [true]],
    ['SELECT x.s FROM v AS x FULL JOIN v AS y USING (s)', [true]],
    ['SELECT s FROM v AS x FULL JOIN (SELECT s FROM v) AS y USING (s)', [true]],
    ['SELECT row_number() OVER (ORDER BY s) FROM v', [true]],
    ['WITH RECURSIVE r AS (SELECT s FROM v UNION SELECT s FROM r) SELECT s FROM r', [true]],
    ['SELECT q.a FROM v AS q(a, b)', [true]],
  ] as const)('%s', (sql, wanted) => {
    const query = governed(sql, [VALUES], { 'gold.v': { masks: { s: { kind: 'null' } } } });
    expect(query.columns.map((column) => column.masked)).toEqual(wanted);
  });
});
