/** The same question, asked over HTTP by everyone that the example knows: the answers differ as its policies say. */
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reply, startGate, type TestGate } from './gate.ts';

const SQL = 'SELECT * FROM gold.members ORDER BY member_id LIMIT 400';
const ALL = [
  'member_id',
  'name',
  'email',
  'phone',
  'iban',
  'birth_date',
  'address',
  'region',
  'community',
  'joined_on',
];
const HASH = /^[0-9a-f]{64}$/;

let gate: TestGate;
/** The table as it lies in the warehouse, by member and column. */
let raw: ReadonlyMap<string, Readonly<Record<string, string | null>>>;
const answers = new Map<string, Reply>();

beforeAll(async () => {
  gate = await startGate();
  raw = await rawMembers(join(gate.folder, 'data/energy_community.duckdb'));
  for (const persona of ['member', 'analyst', 'officer', 'intern', 'service'])
    answers.set(persona, await gate.query(persona, SQL, { limit: 400 }));
});

afterAll(() => gate.close());

async function rawMembers(path: string): Promise<typeof raw> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const read = await connection.runAndReadAll('SELECT COLUMNS(*)::VARCHAR FROM main_marts.members');
  const rows = read.getRowObjectsJS() as Record<string, string | null>[];
  connection.closeSync();
  instance.closeSync();
  return new Map(rows.map((row) => [String(row.member_id), row]));
}

function answerOf(persona: string): Reply {
  const reply = answers.get(persona);
  expect(reply?.status, reply?.text).toBe(200);
  return reply as Reply;
}

const namesOf = (reply: Reply): string[] => (reply.body.columns ?? []).map((column) => column.name);
const maskedOf = (reply: Reply): string[] =>
  (reply.body.columns ?? []).filter((column) => column.masked).map((column) => column.name);

/** By member, the value of one column. */
function valuesOf(persona: string, column: string): Map<string, unknown> {
  const reply = answerOf(persona);
  const at = namesOf(reply).indexOf(column);
  return new Map((reply.body.rows ?? []).map((row) => [String(row[0]), row[at]]));
}

describe('SELECT * FROM gold.members', () => {
  it.each`
    persona      | absent                          | masked                                                         | rows
    ${'member'}  | ${[]}                           | ${[]}                                                          | ${1}
    ${'analyst'} | ${[]}                           | ${['name', 'email', 'phone', 'iban', 'birth_date', 'address']} | ${120}
    ${'officer'} | ${[]}                           | ${['iban']}                                                    | ${300}
    ${'intern'}  | ${['phone', 'iban', 'address']} | ${['name', 'email', 'birth_date']}                             | ${57}
    ${'service'} | ${['birth_date']}               | ${['name', 'email', 'phone', 'iban', 'address']}               | ${300}
  `('as $persona: its columns, its masks, its rows', ({ persona, absent, masked, rows }) => {
    const reply = answerOf(persona);
    expect(namesOf(reply)).toEqual(ALL.filter((name) => !absent.includes(name)));
    expect(maskedOf(reply)).toEqual(masked);
    expect(reply.body.rows).toHaveLength(rows);
  });

  it('without a token, is an unknown name', async () => {
    const hidden = await gate.query('external', SQL);
    const unknown = await gate.query('external', SQL.replace('members', 'mumbles'));
    expect(hidden).toMatchObject({ status: 404, body: { code: 'dataset_not_found' } });
    const wiped = (reply: Reply): object => ({ ...reply.body, request_id: '' });
    expect(JSON.stringify(wiped(hidden))).toBe(
      JSON.stringify(wiped(unknown)).replaceAll('mumbles', 'members'),
    );
  });

  it('as the pipeline, which pushes and reads nothing, is denied', async () => {
    expect(await gate.query('pipeline', SQL)).toMatchObject({
      status: 403,
      body: { code: 'access_denied' },
    });
  });
});

