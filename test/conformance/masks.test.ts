/** Every mask on every type, value by value, edge values among them: DuckDB, PostgreSQL and the reference show the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import type { MaskSpec } from '../../src/policies/policy.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { missingServer } from '../engines/postgres/server.ts';
import { dataset, governed, KEY } from '../sql/fixture.ts';
import { type PostgresWarehouse, postgresWarehouse } from '../sql/postgres-warehouse.ts';
import { type Warehouse, warehouse } from '../sql/warehouse.ts';
import { type Kind, reference } from './mask-reference.ts';

interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** The engine's type text; absent where it has none. */
  readonly duckdb?: string;
  readonly postgres?: string;
  readonly values: readonly string[];
  /** Values that one engine alone holds. */
  readonly only?: { readonly duckdb?: readonly string[]; readonly postgres?: readonly string[] };
}

const integer = (name: string, bits: number, postgres?: string): Column => {
  const limit = 2n ** BigInt(bits - 1);
  const near = [0n, 1n, 4n, 5n, 6n, 10n, 49n, 50n, 51n, 99n, 100n].flatMap((n) => [n, -n]);
  const far = [0n, 1n, 2n, 7n, 50n].flatMap((n) => [limit - 1n - n, -limit + n]);
  const values = [...new Set([...near, ...far])].filter((n) => n < limit && n >= -limit).map(String);
  return {
    name,
    kind: { family: 'integer', bits },
    duckdb: name,
    ...(postgres === undefined ? {} : { postgres }),
    values,
  };
};

const FLOATS = [
  '0',
  '-0',
  '0.1',
  '-0.1',
  '0.3',
  '2.5',
  '-2.5',
  '4.35',
  '12.345',
  '-12.345',
  '99.995',
  '1000000.5',
  '-7',
];

