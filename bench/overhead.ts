/**
 * What governing costs a small query: the whole path (authenticate … audit that survives power loss) against the same
 * final text through the same engine process, in turn, in one run. Stage by stage as well.
 */
import { createHash, randomUUID } from 'node:crypto';
import Table from 'cli-table3';
import type { RunOptions } from '../src/engines/engine.ts';
import { type Caller, query } from '../src/query.ts';
import type { VerifiedQuery } from '../src/sql/stages.ts';
import { type BenchGate, copyExample, startGate } from './gate.ts';
import { median, ms, QUICK, quantile, report } from './report.ts';
import { stagesOf } from './stages.ts';

const RUNS = QUICK ? 200 : 1000;
const WARM_UP = QUICK ? 100 : 300;

/** `$n` stands for what makes a text new. */
interface Subject {
  readonly name: string;
  readonly sql: string;
}

const SUBJECTS: readonly Subject[] = [
  {
    name: 'a filter and five masks',
    sql: `SELECT member_id, name, email, community, joined_on FROM gold.members WHERE member_id <> '$n' ORDER BY member_id LIMIT 5`,
  },
  {
    name: 'nothing to mask',
    sql: `SELECT region, count(*) AS meters FROM gold.meters WHERE meter_id <> '$n' GROUP BY region ORDER BY region`,
  },
];

const text = (subject: Subject, n: string): string => subject.sql.replace('$n', n);

function callerWith(token: string | null): Caller {
  return {
    requestId: randomUUID(),
    token,
    client: { ip: '127.0.0.1', door: 'bench', user_agent: 'bench' },
    signal: new AbortController().signal,
  };
}

/** One query through everything but the door; gives the time to the last byte. */
async function governed(sql: string, token: string | null, { open }: BenchGate): Promise<number> {
  const started = performance.now();
  const answer = await query(
    callerWith(token),
    { text: { sql } },
    { mode: 'page', encoding: 'json' },
    open.gate,
  );
  const parts: Uint8Array[] = [];
  for await (const chunk of answer.chunks) parts.push(chunk.bytes);
  Buffer.concat(parts);
  answer.end();
  return performance.now() - started;
}

async function raw(verified: VerifiedQuery, { open }: BenchGate): Promise<number> {
  const started = performance.now();
  const running = await open.gate.engine(verified.engine).run(verified, bounds(open.gate.limits));
  const parts: Uint8Array[] = [];
  for await (const chunk of running.chunks) parts.push(chunk.bytes);
  Buffer.concat(parts);
  return performance.now() - started;
}

function bounds({ pageRows, maxBytes, timeoutMs }: BenchGate['open']['gate']['limits']): RunOptions {
  return {
    requestId: 'bench',
    principal: 'bench',
    encoding: 'json',
    maxRows: pageRows,
    maxBytes,
    timeoutMs,
    signal: new AbortController().signal,
  };
}

/** Gives each of the two its turn, and turns the order round each time. */
async function inTurn(
  runs: number,
  one: (n: number) => Promise<number>,
  other: (n: number) => Promise<number>,
): Promise<{ one: number[]; other: number[] }> {
  const times = { one: [] as number[], other: [] as number[] };
  for (let n = -WARM_UP; n < runs; n++) {
    const oneFirst = n % 2 === 0;
    const a = oneFirst ? await one(n) : Number.NaN;
    const b = await other(n);
    const c = oneFirst ? a : await one(n);
    if (n < 0) continue;
    times.one.push(c);
    times.other.push(b);
  }
  return times;
}

interface Case {
  readonly label: string;
  readonly aimMs: number | null;
  /** The text and the token of the n-th query. */
  readonly text: (n: number) => string;
  readonly token: (n: number) => string | null;
  readonly runs: number;
}

async function measure(subject: Subject, each: Case, bench: BenchGate): Promise<void> {
  const stages = await stagesOf(text(subject, 'shown'), each.token(0), bench.open.gate);
  const { verified } = stages;
  const { one, other } = await inTurn(
    each.runs,
    (n) => governed(each.text(n), each.token(n + WARM_UP), bench),
    // The very text that the governed query runs, but for the value in it: a text that is new to the one is new to the other.
    (n) => raw({ ...verified, sql: verified.sql.replace('shown', markOf(each.text(n), 'r')) }, bench),
  );
  const more = one.map((time, i) => time - (other[i] ?? Number.NaN));
  const aim = each.aimMs === null ? '' : `< ${each.aimMs} ms median`;
  const overhead = median(one) - median(other);
  report(
    `overhead, ${each.label}, ${subject.name}`,
    `${ms(overhead)} median (p95 of the difference ${ms(quantile(more, 0.95))}); governed ${ms(median(one))}, raw ${ms(median(other))}, ratio ${(median(one) / median(other)).toFixed(2)}`,
    aim,
    each.aimMs === null ? null : overhead < each.aimMs,
  );
}

/** The value that makes this text new, as raw's own: of the same length, and never the governed query's. */
function markOf(sql: string, mark: string): string {
  return `${mark}${createHash('sha256').update(sql).digest('hex').slice(0, 11)}`;
}

async function main(): Promise<void> {
  const callers = RUNS + WARM_UP;
  const bench = await startGate(await copyExample(callers));
  try {
    const analyst = await bench.issuer.mintToken('analyst');
    const tokens: (string | null)[] = [];
    for (let n = 0; n < callers; n++) tokens.push(await bench.issuer.mintToken(`analyst-${n}`));
    let run = 0;
    for (const subject of SUBJECTS) {
      run += 1;
      const fresh = (n: number) => text(subject, `g${run}${String(n + WARM_UP).padStart(10, '0')}`);
      const newcomer = (n: number) => text(subject, `h${run}${String(n + WARM_UP).padStart(10, '0')}`);
      const warm: Case = {
        label: 'warm (text, plan and token known)',
        aimMs: 1.5,
        text: () => text(subject, 'g0'),
        token: () => analyst,
        runs: RUNS,
      };
      const cold: Case = {
        label: 'cold (a new text each time)',
        aimMs: 6,
        text: fresh,
        token: () => analyst,
        runs: RUNS,
      };
      const coldest: Case = {
        label: 'cold (a new text and a new caller each time)',
        aimMs: 6,
        text: newcomer,
        token: (n) => tokens[Math.max(0, n)] ?? null,
        runs: RUNS,
      };
      for (const each of [warm, cold, coldest]) await measure(subject, each, bench);
    }
    await showStages(bench, analyst, tokens);
  } finally {
    await bench.close();
  }
}

/** Medians of each stage alone, known and new. */
async function showStages(
  bench: BenchGate,
  analyst: string | null,
  tokens: readonly (string | null)[],
): Promise<void> {
  const [subject] = SUBJECTS;
  if (subject === undefined) return;
  const times = new Map<string, number[]>();
  for (let n = 0; n < (QUICK ? 100 : 500); n++) {
    const { steps } = await stagesOf(
      text(subject, `s${n}`),
      n % 2 ? analyst : (tokens[n] ?? null),
      bench.open.gate,
    );
    if (n < 50) continue;
    for (const [stage, time] of Object.entries(steps)) times.set(stage, [...(times.get(stage) ?? []), time]);
  }
  const table = new Table({
    head: ['stage, on its own', 'median', 'p95'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right'],
  });
  for (const [stage, each] of times) table.push([stage, ms(median(each)), ms(quantile(each, 0.95))]);
  console.log(table.toString());
}

await main();