describe('what stands in the rows', () => {
  it.each(['member', 'analyst', 'officer', 'intern', 'service'])(
    'as %s: columns without a mask hold what the warehouse holds',
    (persona) => {
      const reply = answerOf(persona);
      const clear = namesOf(reply).filter((name) => !maskedOf(reply).includes(name));
      for (const name of clear)
        for (const [member, value] of valuesOf(persona, name)) expect(value).toBe(raw.get(member)?.[name]);
    },
  );

  it.each`
    persona      | columns
    ${'analyst'} | ${['name', 'email', 'phone', 'iban']}
    ${'intern'}  | ${['name', 'email']}
    ${'service'} | ${['name', 'email', 'phone', 'iban']}
  `('as $persona: hashes, equal for equal values and for nothing else', ({ persona, columns }) => {
    for (const column of columns) {
      const byRaw = new Map<string, unknown>();
      const seen = new Set<unknown>();
      for (const [member, value] of valuesOf(persona, column)) {
        const plain = raw.get(member)?.[column] ?? null;
        // Who gave no phone number has no pseudonym of one.
        if (plain === null) {
          expect(value).toBeNull();
          continue;
        }
        expect(value).toMatch(HASH);
        expect(byRaw.get(plain) ?? value).toBe(value);
        byRaw.set(plain, value);
        seen.add(value);
      }
      expect(seen.size).toBe(byRaw.size);
    }
  });

  it('hashes are the same for every caller, and keyed', () => {
    const { mask } = gate.serving.open.gate.keys;
    const [analyst, intern, service] = ['analyst', 'intern', 'service'].map((who) => valuesOf(who, 'email'));
    for (const [member, value] of analyst!) {
      expect(service!.get(member)).toBe(value);
      if (intern!.has(member)) expect(intern!.get(member)).toBe(value);
      const hmac = createHmac('sha256', mask).update(String(raw.get(member)?.email));
      expect(value).toBe(hmac.digest('hex'));
    }
  });

  it.each(['analyst', 'service'])('as %s: no address, not even a pseudonym', (persona) => {
    expect(new Set(valuesOf(persona, 'address').values())).toEqual(new Set(['withheld']));
  });

  it.each(['analyst', 'intern'])('as %s: no date of birth', (persona) => {
    expect(new Set(valuesOf(persona, 'birth_date').values())).toEqual(new Set([null]));
  });

  it('as officer: both ends of an account number', () => {
    for (const [member, value] of valuesOf('officer', 'iban')) {
      const plain = String(raw.get(member)?.iban);
      expect(value).toBe(`${plain.slice(0, 4)}${'*'.repeat(plain.length - 8)}${plain.slice(-4)}`);
    }
  });

  it.each`
    persona      | kept
    ${'member'}  | ${(row: Record<string, string>) => row.member_id === 'M0008'}
    ${'analyst'} | ${(row: Record<string, string>) => row.community === 'alpha'}
    ${'intern'}  | ${(row: Record<string, string>) => row.region === 'north' && row.community !== 'gamma'}
    ${'officer'} | ${() => true}
    ${'service'} | ${() => true}
  `('as $persona: the rows that the filters keep, and all of them', ({ persona, kept }) => {
    const wanted = [...raw.values()].filter(kept).map((row) => row.member_id);
    expect([...valuesOf(persona, 'member_id').keys()]).toEqual(wanted.sort());
  });

  it.each(['analyst', 'intern', 'service'])('as %s: no personal value anywhere in the answer', (persona) => {
    const { text } = answerOf(persona);
    for (const row of raw.values())
      for (const column of ['name', 'email', 'phone', 'iban', 'address']) {
        if (row[column] !== null) expect(text).not.toContain(row[column]);
      }
  });
});

describe('queries over masked columns, as the analyst', () => {
  const emailOf = (member: string): string => String(raw.get(member)?.email);

  it.each<{ name: string; sql: string; rows: unknown[][] }>([
    {
      name: 'pseudonyms join',
      sql: `SELECT count(*), count(DISTINCT a.email) FROM gold.members a JOIN gold.members b USING (email)`,
      rows: [[120, 120]],
    },
    {
      name: 'and join over datasets',
      sql: `SELECT count(*) FROM gold.members m JOIN silver.members_snapshot s ON s.email = m.email`,
      rows: [[120]],
    },
    {
      name: 'are counted',
      sql: 'SELECT count(email), count(DISTINCT email), count(birth_date), count(DISTINCT address) FROM gold.members',
      rows: [[120, 120, 0, 1]],
    },
    {
      name: 'are grouped by',
      sql: 'SELECT address, max(birth_date), count(*) FROM gold.members GROUP BY address',
      rows: [['withheld', null, 120]],
    },
    {
      name: 'have the length of a hash',
      sql: 'SELECT DISTINCT length(email), length(iban) FROM gold.members',
      rows: [[64, 64]],
    },
    {
      name: 'the smallest is the smallest hash',
      sql: 'SELECT count(*) FROM gold.members WHERE email = (SELECT min(email) FROM gold.members)',
      rows: [[1]],
    },
  ])('$name', async ({ sql, rows }) => {
    const reply = await gate.query('analyst', sql);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.body.rows).toEqual(rows);
  });

  it.each<{ name: string; where: string }>([
    { name: 'equality', where: `email = '{email}'` },
    { name: 'a pattern', where: `email LIKE 'ada.%' OR email ILIKE '%@%'` },
    { name: 'a regular expression', where: `email ~ '@example'` },
    { name: 'a list', where: `email IN ('{email}', 'x')` },
    { name: 'a range', where: `email BETWEEN '{email}' AND '{email}'` },
    { name: 'a function', where: `lower(email) = lower('{email}') OR substr(email, 4, 1) = '.'` },
    { name: 'a subquery', where: `EXISTS (SELECT 1 FROM (VALUES ('{email}')) v(e) WHERE v.e = email)` },
    { name: 'a date of birth', where: `birth_date IS NOT NULL OR birth_date > '1900-01-01'` },
    { name: 'an address', where: `address <> 'withheld'` },
  ])('the raw value is not found by $name', async ({ where }) => {
    const sql = `SELECT count(*) FROM gold.members WHERE ${where.replaceAll('{email}', emailOf('M0001'))}`;
    const reply = await gate.query('analyst', sql);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.body.rows).toEqual([[0]]);
  });

  it('a hash that the caller was shown finds its row', async () => {
    const [shown] = valuesOf('analyst', 'email').values();
    const reply = await gate.query('analyst', 'SELECT member_id FROM gold.members WHERE email = $1', {
      params: [shown],
    });
    expect(reply.body.rows).toEqual([['M0001']]);
  });

  it('what is computed from a masked column is marked as masked', async () => {
    const reply = await gate.query(
      'analyst',
      `WITH m AS (SELECT upper(email) AS e, region FROM gold.members)
       SELECT e || 'x' AS e, region, CASE WHEN e > 'A' THEN 1 END AS c FROM m LIMIT 1`,
    );
    expect(maskedOf(reply)).toEqual(['e', 'c']);
  });

  it.each(['SELECT birth_date FROM gold.members', 'SELECT nonsense FROM gold.members'])(
    'for a service, a hidden column is an unknown column: %s',
    async (sql) => {
      const reply = await gate.query('service', sql);
      expect(reply).toMatchObject({ status: 400, body: { code: 'column_not_found' } });
    },
  );
});