const COLUMNS: readonly Column[] = [
  {
    name: 'text',
    kind: { family: 'text' },
    duckdb: 'VARCHAR',
    postgres: 'text',
    values: [
      '',
      'a',
      'ab',
      'abcdef',
      '  spaced  ',
      "quote ' and \\ backslash",
      'a\tb\nc',
      'é€😀',
      'Ünï😀códe-🇩🇪',
      '%_.*+?[](){}|^$',
      'ada@example.org',
      'bob@x.io',
      'bobby@x.io',
      'a@x.io',
      'a.b+c@mail.example.co.uk',
      'é@exämple.museum',
      '😀😀@ex😀mple.info',
      'not@an@address.org',
      '@x.org',
      'a b@x.org',
      '+49 (170) 123-45 67',
      '0170/1234567',
      '12345678',
      '1234567',
      '+1',
      '00 00 00 00',
      '123456789012345678',
      '4111111111111111',
      '4111 1111 1111 1111',
      '4111-1111-1111-1111',
      '378282246310005',
      '4111 1111',
      'DE00123456781234567890',
      'DE00 1234 5678 1234 5678 90',
      'gb29nwbk60161331926819',
      'XX',
      'DE0012345678',
      'id 123-45-6789 and 987-65-4321',
      'aaa',
      'abab',
      'x'.repeat(30),
      'x'.repeat(31),
      'x'.repeat(32),
      'é'.repeat(127),
      'y'.repeat(255),
      'z'.repeat(256),
      '€'.repeat(90),
      '\u0080\u0001end',
      'tok_k1_00',
    ],
  },
  integer('tinyint', 8),
  integer('smallint', 16, 'smallint'),
  integer('integer', 32, 'integer'),
  integer('bigint', 64, 'bigint'),
  integer('hugeint', 128),
  {
    name: 'small_decimal',
    kind: { family: 'decimal', precision: 4, scale: 1 },
    duckdb: 'DECIMAL(4,1)',
    postgres: 'numeric(4,1)',
    values: [
      '0.0',
      '0.1',
      '-0.1',
      '2.5',
      '-2.5',
      '4.9',
      '5.0',
      '-5.0',
      '999.9',
      '-999.9',
      '994.9',
      '-995.0',
      '7.5',
    ],
    only: { postgres: ['NaN'] },
  },
  {
    name: 'money',
    kind: { family: 'decimal', precision: 10, scale: 2 },
    duckdb: 'DECIMAL(10,2)',
    postgres: 'numeric(10,2)',
    values: [
      '0.00',
      '0.01',
      '-0.01',
      '2.50',
      '-2.50',
      '4.99',
      '5.00',
      '-5.00',
      '12.34',
      '-12.35',
      '99999999.99',
      '-99999999.99',
      '99999995.00',
    ],
    only: { postgres: ['NaN'] },
  },
  {
    name: 'widest',
    kind: { family: 'decimal', precision: 38, scale: 4 },
    duckdb: 'DECIMAL(38,4)',
    postgres: 'numeric(38,4)',
    values: [
      '0.0000',
      '0.0001',
      '-12.3450',
      '12.3450',
      `${'9'.repeat(34)}.9999`,
      `-${'9'.repeat(34)}.9999`,
      `1${'0'.repeat(33)}.0001`,
    ],
  },
  {
    name: 'sizeless',
    kind: { family: 'decimal' },
    postgres: 'numeric',
    values: [
      '0',
      '0.000000001',
      '-12.345',
      '12.345',
      '99999999999999999999.5',
      '-2.5',
      'NaN',
      'Infinity',
      '-Infinity',
      `1${'0'.repeat(200)}`,
      `-1${'0'.repeat(200)}`,
    ],
  },
  {
    name: 'double',
    kind: { family: 'float' },
    duckdb: 'DOUBLE',
    postgres: 'double precision',
    values: [
      ...FLOATS,
      '1e15',
      '1.5e15',
      '-1e15',
      '1e300',
      '-1e300',
      '5e-324',
      '-5e-324',
      '1e-200',
      '-1e-50',
      'NaN',
      'Infinity',
      '-Infinity',
      '0.49999999999999994',
    ],
  },
  {
    name: 'real',
    kind: { family: 'float' },
    duckdb: 'REAL',
    postgres: 'real',
    values: ['0', '2.5', '-2.5', '7', '-7', '49', '50', '1000000.5', '1e30', '-1e-30', 'NaN', 'Infinity'],
  },
  {
    name: 'boolean',
    kind: { family: 'boolean' },
    duckdb: 'BOOLEAN',
    postgres: 'boolean',
    values: ['true', 'false'],
  },
  {
    name: 'date',
    kind: { family: 'date' },
    duckdb: 'DATE',
    postgres: 'date',
    values: [
      '2024-02-29',
      '2024-12-31',
      '2023-01-01',
      '1969-12-31',
      '0001-01-01',
      '0001-01-07',
      '9999-12-31',
      '1900-03-01',
      'infinity',
      '-infinity',
      '0044-03-15 BC',
      '10000-01-01',
    ],
    only: { duckdb: ['5881580-07-10', '5877642-06-25 (BC)'], postgres: ['5874897-12-31', '4713-01-01 BC'] },
  },
  {
    name: 'timestamp',
    kind: { family: 'timestamp' },
    duckdb: 'TIMESTAMP',
    postgres: 'timestamp',
    values: [
      '2024-02-29 13:14:15.678901',
      '1969-12-31 23:59:59.999999',
      '0001-01-01 00:00:00',
      '9999-12-31 23:59:59.999999',
      'infinity',
      '-infinity',
      '0044-03-15 12:00:00 BC',
      '10000-01-01 00:00:00',
    ],
    only: {
      duckdb: ['294247-01-10 04:00:54.775806'],
      postgres: ['294276-12-31 23:59:59.999999', '4713-01-01 00:00:00 BC'],
    },
  },
  {
    name: 'timestamptz',
    kind: { family: 'timestamptz' },
    duckdb: 'TIMESTAMPTZ',
    postgres: 'timestamptz',
    values: [
      '2024-02-29 13:14:15.678901+00',
      '1969-12-31 23:59:59.999999+00',
      '0001-01-01 00:00:00+00',
      '9999-12-31 23:59:59.999999+00',
      'infinity',
      '-infinity',
      '0044-03-15 12:00:00+00 BC',
      '10000-01-01 00:00:00+00',
    ],
  },
  {
    name: 'uuid',
    kind: { family: 'uuid' },
    duckdb: 'UUID',
    postgres: 'uuid',
    values: [
      '6f1d2c3e-0000-4000-8000-000000000000',
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
    ],
  },
];

interface Wanted {
  readonly mask: MaskSpec;
  /** What the expression of a custom mask means. */
  readonly custom?: Parameters<typeof reference>[4];
}

const text =
  (change: (value: string) => string | null) =>
  (value: string | null, { family }: Kind) =>
    family !== 'text' ? undefined : value === null ? null : change(value);
