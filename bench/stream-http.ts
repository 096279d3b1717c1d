/** Ten million rows of five columns through the whole gate and its HTTP door as NDJSON: rows a second, and the peak memory of the gate's process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'undici';
import { createHttpDoor } from '../src/doors/http/server.ts';
import type { Observation } from '../src/observe.ts';
import { writeProject } from '../test/e2e/project.ts';
import { startGate } from './gate.ts';
import { QUICK, report } from './report.ts';

const ROWS = Number(process.env.ROWS ?? (QUICK ? 1_000_000 : 10_000_000));
const COLUMNS = [
  'reading_id BIGINT',
  'read_at TIMESTAMP',
  'region VARCHAR',
  'kwh DOUBLE',
  'estimated BOOLEAN',
];

/** Made by the parent, whose memory does not count. */
const makeProject = (): Promise<string> =>
  writeProject({
    sql: [
      'CREATE SCHEMA gold',
      `CREATE TABLE gold.readings AS
       SELECT i AS reading_id, timestamp '2020-01-01' + to_seconds(i * 60) AS read_at,
              (['north', 'south', 'a-region-with-a-longer-name'])[i % 3 + 1] AS region,
              round((i * 7919 % 100000) / 1000, 3)::DOUBLE AS kwh, i % 7 = 0 AS estimated
       FROM range(${ROWS}) r(i)`,
    ],
    tables: [{ schema: 'gold', name: 'readings', columns: COLUMNS }],
    config: `limits: { max_stream_rows: ${ROWS + 1}, max_bytes: 100GB, timeout: 600s }`,
  });

async function serveBench(folder: string): Promise<void> {
  const bench = await startGate(folder);
  const { gate } = bench.open;
  const observe = (seen: Observation) => {
    gate.observe(seen);
    if (seen.kind === 'query_finished') process.send?.(seen);
  };
  const door = await createHttpDoor({
    gate: { ...gate, observe },
    door: 'http',
    health: {
      ready: bench.open.ready,
      instance: bench.open.instance,
      metrics: async () => ({ type: '', text: '' }),
    },
    bodyBytes: bench.config.limits.body_bytes,
    pushBytes: bench.config.limits.push_bytes,
    version: '0.0.0',
  });
  process.once(
    'message',
    () =>
      void door
        .close()
        .then(bench.close)
        .then(() => process.disconnect()),
  );
  process.send?.({ address: await door.listen({ host: '127.0.0.1', port: 0 }) });
}

/** Peak resident memory in MB; NaN where the system does not tell. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

async function main(): Promise<void> {
  const server = fork(import.meta.filename, ['--serve', await makeProject()], { stdio: 'inherit' });
  const [{ address }] = (await once(server, 'message')) as [{ address: string }];
  const finished = once(server, 'message');
  const started = performance.now();
  const answer = await request(`${address}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify({ sql: 'SELECT * FROM gold.readings' }),
  });
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${await answer.body.text()}`);
  let bytes = 0;
  for await (const piece of answer.body) bytes += (piece as Uint8Array).byteLength;
  const seconds = (performance.now() - started) / 1000;
  const [{ rows }] = (await finished) as [{ rows: number }];
  if (rows !== ROWS) throw new Error(`${rows} rows instead of ${ROWS}`);
  const rate = rows / seconds;
  const peak = peakOf(server.pid);
  report(
    `${ROWS / 1e6} million rows of five columns as NDJSON over HTTP`,
    `${Math.round(rate).toLocaleString('en')} rows a second (${Math.round(bytes / 1e6 / seconds)} MB/s)`,
    '≥ 250,000 rows a second',
    rate >= 250_000,
  );
  report('  peak memory of the gate meanwhile', `${Math.round(peak)} MB`, '< 400 MB', peak < 400);
  server.send('close');
  await once(server, 'exit');
}

const [flag, folder] = process.argv.slice(2);
if (flag === '--serve' && folder !== undefined) await serveBench(folder);
else await main();
