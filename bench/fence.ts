/**
 * TPC-H on DuckDB under a row filter and three masks: each query through the whole gate against the same query by hand,
 * with the same filter, masks and fence as derived tables; and what the fence itself costs, where the gate needs one and
 * where one is put up anyway. In turn, through the same engine process.
 */
import Table from 'cli-table3';
import { query } from '../src/query.ts';
import { actingAlone } from '../src/request/acting.ts';
import { decisionsFor } from '../src/request/decisions.ts';
import { guard } from '../src/sql/guard/guard.ts';
import { parse } from '../src/sql/parse.ts';
import { admit } from '../src/sql/resolve/admit.ts';
import { bind } from '../src/sql/resolve/bind.ts';
import { resolve } from '../src/sql/resolve/resolve.ts';
import type { Barrier } from '../src/sql/rewrite/govern.ts';
import { rewrite } from '../src/sql/rewrite/rewrite.ts';
import type { VerifiedQuery } from '../src/sql/stages.ts';
import { verify } from '../src/sql/verify.ts';
import { TPCH } from '../test/sql/tpch.ts';
import type { BenchGate } from './gate.ts';
import { median, ms, QUICK, report } from './report.ts';
import {
  makeTpch,
  POLICIES,
  replaceTables,
  runRaw,
  startTpch,
  type Timed,
  tpchQueries,
} from './tpch-data.ts';

const SCALE = QUICK ? 0.1 : 1;
const ROUNDS = QUICK ? 3 : 7;
const AIM = 1.15;
const ROWS = 1_000_000;

const KEY_BLOCK = 'ab'.repeat(64);
/** What a data engineer would write for each mask. */
const MASKS: Readonly<Record<string, string>> = {
  c_name: `sha256(unhex('${KEY_BLOCK}') || unhex(sha256(unhex('${KEY_BLOCK}') || encode(c_name))))`,
  c_phone: `CASE WHEN length(c_phone) >= 4 THEN left(c_phone, 2) || repeat('*', length(c_phone) - 2) ELSE repeat('*', length(c_phone)) END`,
  s_address: `'hidden'`,
};
const FILTER = `l_shipmode IN ('AIR', 'MAIL', 'RAIL', 'SHIP', 'TRUCK')`;

const signal = new AbortController().signal;

/**
 * The derived table that stands for a dataset in the text by hand, with all of its columns: the engine leaves out what is
 * not used. OFFSET 0 is the fence that a data engineer would write, wherever the gate puts up a barrier of any kind.
 */
function derived(name: string, barrier: Barrier): string {
  const filtered = name === 'lineitem';
  const columns = TPCH.find((table) => table.name === name)?.columns ?? [];
  const items = columns.map((column) => {
    const shown = MASKS[column.name] ?? column.name;
    return shown === column.name ? shown : `${shown} AS ${column.name}`;
  });
  const fence = barrier === 'none' ? '' : ' OFFSET 0';
  return `SELECT ${items.join(', ')} FROM "warehouse"."tpch".${name}${filtered ? ` WHERE ${FILTER}${fence}` : ''}`;
}

function byHand(text: string, barrier: Barrier, bench: BenchGate): string {
  return replaceTables(
    text,
    bench,
    (name, aliased) => `(${derived(name, barrier)})${aliased ? '' : ` AS ${name}`}`,
  );
}

/** The gate's text, with the barrier that is needed or another one. */
async function gated(text: string, { open }: BenchGate, barrier?: Barrier): Promise<VerifiedQuery> {
  const { gate } = open;
  const identity = await gate.authenticate(null);
  const { snapshot } = await gate.metadata.current();
  const acting = actingAlone(identity, snapshot);
  const bound = bind(guard(parse(text, { maxBytes: gate.limits.sqlBytes })), snapshot.catalogue);
  const decisions = await decisionsFor(
    { acting, snapshot, datasets: bound.datasets, action: 'query', clientIp: null },
    gate,
  );
  const admitted = admit(bound, decisions);
  const engine = gate.engine('warehouse');
  return verify(
    rewrite(resolve(admitted.bound, admitted.governed), {
      engine: engine.kind,
      identity,
      maskKey: gate.keys.mask,
      params: [],
      page: { limit: ROWS + 1, offset: 0 },
      ...(barrier === undefined ? {} : { barrier }),
    }),
    engine,
  );
}

/** What the gate put up, read from its text. */
async function barrierOf(text: string, bench: BenchGate): Promise<Barrier> {
  const needed = await gated(text, bench);
  for (const barrier of ['none', 'shield', 'fence'] as const) {
    if ((await gated(text, bench, barrier)).sql === needed.sql) return barrier;
  }
  throw new Error('a barrier of no kind');
}

