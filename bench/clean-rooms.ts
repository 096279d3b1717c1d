/**
 * Clean rooms over TPC-H's orders and customers on DuckDB, through the whole gate: what it takes to make the atoms anew for
 * each query, against the same GROUP BY on the raw table.
 */
import Table from 'cli-table3';
import { query } from '../src/query.ts';
import type { BenchGate } from './gate.ts';
import { median, ms, QUICK, report } from './report.ts';
import { makeTpch, runRaw, startTpch, type Timed } from './tpch-data.ts';

const SCALE = QUICK ? 0.1 : 1;
const ROUNDS = QUICK ? 3 : 7;

const POLICIES = `
  - id: orders-room
    on: { id: tpch.orders }
    limit:
      aggregate_only:
        unit: o_custkey
        dimensions: [o_orderpriority, { column: o_orderdate, truncate_date: year }]
        measures: [o_totalprice]
        join_keys: [o_custkey]
        joins: [{ dataset: tpch.customer, on: { o_custkey: c_custkey } }]
  - id: customers-room
    on: { id: tpch.customer }
    limit:
      aggregate_only:
        unit: c_custkey
        one_row_per_unit: true
        dimensions: [c_mktsegment]
        measures: [c_acctbal]
        join_keys: [c_custkey]`;

interface Case {
  readonly name: string;
  readonly room: string;
  readonly raw: string;
}

const CASES: readonly Case[] = [
  {
    name: 'customers: a row each',
    room: 'SELECT c_mktsegment, count(*), avg(c_acctbal) FROM tpch.customer GROUP BY c_mktsegment',
    raw: 'SELECT c_mktsegment, count(*), avg(c_acctbal) FROM warehouse.tpch.customer GROUP BY c_mktsegment',
  },
  {
    name: 'orders: several of a customer',
    room: 'SELECT o_orderpriority, count(*), sum(o_totalprice) FROM tpch.orders GROUP BY o_orderpriority',
    raw: 'SELECT o_orderpriority, count(*), sum(o_totalprice) FROM warehouse.tpch.orders GROUP BY o_orderpriority',
  },
  {
    name: 'orders by the segment of their customer',
    room: 'SELECT c_mktsegment, sum(o_totalprice) FROM tpch.orders JOIN tpch.customer ON o_custkey = c_custkey GROUP BY c_mktsegment',
    raw: 'SELECT c_mktsegment, sum(o_totalprice) FROM warehouse.tpch.orders JOIN warehouse.tpch.customer ON o_custkey = c_custkey GROUP BY c_mktsegment',
  },
];

async function throughTheGate(sql: string, { open }: BenchGate): Promise<Timed> {
  const started = performance.now();
  const answer = await query(
    {
      requestId: 'bench',
      token: null,
      client: { ip: null, door: 'bench', user_agent: null },
      signal: new AbortController().signal,
    },
    { text: { sql }, limit: 1000 },
    { mode: 'stream', encoding: 'ndjson' },
    open.gate,
  );
  for await (const _ of answer.chunks);
  return { time: performance.now() - started, rows: answer.end().rows };
}

async function main(): Promise<void> {
  const missing = makeTpch(SCALE);
  if (missing !== null) return console.log(`skipped: the data of TPC-H cannot be made here (${missing})`);
  const bench = await startTpch(SCALE, POLICIES);
  try {
    const table = new Table({
      head: ['question', 'first, with the census', 'in the room', 'on the raw table'],
      style: { head: [], border: [] },
      colAligns: ['left', 'right', 'right', 'right'],
    });
    for (const { name, room, raw } of CASES) {
      const first = await throughTheGate(room, bench);
      const times = { room: [] as number[], raw: [] as number[] };
      for (let round = 0; round < ROUNDS; round++) {
        const [one, other] = [await throughTheGate(room, bench), await runRaw(raw, bench)];
        if (one.rows !== other.rows) throw new Error(`${name}: ${one.rows} and ${other.rows} rows`);
        times.room.push(one.time);
        times.raw.push(other.time);
      }
      table.push([name, ms(first.time), ms(median(times.room)), ms(median(times.raw))]);
      report(`clean room at scale factor ${SCALE}, ${name}`, ms(median(times.room)));
    }
    console.log(table.toString());
  } finally {
    await bench.close();
  }
}

await main();
