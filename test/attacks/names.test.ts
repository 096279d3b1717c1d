/** Metadata with hostile names, end to end: they are names and nothing else, and what is masked or filtered under them stays so. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { writeProject } from '../e2e/project.ts';
import { startServer, type TestServer } from '../engines/postgres/server.ts';
import { ENGINES, MISSING } from './stands.ts';

/** Each is a column with a secret, masked by a policy on the very name. */
const ALL_COLUMNS = [
  'quo"te',
  "apo'strophe",
  'a"; DROP TABLE t; --',
  '/* comment',
  '-- comment',
  '$$',
  'line\nfeed',
  'tab\tand\rreturn',
  'back\\slash',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'valueOf',
  '*',
  't.*',
  'select',
  'SELECT 1',
  'system.main.error',
  '$1',
  '{{ jinja }}',
  '$' + '{SHELL}',
  '<script>alert(1)</script>',
  '\u001b[2Jescape',
  '\u202eright to left',
  'ümlaut',
  'İstanbul',
  '名前',
  'with space ',
  'long'.repeat(20),
  'ü'.repeat(40),
];

const ALL_TABLES = [
  'plain',
  "ta'ble; --",
  '__proto__',
  'constructor',
  'SELECT',
  'do.t',
  'ümlaut',
  'table'.repeat(20),
];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

describe.each(ENGINES.filter((kind) => MISSING[kind] === null))('on %s', (kind) => {
  // PostgreSQL cuts the names of its own columns and tables.
  const fits = (name: string): boolean => kind !== 'postgres' || Buffer.byteLength(name) <= 63;
  const COLUMNS = ALL_COLUMNS.filter(fits);
  const TABLES = ALL_TABLES.filter(fits);
  let server: TestServer | null = null;
  let gate: TestGate;

  beforeAll(async () => {
    const columns = ['region', ...COLUMNS];
    const definition = columns.map((name) => `${quoted(name)} VARCHAR`).join(', ');
    const row = (region: string) =>
      `(${[region, ...COLUMNS.map((_, at) => `SECRET-${region}-${at}`)].map(text).join(', ')})`;
    const sql = [
      'CREATE SCHEMA s',
      ...TABLES.flatMap((name) => [
        `CREATE TABLE s.${quoted(name)} (${definition})`,
        `INSERT INTO s.${quoted(name)} VALUES ${row('north')}, ${row('south')}`,
      ]),
    ];
    if (kind === 'postgres') {
      server = await startServer();
      await server.run(...sql);
    }
    const folder = await writeProject({
      sql,
      ...(server === null
        ? {}
        : { server: { engine: `{ kind: postgres, url: '${server.url}' }`, adapter: 'postgres' } }),
      // dbt writes a relation's name without doubling its quotes.
      tables: [...TABLES, 'ta"ble'].map((name) => ({
        schema: 's',
        name,
        columns: columns.map((column) => ({
          name: column,
          type: 'VARCHAR',
          tags: [column === 'region' ? 'region' : 'secret'],
        })),
      })),
      policies: `
  - id: mask-all-but-the-region
    on: { column_tag: secret }
    mask: { with: constant, value: kept }
  - id: north
    on: { column_tag: region }
    rows: { where: "region = 'north'" }`,
    });
    gate = await startGate({ folder });
  });

  afterAll(async () => {
    await gate.close();
    await server?.close();
  });

  it.each(TABLES)('a table called %j is answered with its masks and its filter', async (table) => {
    const reply = await gate.query('reader', `SELECT * FROM s.${quoted(table)}`);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.body.columns?.map((column) => column.name)).toEqual(['region', ...COLUMNS]);
    expect(reply.body.rows).toEqual([['north', ...COLUMNS.map(() => 'kept')]]);
  });

  describe.each(COLUMNS)('a column called %j', (column) => {
    const c = quoted(column);

    it('is masked wherever it stands', async () => {
      const sql = `SELECT ${c}, max(t.${c}) FROM s.plain t WHERE ${c} = 'kept' GROUP BY ${c} ORDER BY t.${c}`;
      const reply = await gate.query('reader', sql);
      expect(reply.status, reply.text).toBe(200);
      expect(reply.body.rows).toEqual([['kept', 'kept']]);
      const [first] = reply.body.columns ?? [];
      expect(first?.masked).toBe(true);
      // What is too long for PostgreSQL's grammar ends where it ends there.
      expect(first?.name).toBe(Buffer.byteLength(column) > 63 ? column.slice(0, first?.name.length) : column);
    });
  });

  describe('answers that carry such names', () => {
    const SQL = 'SELECT * FROM s.plain';
    const accepting = (accept: string) =>
      gate.call('reader', 'POST', '/v1/query', { body: { sql: SQL }, headers: { accept } });

    it('in NDJSON are one object a line', async () => {
      const lines = (await accepting('application/x-ndjson')).text.trimEnd().split('\n');
      expect(lines).toHaveLength(1);
      expect(Object.entries(JSON.parse(lines[0]!))).toEqual([
        ['region', 'north'],
        ...COLUMNS.map((name) => [name, 'kept']),
      ]);
    });

    it('in CSV are quoted where they must be', async () => {
      const answer = (await accepting('text/csv')).text;
      const fields = ['region', ...COLUMNS].map((name) => (/[",\r\n]/.test(name) ? quoted(name) : name));
      expect(answer).toBe(`${fields.join(',')}\r\nnorth${',kept'.repeat(COLUMNS.length)}\r\n`);
    });

    it('in the catalogue and as a schema are all there, and marked', async () => {
      const described = await gate.call('reader', 'GET', '/v1/catalogue/s.plain');
      const columns = described.body.columns as unknown as { name: string; masked: boolean }[];
      expect(columns.map(({ name, masked }) => [name, masked])).toEqual([
        ['region', false],
        ...COLUMNS.map((name) => [name, true]),
      ]);
      const schema = await gate.call('reader', 'GET', '/v1/datasets/s.plain/schema');
      const properties = schema.body.properties as Record<string, { 'x-sluice-masked'?: true }>;
      expect(Object.keys(properties)).toEqual(['region', ...COLUMNS]);
      for (const name of COLUMNS)
        expect(Object.getOwnPropertyDescriptor(properties, name)?.value['x-sluice-masked']).toBe(true);
    });

    it('name what is masked in the decision', async () => {
      const reply = await gate.query('reader', SQL);
      const [decision] = reply.body.decisions as { masked: string[] }[];
      expect(decision?.masked).toHaveLength(COLUMNS.length);
    });
  });

  it('a relation whose name cannot be read is not served', async () => {
    const reply = await gate.query('reader', 'SELECT * FROM s."ta""ble"');
    expect(reply.body.code).toBe('dataset_invalid');
    expect(reply.text).not.toContain('SECRET');
  });
});
