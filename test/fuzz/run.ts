/**
 * `node test/fuzz/run.ts --minutes N --seed S`: mutated texts through every stage. No crash, no hang, no unclassified
 * error: each finding is made short and written to findings/, and the exit code is 2.
 * `node test/fuzz/run.ts --routes --cases N --seed S`: requests to every route instead.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { random } from '../leaks/random.ts';
import { mutate } from './mutate.ts';
import { allSeeds } from './seeds.ts';
import { shortened } from './shorten.ts';
import { type FuzzOutcome, fuzzTarget } from './target.ts';

/** Longest that one text may take: far above what the bounds of the guard allow for. */
const LIMIT_MS = 5_000;

interface Job {
  readonly seed: string;
  readonly until: number;
}
type Message =
  | { readonly kind: 'trying'; readonly text: string }
  | { readonly kind: 'tried'; readonly outcome: FuzzOutcome; readonly text: string };

if (isMainThread && process.argv[2] === '--routes')
  await (await import('../routes/fuzz.ts')).main(process.argv.slice(3));
else if (isMainThread) await main();
else await work(workerData as Job);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      workers: { type: 'string', default: String(Math.min(availableParallelism(), 8)) },
    },
  });
  const started = Date.now();
  const until = started + Number(values.minutes) * 60_000;
  console.log(`fuzzing for ${values.minutes} minutes, seed ${values.seed}`);
  const counts = new Map<string, number>();
  const findings = new Map<string, string>();
  const note = (outcome: FuzzOutcome, text: string): void => {
    const key = outcome.kind === 'refused' ? outcome.code : outcome.kind;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (outcome.kind !== 'finding') return;
    const sort = outcome.what.slice(0, 60);
    const known = findings.get(sort);
    if (known === undefined) console.log(`finding: ${outcome.what.slice(0, 300)}`);
    if (known === undefined || text.length < known.length) findings.set(sort, text);
  };
  await Promise.all(
    Array.from({ length: Number(values.workers) }, (_, i) =>
      watch({ seed: `${values.seed}:${i}`, until }, note),
    ),
  );
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const listed = [...counts].sort((a, b) => b[1] - a[1]).map(([key, n]) => `${key} ${n}`);
  console.log(
    `${total} texts, ${Math.round(total / ((Date.now() - started) / 1000))} a second: ${listed.join(', ')}`,
  );
  console.log(`${findings.size} findings`);
  await save([...findings.values()]);
  process.exitCode = findings.size > 0 ? 2 : 0;
}

/** One thread, started again after a text that it did not come back from. */
async function watch(job: Job, note: (outcome: FuzzOutcome, text: string) => void): Promise<void> {
  for (let round = 0; Date.now() < job.until; round++) {
    await new Promise<void>((resolve) => {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { ...job, seed: `${job.seed}:${round}` },
      });
      let current = '';
      let since = Number.POSITIVE_INFINITY;
      const timer = setInterval(() => {
        if (Date.now() - since <= LIMIT_MS) return;
        note({ kind: 'finding', what: `hung for more than ${LIMIT_MS} ms` }, current);
        void worker.terminate();
      }, 500);
      worker.on('message', (message: Message) => {
        if (message.kind === 'trying') {
          current = message.text;
          since = Date.now();
        } else {
          since = Number.POSITIVE_INFINITY;
          note(message.outcome, message.text);
        }
      });
      worker.on('error', (error) => note({ kind: 'finding', what: `crashed: ${String(error)}` }, current));
      worker.on('exit', () => {
        clearInterval(timer);
        resolve();
      });
    });
  }
}

async function work({ seed, until }: Job): Promise<void> {
  const seeds = allSeeds();
  const target = await fuzzTarget();
  const source = random(seed);
  const tell = (message: Message): void => parentPort?.postMessage(message);
  while (Date.now() < until) {
    const text = mutate(source.pick(seeds), seeds, source);
    tell({ kind: 'trying', text });
    tell({ kind: 'tried', text, outcome: await target.try(text) });
  }
  target.close();
}

async function save(texts: readonly string[]): Promise<void> {
  if (texts.length === 0) return;
  const folder = join(import.meta.dirname, 'findings');
  mkdirSync(folder, { recursive: true });
  const target = await fuzzTarget();
  for (const [i, text] of texts.entries()) {
    const short = await shortened(text, target);
    const file = join(folder, `${Date.now()}-${i}.sql`);
    writeFileSync(file, short);
    const outcome = await target.try(short);
    console.log(
      `\n${short}\n  ${outcome.kind === 'finding' ? outcome.what : 'not found again'}\n  written to ${file}`,
    );
  }
  target.close();
}
