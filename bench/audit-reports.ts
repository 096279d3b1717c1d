/** What is said of the audit as a whole: shipping it, filling its datasets, usage, and a replay of a hundred thousand queries. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startShipper } from '../src/audit/sinks/shipper.ts';
import { createRefresher } from '../src/audit-dataset/refresher.ts';
import { auditPath, stateFolder } from '../src/open.ts';
import { query } from '../src/query.ts';
import { replay } from '../src/replay.ts';
import { openStore } from '../src/store/open-store.ts';
import { copyExample, startGate } from './gate.ts';
import { ms, QUICK, report } from './report.ts';

const EVENTS = QUICK ? 5_000 : 100_000;
const AT_ONCE = 1_000;

const folder = await copyExample();
const bench = await startGate(folder);
const { gate } = bench.open;
const client = { ip: null, door: 'bench', user_agent: null };
const signal = new AbortController().signal;

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const started = performance.now();
  return [await work(), performance.now() - started];
}

const caller = { requestId: 'seed', token: null, client, signal };
const ask = { text: { sql: 'SELECT name FROM gold.communities' } };
const answer = await query(caller, ask, { mode: 'page', encoding: 'json' }, gate);
for await (const _ of answer.chunks);
const model = (await gate.audit.tail(20)).find(({ event }) => event === 'decision');
if (model === undefined) throw new Error('the query left no decision');
const { seq: _seq, prev_hash: _before, hash: _hash, ...decision } = model;

for (let done = 0; done < EVENTS; done += AT_ONCE)
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, n) =>
      gate.audit.append({
        ...decision,
        request_id: `r${done + n}`,
        sql_fingerprint: `${(done + n) % 500}`.padStart(64, 'f'),
        time: new Date().toISOString(),
      }),
    ),
  );

const refresher = createRefresher({
  audit: auditPath(bench.config),
  database: join(stateFolder(bench.config), 'bench.duckdb'),
});
const [filled, fillMs] = await timed(() => refresher.fill());
report('audit dataset, events filled a second', `${Math.round((filled.added / fillMs) * 1000)}`);
await gate.audit.append({ ...decision, request_id: 'one-more' });
const [, againMs] = await timed(() => refresher.fill());
report('audit dataset, one more event', ms(againMs));
const period = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() };
const asked = { ...period, datasets: null, subject: null, owned: [], limit: 1_000 };
const [, usageMs] = await timed(() => refresher.usage(asked));
report(`usage of ${EVENTS} queries`, ms(usageMs));
await refresher.close();

const operator = {
  kind: 'operator',
  name: 'operator:bench',
  caller: { requestId: 'replay', client },
} as const;
const [replayed, replayMs] = await timed(() => replay(operator, {}, gate));
if (replayed.queries.same < EVENTS) throw new Error(`a replay differs: ${JSON.stringify(replayed.queries)}`);
const aim = QUICK ? '' : '≤ 10 s';
report(`replay of ${EVENTS} queries`, ms(replayMs), aim, QUICK ? null : replayMs <= 10_000);

const store = await openStore(bench.config.state);
const path = join(folder, 'shipped.ndjson');
const [, shipMs] = await timed(async () => {
  const shipper = await startShipper({
    sinks: [{ kind: 'file', name: 'bench', path, from: 'beginning', batch: 500 }],
    state: bench.config.state,
    audit: auditPath(bench.config),
    instance: 'bench',
    cursors: store.sinks,
    report: () => {},
  });
  while (((await store.sinks.list())[0]?.seq ?? 0) < EVENTS) await delay(20);
  await shipper.close();
});
report('sinks, events shipped to a file a second', `${Math.round((EVENTS / shipMs) * 1000)}`);
await store.close();
await bench.close();
rmSync(folder, { recursive: true, force: true });
