/**
 * The 22 queries of TPC-H at scale factor 1 through the whole gate, no policy in the way, against the texts as they are
 * (their tables qualified) through the same engine process: in turn, medians of each query, the sums compared.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { query } from '../src/query.ts';
import { guard } from '../src/sql/guard/guard.ts';
import { parse } from '../src/sql/parse.ts';
import { bind } from '../src/sql/resolve/bind.ts';
import type { VerifiedQuery } from '../src/sql/stages.ts';
import { writeProject } from '../test/e2e/project.ts';
import { TPCH } from '../test/sql/tpch.ts';
import { type BenchGate, startGate } from './gate.ts';
import { median, ms, QUICK, report } from './report.ts';

const ROOT = join(import.meta.dirname, '..');
const QUERIES = join(ROOT, '../shared/corpora/tpch');
const TOOLS = join(ROOT, '.tools');
const DATA = join(TOOLS, 'tpch-sf1');
const ROUNDS = QUICK ? 2 : 7;
const ROWS = 1_000_000;

/** The tables as Parquet, made once; a reason where that cannot be done. */
function makeData(): string | null {
  if (existsSync(join(DATA, 'lineitem.parquet'))) return null;
  const venv = join(TOOLS, 'tpch-venv');
  const run = (command: string, args: readonly string[]) => execFileSync(command, args, { stdio: 'pipe' });
  try {
    mkdirSync(TOOLS, { recursive: true });
    if (!existsSync(join(venv, 'bin/tpchgen-cli'))) {
      run(process.env.PYTHON ?? 'python3', ['-m', 'venv', venv]);
      run(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', 'tpchgen-cli==4.0.0']);
    }
    run(join(venv, 'bin/tpchgen-cli'), ['parquet', '-s', '1', '--output-dir', DATA]);
    return null;
  } catch (error) {
    rmSync(DATA, { recursive: true, force: true });
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}

/** The text as it is but for its tables, which the engine process knows by their full names only. */
function qualified(text: string, { open }: BenchGate): string {
  const { snapshot } = state(open.gate.metadata.loaded());
  const { relations } = bind(guard(parse(text, { maxBytes: 1 << 20 })), snapshot.catalogue);
  const places = [...relations].flatMap(([relation, { kind }]) =>
    kind === 'dataset' ? [relation.location ?? 0] : [],
  );
  return places
    .sort((a, b) => b - a)
    .reduce((sql, at) => `${sql.slice(0, at)}"warehouse"."tpch".${sql.slice(at)}`, text);
}

function state<T>(snapshot: T | null): { snapshot: T } {
  if (snapshot === null) throw new Error('nothing is pushed');
  return { snapshot };
}

const signal = new AbortController().signal;

/** Milliseconds to the last byte, and the rows. */
async function governed(sql: string, { open }: BenchGate): Promise<{ time: number; rows: number }> {
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

async function raw(sql: string, { open }: BenchGate): Promise<{ time: number; rows: number }> {
  const started = performance.now();
  const text = { engine: 'warehouse', sql, params: [], columns: [] } as unknown as VerifiedQuery;
  const running = await open.gate.engine('warehouse').run(text, {
    requestId: 'bench',
    principal: 'bench',
    encoding: 'ndjson',
    maxRows: ROWS,
    maxBytes: Number.MAX_SAFE_INTEGER,
    timeoutMs: 600_000,
    signal,
  });
  let rows = 0;
  for await (const chunk of running.chunks) rows += chunk.rows;
  return { time: performance.now() - started, rows };
}

async function main(): Promise<void> {
  if (!existsSync(QUERIES)) return console.log('skipped: the queries of TPC-H are not beside the repository');
  const missing = makeData();
  if (missing !== null) return console.log(`skipped: the data of TPC-H cannot be made here (${missing})`);
  const tables = TPCH.map(({ name, columns }) => ({
    schema: 'tpch',
    name,
    columns: columns.map((column) => `${column.name} ${column.type}`),
  }));
  const folder = await writeProject({
    sql: [
      'CREATE SCHEMA tpch',
      ...tables.map(
        ({ name }) => `CREATE TABLE tpch.${name} AS FROM read_parquet('${join(DATA, name)}.parquet')`,
      ),
    ],
    tables,
    config: 'limits: { timeout: 600s }',
  });
  const bench = await startGate(folder);
  try {
    const table = new Table({
      head: ['query', 'governed', 'raw', 'ratio', 'of the best', 'rows'],
      style: { head: [], border: [] },
      colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    });
    const sums = { governed: 0, raw: 0 };
    // Other work on the machine only ever adds: the best of each tells what is left without it.
    const best = { governed: 0, raw: 0 };
    for (const file of readdirSync(QUERIES).sort()) {
      const text = readFileSync(join(QUERIES, file), 'utf8').trim().replace(/;$/, '');
      const plain = qualified(text, bench);
      const times = { governed: [] as number[], raw: [] as number[] };
      let rows = 0;
      for (let round = -1; round < ROUNDS; round++) {
        const first = round % 2 === 0 ? await governed(text, bench) : null;
        const other = await raw(plain, bench);
        const one = first ?? (await governed(text, bench));
        if (one.rows !== other.rows) throw new Error(`${file}: ${one.rows} rows, raw ${other.rows}`);
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
      table.push([file.replace('.sql', ''), ms(a), ms(b), (a / b).toFixed(2), (c / d).toFixed(2), rows]);
    }
    const ratio = sums.governed / sums.raw;
    const least = best.governed / best.raw;
    table.push(['all', ms(sums.governed), ms(sums.raw), ratio.toFixed(3), least.toFixed(3), '']);
    console.log(table.toString());
    report(
      'TPC-H at scale factor 1, all 22 queries',
      `${ratio.toFixed(3)} times raw (${ms(sums.governed)} against ${ms(sums.raw)}); best runs ${least.toFixed(3)} times`,
      '≤ 1.05 times raw',
      ratio <= 1.05,
    );
  } finally {
    await bench.close();
  }
}

await main();