const upper = (value: string): string => value.replace(/[a-z]/g, (letter) => letter.toUpperCase());
const custom = (expression: string, meaning: NonNullable<Wanted['custom']>): Wanted => ({
  mask: { kind: 'custom', expression, rank: 2.5 },
  custom: meaning,
});
const number =
  (change: (value: bigint) => bigint | null) =>
  (value: string | null, { family, bits = 128 }: Kind) => {
    if (family !== 'integer' || bits > 64 || value === null) return undefined;
    const result = change(BigInt(value));
    const limit = 2n ** BigInt(bits - 1);
    return result === null || result >= limit || result < -limit ? undefined : String(result);
  };

const MASKS: readonly Wanted[] = [
  ...(
    [
      { kind: 'null' },
      { kind: 'constant', value: 'hidden' },
      { kind: 'constant', value: 5 },
      { kind: 'constant', value: true },
      { kind: 'constant', value: '2024-01-01' },
      { kind: 'hash', scope: 'global' },
      { kind: 'hash', scope: 'dataset' },
      { kind: 'hash', scope: 'project' },
      { kind: 'tokenise', scope: 'policy', reveal: null },
      { kind: 'tokenise', scope: 'dataset', reveal: null },
      { kind: 'regex', pattern: '[0-9]', replace: '#', unmatched: 'null' },
      { kind: 'regex', pattern: '[0-9]+', replace: '\\1&$1', unmatched: 'keep' },
      { kind: 'regex', pattern: '[^@]+@', replace: '', unmatched: 'null' },
      { kind: 'regex', pattern: 'a(?:b|c)?', replace: 'é', unmatched: 'keep' },
      { kind: 'regex', pattern: '^.', replace: '_', unmatched: 'keep' },
      { kind: 'regex', pattern: '.{2}$', replace: '..', unmatched: 'keep' },
      { kind: 'regex', pattern: '[^a-zA-Z]', replace: '-', unmatched: 'keep' },
      { kind: 'regex', pattern: '\\d{3}-\\d{2}-\\d{4}', replace: 'SSN', unmatched: 'null' },
      { kind: 'regex', pattern: '(?:ab)+', replace: 'x', unmatched: 'keep' },
      { kind: 'regex', pattern: '😀|é', replace: '😀😀', unmatched: 'null' },
      { kind: 'regex', pattern: '[\\]\\[\\^\\\\.*-]', replace: '!', unmatched: 'keep' },
      { kind: 'regex', pattern: 'a{2,3}', replace: 'z', unmatched: 'keep' },
      { kind: 'partial', first: 1, last: 1, with: '*' },
      { kind: 'partial', first: 0, last: 4, with: '•' },
      { kind: 'partial', format: 'email', with: '*' },
      { kind: 'partial', format: 'phone', with: '\\' },
      { kind: 'partial', format: 'card', with: '•' },
      { kind: 'partial', format: 'iban', with: '*' },
      { kind: 'bucket', width: 10, origin: 0 },
      { kind: 'bucket', width: 7, origin: 3 },
      { kind: 'bucket', width: 7, origin: -300 },
      { kind: 'bucket', width: 0.5, origin: 0 },
      { kind: 'bucket', width: 2.5, origin: 0.5 },
      { kind: 'bucket', width: 1e15, origin: 0 },
      { kind: 'bucket', width: 1, origin: 0 },
      { kind: 'bucket', boundaries: [-50, 0, 10, 50] },
      { kind: 'bucket', boundaries: [-2.5, 0.1] },
      { kind: 'round', to: 10 },
      { kind: 'round', to: 100 },
      { kind: 'round', to: 5 },
      { kind: 'round', to: 0.1 },
      { kind: 'round', to: 0.01 },
      { kind: 'round', to: 1 },
      ...(['year', 'quarter', 'month', 'week', 'day', 'hour'] as const).map((to) => ({
        kind: 'truncate_date' as const,
        to,
      })),
    ] satisfies MaskSpec[]
  ).map((mask): Wanted => ({ mask })),
  custom(
    "left(value, 1) || '***' || right(value, 2)",
    text((v) => `${[...v].slice(0, 1).join('')}***${[...v].slice(-2).join('')}`),
  ),
  custom('upper(value)', text(upper)),
  custom(
    "replace(lower(value), 'ada', '?')",
    text((v) => v.replace(/[A-Z]/g, (l) => l.toLowerCase()).replaceAll('ada', '?')),
  ),
  custom("case when length(value) > 5 then substr(value, 2, 3) else 'short' end", (v, { family }) =>
    family !== 'text' ? undefined : v !== null && [...v].length > 5 ? [...v].slice(1, 4).join('') : 'short',
  ),
  custom("coalesce(value, 'none')", (v, { family }) => (family === 'text' ? (v ?? 'none') : undefined)),
  custom(
    "case when value is null then 'no' when value = 'a' or not value <> 'ab' then 'yes' end",
    (v, { family }) =>
      family !== 'text' ? undefined : v === null ? 'no' : v === 'a' || v === 'ab' ? 'yes' : null,
  ),
  custom(
    'value * 3 - 7',
    number((v) => v * 3n - 7n),
  ),
  custom(
    '-value',
    number((v) => -v),
  ),
  custom('case when value >= 0 and value < 50 then 1 else 0 end', (v, { family, bits = 128 }) =>
    family !== 'integer' || bits > 64
      ? undefined
      : v !== null && BigInt(v) >= 0n && BigInt(v) < 50n
        ? '1'
        : '0',
  ),
  custom('not value', (v, { family }) =>
    family !== 'boolean' || v === null ? undefined : String(v !== 'true'),
  ),
];

