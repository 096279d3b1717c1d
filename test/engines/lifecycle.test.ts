/** What ends a query: its time, its caller, its reader, its process; and what of all that the others notice. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineObservation } from '../../src/engines/engine.ts';
import { type Bench, openBench, rows, start, text } from './support.ts';

const NUMBERS = [
  'CREATE SCHEMA gold',
  "CREATE TABLE gold.numbers AS SELECT i, 'name-' || i AS name FROM range(2000000) r(i)",
];
/** An interrupt stops it. */
const SLOW = 'SELECT count(*) FROM range(10000000) a, range(100000) b WHERE a.range % 7 = b.range % 5';
/** No interrupt stops these (1.5.6). */
const MONSTERS = [
  "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))",
  "SELECT length(repeat('x', 3000000000))",
];

let bench: Bench;
afterEach(() => bench.close());

const lost = (): EngineObservation[] => bench.observed.filter((event) => event.kind === 'engine_lost');

function pid(): number {
  const event = bench.observed.findLast((observed) => observed.kind === 'engine_started');
  return event?.kind === 'engine_started' ? event.pid : 0;
}

async function eventually(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await delay(20);
  expect(holds()).toBe(true);
}

describe('time', () => {
  it('an ordinary query is interrupted when its time is up, and the process lives on', async () => {
    bench = await openBench(NUMBERS, { graceMs: 5000 });
    await expect(rows(bench.engine, SLOW, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'timeout',
      status: 504,
    });
    expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
    expect(lost()).toEqual([]);
  });

  it.each(MONSTERS)('the process is killed for a query that no interrupt stops: %s', async (sql) => {
    bench = await openBench(NUMBERS, { memoryLimit: null });
    await expect(rows(bench.engine, sql, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'timeout' });
    expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
    expect(lost()).toHaveLength(1);
  });

  it('a query that had no answer yet when another was killed runs again; one whose rows were sent fails', async () => {
    bench = await openBench(NUMBERS);
    const victim = start(bench.engine, 'SELECT count(*) FROM range(90000000) WHERE range % 3 = 1').then(text);
    const reading = await start(bench.engine, 'SELECT * FROM warehouse.gold.numbers', { maxRows: 2_000_000 });
    const monster = rows(bench.engine, MONSTERS[0]!, { timeoutMs: 50 });
    await expect(monster).rejects.toMatchObject({ code: 'timeout' });
    await expect(text(reading)).rejects.toMatchObject({ code: 'engine_unavailable', status: 503 });
    expect(await victim).toBe('[30000000]');
  });

  it('who keeps costing the engine its process must wait; the others need not', async () => {
    bench = await openBench(NUMBERS);
    const monster = (): Promise<unknown> =>
      rows(bench.engine, MONSTERS[0]!, { timeoutMs: 50, principal: 'reckless' });
    for (let i = 0; i < 3; i++) await expect(monster()).rejects.toMatchObject({ code: 'timeout' });
    await expect(monster()).rejects.toMatchObject({ code: 'too_many_queries', status: 429 });
    expect(await rows(bench.engine, 'SELECT 1', { principal: 'careful' })).toEqual([[1]]);
    expect(lost()).toHaveLength(3);
  });

  it('a slow reader spends no time of its query', async () => {
    bench = await openBench(NUMBERS);
    const query = await start(bench.engine, 'SELECT * FROM warehouse.gold.numbers', {
      maxRows: 2_000_000,
      timeoutMs: 5000,
    });
    let counted = 0;
    let first = true;
    for await (const chunk of query.chunks) {
      if (first) await delay(7000);
      first = false;
      counted += chunk.rows;
    }
    expect(counted).toBe(2_000_000);
  });

  it('a reader that takes nothing loses its query, and its place', async () => {
    bench = await openBench(NUMBERS, { stallMs: 300, concurrency: 1 });
    const query = await start(bench.engine, 'SELECT * FROM warehouse.gold.numbers', { maxRows: 2_000_000 });
    expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
    await expect(text(query)).rejects.toMatchObject({ code: 'timeout' });
  });
});

