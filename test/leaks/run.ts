/**
 * The leak oracle's command: `node test/leaks/run.ts --cases N --seed S --engine duckdb|postgres`. Spreads worlds over processes,
 * prints what was compared and covered, shrinks each leak to a small case under regressions/, and exits 2 if there was one.
 */
import { execFileSync, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadParser } from '../../src/sql/parse.ts';
import { type Campaign, type CampaignResult, type Finding, runCampaign } from './campaign.ts';
import { append, nextWorld } from './record.ts';
import { shrink } from './shrink.ts';
import { ENGINES, missing, openStand } from './stands.ts';
import { add, emptyTally, report, type Tally } from './tally.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    /** Where in the seed's worlds to begin; by default at the start, and with `record` where the record ends. */
    first: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    engine: { type: 'string', default: 'duckdb' },
    /** `none`, `shield` or `offset` instead of what is needed: leaks are expected, and kept only where `regressions` says. */
    barrier: { type: 'string', default: 'needed' },
    workers: { type: 'string', default: String(Math.min(availableParallelism(), 8)) },
    'max-leaks': { type: 'string', default: '5' },
    /** The folder for small cases; `none` only prints. */
    regressions: { type: 'string' },
    /** Leaks are only counted, not made small. */
    quick: { type: 'boolean', default: false },
    missing: { type: 'string', default: '40' },
    /** Adds the run to record.json. */
    record: { type: 'boolean', default: false },
    /** What is run, where git cannot tell. */
    commit: { type: 'string' },
  },
});

const REGRESSIONS = join(import.meta.dirname, 'regressions');
const BARRIERS = ['needed', 'none', 'shield', 'offset'] as const;
const barrier = BARRIERS.find((name) => name === values.barrier) ?? 'needed';

const engine = engineOf(values.engine);

const PER_WORLD = 200;
/** Worlds that a worker takes at a time: its figures come back after each share. */
const SHARE = 5;
/** Share of cases without which a run proves too little. */
const LEAST_COMPARED = 0.6;
const ENOUGH_TO_TELL = 2_000;

if (process.send === undefined) await main();
else work();

async function main(): Promise<void> {
  const none = await missing(engine);
  if (none !== null) {
    console.log(`skipped: ${none}`);
    return;
  }
  const started = performance.now();
  const first = Number(values.first ?? (values.record ? nextWorld(engine, values.seed) : 0));
  const worlds = Math.ceil(Number(values.cases) / PER_WORLD);
  const workers = Math.max(1, Math.min(Number(values.workers), Math.ceil(worlds / SHARE)));
  console.log(
    `leak oracle: ${worlds * PER_WORLD} cases, seed ${values.seed} from world ${first}, engine ${engine}, barrier ${barrier}`,
  );
  const tally = emptyTally();
  const findings: Finding[] = [];
  const crashes: string[] = [];
  let next = first;
  let reported = performance.now();
  const take = (): Campaign | null => {
    if (next >= first + worlds || findings.length >= Number(values['max-leaks'])) return null;
    const firstWorld = next;
    next += SHARE;
    return {
      seed: values.seed,
      firstWorld,
      worlds: Math.min(SHARE, first + worlds - firstWorld),
      perWorld: PER_WORLD,
      oracle: { barrier, verifyEvery: 4, wordsEvery: 3 },
      maxLeaks: Number(values['max-leaks']),
    };
  };
  await Promise.all(
    Array.from({ length: workers }, () =>
      worker(
        take,
        (result) => {
          add(tally, result.tally);
          findings.push(...result.findings);
          for (const { at, found, verdict } of result.findings) {
            console.log(`leak at ${at}: ${verdict.why}`);
            if (values.quick) console.log(`${found.sql}\n${verdict.detail}`);
          }
          if (performance.now() - reported < 15_000) return;
          reported = performance.now();
          console.log(progress(tally, started));
        },
        (at, how) => {
          crashes.push(at);
          console.log(`the engine took its process down (${how}) at ${at}`);
        },
      ),
    ),
  );
  console.log(report(tally, engine, Number(values.missing)));
  console.log(progress(tally, started));
  if (crashes.length > 0) console.log(`crashes       ${crashes.length}: ${crashes.join(', ')}`);
  if (!values.quick) await save(findings.slice(0, Number(values['max-leaks'])));
  if (values.record && barrier === 'needed') {
    const run = { engine, seed: values.seed, first, worlds: next - first, crashes: crashes.length };
    append({ ...run, worlds: Math.min(run.worlds, worlds) }, tally, values.commit ?? null);
  }
  if (tally.leaks > 0) process.exitCode = 2;
  else if (
    barrier === 'needed' &&
    tally.cases >= ENOUGH_TO_TELL &&
    tally.equal < LEAST_COMPARED * tally.cases
  ) {
    console.log(`too few cases were compared: at least ${100 * LEAST_COMPARED} % must be`);
    process.exitCode = 3;
  }
}