const TOKEN_KEY = {
  id: 'k7',
  secret: new Uint8Array(Buffer.from('a key of tokens that only this test has', 'utf8')),
};

const datasetOf = ({ name, ...types }: Column, engine: 'duckdb' | 'postgres'): Dataset =>
  dataset(`gold.${name}`, ['n integer', `v ${types[engine]}`], {
    database: engine === 'duckdb' ? 'memory' : 'warehouse',
    schema: 'gold',
    identifier: name,
  });

const valuesOf = (column: Column, engine: 'duckdb' | 'postgres'): readonly (string | null)[] => [
  ...column.values.map((value) => (engine === 'duckdb' ? inDuckDb(value) : value)),
  ...(column.only?.[engine] ?? []),
  null,
];

/** Its own way to say it. */
const inDuckDb = (value: string): string => value.replace(/^([\d-]+)(.*) BC$/, '$1 (BC)$2');

/** As the engines write it, to the family's own equality. */
function normal(kind: Kind, shown: string | null): string | null {
  if (shown === null || shown === 'null') return null;
  return kind.family === 'float' ? String(Number(shown)) : shown;
}

describe.skipIf(missingServer !== null)('masks', () => {
  let duckdb: Warehouse;
  let postgres: PostgresWarehouse;
  beforeAll(async () => {
    await loadParser();
    duckdb = await warehouse();
    await duckdb.run("SET TimeZone = 'UTC'");
    await duckdb.run('CREATE SCHEMA gold');
    postgres = await postgresWarehouse();
    await postgres.run('CREATE SCHEMA gold');
    for (const column of COLUMNS) {
      if (column.duckdb !== undefined) {
        await duckdb.run(`CREATE TABLE gold.${column.name} (n INTEGER, v ${column.duckdb})`);
        for (const [n, value] of valuesOf(column, 'duckdb').entries())
          await duckdb.rows(`INSERT INTO gold.${column.name} VALUES ($1::integer, $2)`, [n, value]);
      }
      if (column.postgres === undefined) continue;
      const quoted = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
      const rows = valuesOf(column, 'postgres').map((value, n) => `(${n}, ${quoted(value)})`);
      await postgres.run(
        `CREATE TABLE gold."${column.name}" (n integer, v ${column.postgres})`,
        `INSERT INTO gold."${column.name}" VALUES ${rows.join(', ')}`,
      );
    }
  });
  afterAll(async () => {
    duckdb?.close();
    await postgres?.close();
  });

  const cases = COLUMNS.flatMap((column) =>
    MASKS.flatMap((wanted) =>
      (['duckdb', 'postgres'] as const)
        .filter((engine) => column[engine] !== undefined)
        .map((engine) => ({ column, name: column.name, engine, wanted, mask: JSON.stringify(wanted.mask) })),
    ),
  );

  it.each(cases)('$name on $engine: $mask', async ({ column, engine, wanted }) => {
    const subject = datasetOf(column, engine);
    const query = governed(
      `SELECT CAST(v AS text) FROM "${column.name}" ORDER BY n`,
      [subject],
      { [subject.id]: { masks: { v: wanted.mask } } },
      { engine, tokenKey: TOKEN_KEY },
    );
    const shown = await (engine === 'duckdb' ? duckdb : postgres).governed(query);
    const secrets = { hash: KEY, token: TOKEN_KEY, policy: 'mask', datasetId: subject.id };
    const values =
      engine === 'duckdb'
        ? [...column.values, ...(column.only?.duckdb ?? []), null]
        : valuesOf(column, engine);
    const expected = values.map((value) =>
      reference(wanted.mask, column.kind, value, secrets, wanted.custom),
    );
    expect(shown.map((one) => normal(column.kind, one))).toEqual(
      expected.map((one) => normal(column.kind, one)),
    );
  });
});