async function throughTheGate(sql: string, { open }: BenchGate): Promise<Timed> {
  const started = performance.now();
  const caller = {
    requestId: 'bench',
    token: null,
    client: { ip: null, door: 'bench', user_agent: null },
    signal,
  };
  const answer = await query(
    caller,
    { text: { sql }, limit: ROWS },
    { mode: 'stream', encoding: 'ndjson' },
    open.gate,
  );
  for await (const _ of answer.chunks);
  return { time: performance.now() - started, rows: answer.end().rows };
}

const SIDES = ['gate', 'hand', 'open', 'fenced'] as const;
type Side = (typeof SIDES)[number];

async function measure(
  text: string,
  bench: BenchGate,
): Promise<{ barrier: Barrier; times: Record<Side, number> }> {
  const barrier = await barrierOf(text, bench);
  const hand = byHand(text, barrier, bench);
  const unfenced = await gated(text, bench, 'none');
  const fenced = await gated(text, bench, 'fence');
  const run: Readonly<Record<Side, () => Promise<Timed>>> = {
    gate: () => throughTheGate(text, bench),
    hand: () => runRaw(hand, bench),
    open: () => runRaw(unfenced, bench),
    fenced: () => runRaw(fenced, bench),
  };
  const times: Record<Side, number[]> = { gate: [], hand: [], open: [], fenced: [] };
  for (let round = -1; round < ROUNDS; round++) {
    const rows = new Set<number>();
    // Whoever comes first finds the machine as the query before left it.
    const turned = round % 2 === 0 ? SIDES : SIDES.toReversed();
    for (const side of turned) {
      const one = await run[side]();
      rows.add(one.rows);
      // The first time warms the file up, and is where texts are planned.
      if (round >= 0) times[side].push(one.time);
    }
    if (rows.size !== 1) throw new Error(`the sides give ${[...rows].join(' and ')} rows`);
  }
  return {
    barrier,
    times: {
      gate: median(times.gate),
      hand: median(times.hand),
      open: median(times.open),
      fenced: median(times.fenced),
    },
  };
}

async function main(): Promise<void> {
  const queries = tpchQueries();
  if (queries.length === 0) return console.log('skipped: the queries of TPC-H are not beside the repository');
  const missing = makeTpch(SCALE);
  if (missing !== null) return console.log(`skipped: the data of TPC-H cannot be made here (${missing})`);
  const bench = await startTpch(SCALE, POLICIES);
  try {
    const table = new Table({
      head: ['query', 'gate', 'by hand', 'ratio', 'barrier', 'with none', 'with a fence', "the fence's cost"],
      style: { head: [], border: [] },
      colAligns: ['left', 'right', 'right', 'right', 'left', 'right', 'right', 'right'],
    });
    const sums: Record<Side, number> = { gate: 0, hand: 0, open: 0, fenced: 0 };
    let needed = 0;
    for (const { name, text } of queries) {
      const { barrier, times } = await measure(text, bench).catch((error: unknown) => {
        throw new Error(`${name}: ${error instanceof Error ? error.message : error}`);
      });
      for (const side of SIDES) sums[side] += times[side];
      if (barrier !== 'none') needed += 1;
      const [gate, hand, open, fenced] = [times.gate, times.hand, times.open, times.fenced];
      table.push([
        name,
        ms(gate),
        ms(hand),
        (gate / hand).toFixed(2),
        barrier,
        ms(open),
        ms(fenced),
        `${(fenced / open).toFixed(2)} ×`,
      ]);
    }
    const ratio = sums.gate / sums.hand;
    table.push([
      'all',
      ms(sums.gate),
      ms(sums.hand),
      ratio.toFixed(3),
      `${needed} of ${queries.length}`,
      ms(sums.open),
      ms(sums.fenced),
      `${(sums.fenced / sums.open).toFixed(2)} ×`,
    ]);
    console.log(table.toString());
    report(
      `TPC-H at scale factor ${SCALE} on DuckDB, a row filter and three masks, to the same by hand with the same fence`,
      `${ratio.toFixed(3)} × (${ms(sums.gate)} to ${ms(sums.hand)})`,
      `≤ ${AIM} ×`,
      ratio <= AIM,
    );
    report(
      'the same with the fence that each query needs, to none',
      `${(sums.gate / sums.open).toFixed(2)} ×`,
    );
    report('a fence in every query, to none', `${(sums.fenced / sums.open).toFixed(2)} ×`);
  } finally {
    await bench.close();
  }
}

await main();