describe('callers', () => {
  it('who goes away cancels the query, which ends in the engine as well', async () => {
    bench = await openBench(NUMBERS, { concurrency: 1, graceMs: 5000 });
    const caller = new AbortController();
    const query = rows(bench.engine, SLOW, { signal: caller.signal });
    setTimeout(() => caller.abort(), 200);
    await expect(query).rejects.toMatchObject({ code: 'cancelled', status: 499 });
    expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
    expect(lost()).toEqual([]);
  });

  it('who goes away before the start runs nothing', async () => {
    bench = await openBench(NUMBERS);
    await expect(rows(bench.engine, SLOW, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('a reader that stops early gives its place back', async () => {
    bench = await openBench(NUMBERS, { concurrency: 1 });
    for (let i = 0; i < 5; i++) {
      const query = await start(bench.engine, 'SELECT * FROM warehouse.gold.numbers', { maxRows: 2_000_000 });
      for await (const chunk of query.chunks) {
        expect(chunk.rows).toBeGreaterThan(0);
        break;
      }
    }
    expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
  });

  it('one that reads slowly does not hold up another', async () => {
    bench = await openBench(NUMBERS);
    const slow = await start(bench.engine, 'SELECT * FROM warehouse.gold.numbers', { maxRows: 2_000_000 });
    const reader = slow.chunks[Symbol.asyncIterator]();
    await reader.next();
    const fast = await start(bench.engine, 'SELECT * FROM warehouse.gold.numbers', { maxRows: 2_000_000 });
    expect((await text(fast)).length).toBeGreaterThan(20_000_000);
    await slow.cancel();
  });

  it('leave nothing on a signal that outlives their queries', async () => {
    bench = await openBench(NUMBERS);
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await Promise.all(Array.from({ length: 15 }, () => rows(bench.engine, 'SELECT 1', { signal })));
    await expect(rows(bench.engine, "SELECT CAST('x' AS INTEGER)", { signal })).rejects.toThrow();
    expect(listeners).toBe(0);
  });
});

describe('memory', () => {
  it('of the engine process stays flat while ten million cells stream past', async () => {
    bench = await openBench(NUMBERS, { memoryLimit: 128 << 20 });
    const peak = (): number =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid()}/status`, 'utf8'))?.[1]) / 1024;
    if (process.platform !== 'linux') {
      console.log('skipped: the peak memory of another process can be read on Linux only');
      return;
    }
    const sql = 'SELECT i, name, i * 2, name, i * 3 FROM warehouse.gold.numbers';
    await text(await start(bench.engine, sql, { maxRows: 2_000_000, maxBytes: 2 ** 40, encoding: 'ndjson' }));
    expect(peak()).toBeLessThan(400);
  });

  it('beyond the limit is refused to the query, not to the process', async () => {
    bench = await openBench(NUMBERS, { memoryLimit: 64 << 20, tempLimit: 0 });
    const sql = 'SELECT list(name) FROM warehouse.gold.numbers';
    await expect(rows(bench.engine, sql)).rejects.toMatchObject({ code: 'out_of_memory' });
    expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
    expect(lost()).toEqual([]);
  });

  it('that the limit does not count ends the process before it ends the machine', async () => {
    bench = await openBench(NUMBERS, { memoryLimit: 64 << 20 });
    const sql = "SELECT length(repeat('x', 4000000000))";
    await expect(rows(bench.engine, sql)).rejects.toMatchObject({ code: 'out_of_memory' });
    expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
    expect(lost()).toHaveLength(1);
  });

  it('that one caller keeps taking past the limit costs that caller the next queries, and nobody else', async () => {
    bench = await openBench(NUMBERS, { memoryLimit: 64 << 20 });
    // Texts that double: no argument of any call says how long they become.
    const sql = `SELECT length(${'hex('.repeat(32)}'a'${')'.repeat(32)})`;
    const greedy = (): Promise<unknown> =>
      rows(bench.engine, sql, { principal: 'greedy', timeoutMs: 60_000 });
    for (let i = 0; i < 3; i++) await expect(greedy()).rejects.toMatchObject({ code: 'out_of_memory' });
    await expect(greedy()).rejects.toMatchObject({ code: 'too_many_queries', status: 429 });
    expect(await rows(bench.engine, 'SELECT 1', { principal: 'modest' })).toEqual([[1]]);
  });

  it.each([
    "SELECT repeat('x', 100000000)",
    "SELECT [repeat('x', 50000000), repeat('y', 50000000), repeat('z', 50000000)]",
  ])('is not spent on a cell or row that is too large to send: %s', async (sql) => {
    bench = await openBench(NUMBERS, { memoryLimit: null });
    await expect(rows(bench.engine, sql, { maxBytes: 2 ** 40 })).rejects.toMatchObject({
      code: 'out_of_memory',
    });
    expect(lost()).toEqual([]);
  });

  it('may be spilled, up to the limit on disk, and nothing stays behind', async () => {
    const sql =
      'SELECT count(*), max(n) FROM (SELECT name AS n, row_number() OVER (ORDER BY hash(i)) AS r FROM warehouse.gold.numbers) WHERE r % 2 = 0';
    bench = await openBench(NUMBERS, { memoryLimit: 48 << 20, tempLimit: 1 << 30 });
    expect((await rows(bench.engine, sql))[0]?.[0]).toBe(1_000_000);
    await bench.engine.close();
    const left = readdirSync(bench.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /tmp/.test(name),
    );
    expect(left).toEqual([]);
    await bench.close();
    bench = await openBench(NUMBERS, { memoryLimit: 48 << 20, tempLimit: 1 << 20 });
    await expect(rows(bench.engine, sql)).rejects.toMatchObject({ code: 'out_of_memory' });
  });
});

describe('a process that dies', () => {
  it('is replaced, and who comes meanwhile waits', async () => {
    bench = await openBench(NUMBERS);
    for (let i = 0; i < 3; i++) {
      const before = pid();
      process.kill(before, 'SIGKILL');
      expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
      expect(pid()).not.toBe(before);
    }
    expect(await bench.engine.health()).toBe('ready');
  });

  it('takes no query with it that had no answer yet', async () => {
    bench = await openBench(NUMBERS);
    const queries = Array.from({ length: 4 }, () =>
      rows(bench.engine, 'SELECT count(*) FROM range(60000000) WHERE range % 3 = 1'),
    );
    await delay(150);
    process.kill(pid(), 'SIGKILL');
    expect(await Promise.all(queries)).toEqual([
      [[20_000_000]],
      [[20_000_000]],
      [[20_000_000]],
      [[20_000_000]],
    ]);
  });

  it('after an internal error of the engine fails only the query that met it', async () => {
    bench = await openBench(NUMBERS);
    // Two uses of an untyped parameter (1.5.6).
    const sql = 'SELECT typeof($1), CAST($1 AS VARCHAR)';
    await expect(rows(bench.engine, sql, { params: ['x'] })).rejects.toMatchObject({
      code: 'execution_failed',
    });
    expect(await rows(bench.engine, 'SELECT 1')).toEqual([[1]]);
  });

  it('does not outlive the gate', async () => {
    bench = await openBench(NUMBERS);
    const child = pid();
    await bench.engine.close();
    expect(() => process.kill(child, 0)).toThrow();
    await expect(rows(bench.engine, 'SELECT 1')).rejects.toMatchObject({ code: 'engine_unavailable' });
    expect(await bench.engine.health()).toBe('unavailable');
  });
});

describe('ten thousand queries', () => {
  it('of one caller do not starve another', async () => {
    bench = await openBench(NUMBERS, { concurrency: 2, perIdentity: 1, queue: 20_000 });
    let done = 0;
    const flood = Array.from({ length: 3000 }, () =>
      rows(bench.engine, 'SELECT 1', { principal: 'flood' }).then(() => done++),
    );
    expect(await rows(bench.engine, 'SELECT 2', { principal: 'modest' })).toEqual([[2]]);
    expect(done).toBeLessThan(1000);
    await Promise.all(flood);
    await eventually(() => done === 3000);
  });
});
