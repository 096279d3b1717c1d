/**
 * A point lookup by an indexed key on a real PostgreSQL: through a filtered and masked dataset, against the same lookup
 * by hand with the filter alone. In turn, through the same engine and pool; then the whole gate, for comparison.
 */
import { rmSync } from 'node:fs';
import { createPostgresEngine } from '../src/engines/postgres/engine.ts';
import { query } from '../src/query.ts';
import { loadParser } from '../src/sql/parse.ts';
import type { ParamValue, VerifiedQuery } from '../src/sql/stages.ts';
import { verify } from '../src/sql/verify.ts';
import { writeProject } from '../test/e2e/project.ts';
import { missingServer, startServer } from '../test/engines/postgres/server.ts';
import { dataset, governed } from '../test/sql/fixture.ts';
import { startGate } from './gate.ts';
import { median, ms, QUICK, report } from './report.ts';

const ROWS = QUICK ? 20_000 : 500_000;
const ROUNDS = QUICK ? 100 : 600;
const AIM = 1.5;
const COLUMNS = ['id bigint', 'name text', 'email text', 'region text', 'amount numeric(12,2)'];

const signal = new AbortController().signal;

if (missingServer !== null) {
  report('PostgreSQL: point lookup', 'no server here', `≤ ${AIM} ×`);
} else {
  await measure();
}

async function measure(): Promise<void> {
  await loadParser();
  const server = await startServer();
  try {
    await server.run(
      'CREATE SCHEMA gold',
      `CREATE TABLE gold.members (${COLUMNS.join(', ')})`,
      `INSERT INTO gold.members SELECT i, 'name ' || i, 'mail' || i || '@example.org',
         (ARRAY['EU', 'FR', 'US', 'CN'])[1 + i % 4], i % 1000 FROM generate_series(1, ${ROWS}) i`,
      'CREATE UNIQUE INDEX ON gold.members (id)',
      'VACUUM ANALYZE gold.members',
    );
    await lookups(server.url);
    await wholeGate(server.url);
  } finally {
    await server.close();
  }
}

async function lookups(url: string): Promise<void> {
  const engine = createPostgresEngine({
    name: 'warehouse',
    connection: { url },
    concurrency: 2,
    perIdentity: 2,
    queue: 8,
  });
  const relation = { database: 'warehouse', schema: 'gold', identifier: 'members' };
  const rules = {
    'gold.members': {
      rows: [
        {
          kind: 'any',
          left: { kind: 'column', name: 'region' },
          list: { kind: 'identity', path: ['attributes', 'regions'] },
        },
      ],
      masks: {
        email: { kind: 'hash', scope: 'global' },
        name: { kind: 'partial', first: 1, last: 0, with: '*' },
      },
    },
  } as const;
  const gated = (where: string, params: readonly ParamValue[] = []): Promise<VerifiedQuery> =>
    verify(
      governed(
        `SELECT id, name, email, amount FROM members WHERE ${where}`,
        [dataset('gold.members', COLUMNS, relation)],
        rules,
        {
          engine: 'postgres',
          params,
          page: { limit: 101, offset: 0 },
        },
      ),
      engine,
    );
  const byHand = (where: string, params: readonly ParamValue[] = []): VerifiedQuery =>
    ({
      engine: 'warehouse',
      sql: `SELECT id, name, email, amount FROM gold.members WHERE region IN ('EU', 'FR') AND ${where} LIMIT 101`,
      params,
      columns: [],
    }) as unknown as VerifiedQuery;
  const run = async (text: VerifiedQuery): Promise<number> => {
    const started = performance.now();
    const running = await engine.run(text, {
      requestId: 'bench',
      principal: 'bench',
      encoding: 'json',
      maxRows: 100,
      maxBytes: 1 << 20,
      timeoutMs: 10_000,
      signal,
    });
    for await (const _ of running.chunks);
    return performance.now() - started;
  };
  const cases: readonly (readonly [string, (id: number) => readonly [string, readonly ParamValue[]]])[] = [
    ['by a parameter', (id) => ['id = $1', [id]]],
    ['by a literal', (id) => [`id = ${id}`, []]],
    ['behind a fence', (id) => [`id = ${id} AND amount::integer >= 0`, []]],
  ];
  for (const [title, at] of cases) {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const [where, params] = at(1 + ((round * 7919) % ROWS));
      const texts = [await gated(where, params), byHand(where, params)] as const;
      // Whoever comes second finds the pages warm.
      for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const))
        times[side].push(await run(texts[side]));
    }
    const [governedMs, handMs] = [median(times[0]), median(times[1])];
    const ratio = governedMs / handMs;
    report(
      `PostgreSQL: point lookup ${title}, filtered and masked, to the same by hand with the filter`,
      `${ratio.toFixed(2)} × (${ms(governedMs)} to ${ms(handMs)})`,
      `≤ ${AIM} ×`,
      ratio <= AIM,
    );
  }
  await engine.close();
}

/** With the decision, the cached plan and the audit record that is on the disk before the first row leaves. */
async function wholeGate(url: string): Promise<void> {
  const folder = await writeProject({
    server: { engine: `{ kind: postgres, url: '${url}' }`, adapter: 'postgres' },
    sql: [],
    tables: [{ schema: 'gold', name: 'members', columns: COLUMNS }],
    policies: `
  - { id: own-region, on: { id: gold.members }, rows: { where: "region in ('EU', 'FR')" } }
  - { id: mask-email, on: { column_name: email }, mask: { with: partial, first: 1, last: 0 } }`,
  });
  const gate = await startGate(folder);
  try {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now();
      const caller = {
        requestId: 'bench',
        token: null,
        client: { ip: null, door: 'bench', user_agent: null },
        signal,
      };
      const text = { sql: 'SELECT id, name, email, amount FROM members WHERE id = $1' };
      const params = [1 + ((round * 7919) % ROWS)];
      const answer = await query(
        caller,
        { text, params },
        { mode: 'page', encoding: 'json' },
        gate.open.gate,
      );
      for await (const _ of answer.chunks);
      times.push(performance.now() - started);
    }
    report('PostgreSQL: the same lookup through the whole gate, audit included', ms(median(times)));
  } finally {
    await gate.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
