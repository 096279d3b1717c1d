/**
 * The 22 queries of TPC-H at scale factor 1 (0.1 when short) through the whole gate, no policy in the way, against the texts as they are
 * (their tables qualified) through the same engine process: in turn, medians of each query, the sums compared.
 */
import Table from 'cli-table3';
import { query } from '../src/query.ts';
import type { BenchGate } from './gate.ts';
import { median, ms, QUICK, report } from './report.ts';
import { makeTpch, replaceTables, runRaw, startTpch, type Timed, tpchQueries } from './tpch-data.ts';

const SCALE = QUICK ? 0.1 : 1;
const ROUNDS = QUICK ? 3 : 7;

const signal = new AbortController().signal;

async function governed(sql: string, { open }: BenchGate): Promise<Timed> {
  const started = performance.now();
  const caller = {
    requestId: 'bench',
    token: null,
    client: { ip: null, door: 'bench', user_agent: null },
    signal,
  };
  const answer = await query(caller, { text: { sql } }, { mode: 'stream', encoding: 'ndjson' }, open.gate);
  for await (const _ of answer.chunks);
  return { time: performance.now() - started, rows: answer.end().rows };
}

async function main(): Promise<void> {
  const queries = tpchQueries();
  if (queries.length === 0) return console.log('skipped: the queries of TPC-H are not beside the repository');
  const missing = makeTpch(SCALE);
  if (missing !== null) return console.log(`skipped: the data of TPC-H cannot be made here (${missing})`);
  const bench = await startTpch(SCALE);
  try {
    const table = new Table({
      head: ['query', 'governed', 'raw', 'ratio', 'of the best', 'rows'],
      style: { head: [], border: [] },
      colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    });
    const sums = { governed: 0, raw: 0 };
    // Other work on the machine only ever adds: the best of each tells what is left without it.
    const best = { governed: 0, raw: 0 };
    for (const { name, text } of queries) {
      // As it is but for its tables, which the engine process knows by their full names only.
      const plain = replaceTables(text, bench, (dataset) => `"warehouse"."tpch".${dataset}`);
      const times = { governed: [] as number[], raw: [] as number[] };
      let rows = 0;
      for (let round = -1; round < ROUNDS; round++) {
        const first = round % 2 === 0 ? await governed(text, bench) : null;
        const other = await runRaw(plain, bench);
        const one = first ?? (await governed(text, bench));
        if (one.rows !== other.rows) throw new Error(`${name}: ${one.rows} rows, raw ${other.rows}`);
        rows = one.rows;
        // The first time warms the file up, and is where the governed text is planned.
        if (round < 0) continue;
        times.governed.push(one.time);
        times.raw.push(other.time);
      }
      const [a, b] = [median(times.governed), median(times.raw)];
      sums.governed += a;
      sums.raw += b;
      const [c, d] = [Math.min(...times.governed), Math.min(...times.raw)];
      best.governed += c;
      best.raw += d;
      table.push([name, ms(a), ms(b), (a / b).toFixed(2), (c / d).toFixed(2), rows]);
    }
    const ratio = sums.governed / sums.raw;
    const least = best.governed / best.raw;
    table.push(['all', ms(sums.governed), ms(sums.raw), ratio.toFixed(3), least.toFixed(3), '']);
    console.log(table.toString());
    report(
      `TPC-H at scale factor ${SCALE}, all 22 queries`,
      `${ratio.toFixed(3)} times raw (${ms(sums.governed)} against ${ms(sums.raw)}); best runs ${least.toFixed(3)} times`,
      '≤ 1.05 times raw',
      ratio <= 1.05,
    );
  } finally {
    await bench.close();
  }
}

await main();