function progress(tally: Tally, started: number): string {
  const seconds = (performance.now() - started) / 1000;
  return `${tally.cases} cases in ${seconds.toFixed(1)} s, ${Math.round(tally.cases / seconds)} a second, ${tally.leaks} leaks`;
}

type Message = { readonly trying: string } | { readonly result: CampaignResult };

/**
 * A process, so that nothing that the engine does can stop the others. One that the engine takes down is started again
 * with the worlds that follow.
 */
function worker(
  take: () => Campaign | null,
  done: (result: CampaignResult) => void,
  crashed: (at: string, how: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, process.argv.slice(2), { serialization: 'advanced' });
    let current = '';
    const give = (): void => {
      const campaign = take();
      if (campaign === null) child.disconnect();
      else child.send(campaign);
    };
    child.on('message', (message: Message) => {
      if ('trying' in message) {
        current = message.trying;
        return;
      }
      current = '';
      done(message.result);
      give();
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code === 0) resolve();
      // An engine that falls takes a signal with it; anything else is the oracle's own fault.
      else if (current === '' || signal === null) reject(new Error(`a worker ended with ${signal ?? code}`));
      else {
        crashed(current, String(signal ?? code));
        resolve(worker(take, done, crashed));
      }
    });
    give();
  });
}

function work(): void {
  const ready = Promise.all([openStand(engine), loadParser()]);
  const tell = (message: Message): void => {
    process.send?.(message);
  };
  process.on('message', async (campaign: Campaign) => {
    const [stand] = await ready;
    tell({ result: await runCampaign(campaign, stand, (trying) => tell({ trying })) });
  });
  process.on('disconnect', async () => {
    const [stand] = await ready;
    await stand.close();
    process.exit(0);
  });
}

async function save(findings: readonly Finding[]): Promise<void> {
  if (findings.length === 0) return;
  await loadParser();
  const stand = await openStand(engine);
  for (const { at, found, verdict } of findings) {
    console.log(`\nleak at ${at}: ${verdict.why}\n${verdict.detail}\nquery: ${found.sql}`);
    const small = await shrink(found, verdict.why, stand, {
      barrier,
      verifyEvery: 1,
      wordsEvery: 1,
    });
    console.log(`\nsmall: ${small.found.sql}\n${small.detail}`);
    const folder = values.regressions ?? (barrier === 'needed' ? REGRESSIONS : 'none');
    if (folder === 'none') continue;
    const file = join(
      folder,
      `${engine}-${barrier === 'needed' ? '' : `${barrier}-`}${at.replaceAll(/[^a-z0-9]+/gi, '-')}.json`,
    );
    writeFileSync(file, `${JSON.stringify({ why: small.why, barrier, ...small.found }, null, 1)}\n`);
    // As the rest of the project is formatted, so that it can be committed as it is.
    if (folder === REGRESSIONS)
      execFileSync('npx', ['biome', 'format', '--write', file], { stdio: 'ignore' });
    console.log(`written to ${file}`);
  }
  await stand.close();
}

function engineOf(name: string): (typeof ENGINES)[number] {
  const found = ENGINES.find((one) => one === name);
  if (found === undefined) throw new Error(`no oracle for the engine ${name}`);
  return found;
}
