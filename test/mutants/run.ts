/**
 * `node test/mutants/run.ts`: puts each seeded fault into a copy of the source and runs what has to notice it. Prints
 * caught of total, and exits 2 where one goes unnoticed.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MUTANTS, type Mutant } from './mutants.ts';
import { patched } from './patch.ts';

const { values } = parseArgs({
  options: {
    /** Only those whose name holds this. */
    only: { type: 'string', default: '' },
    /** Most that the oracle may take for one fault. */
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: 'mutants' },
    workers: { type: 'string', default: String(Math.min(availableParallelism(), 8)) },
  },
});

const ROOT = join(import.meta.dirname, '../..');
const TIMEOUT_MS = 15 * 60_000;

/** Cases of one world of the oracle. */
const PER_WORLD = 200;

const wanted = MUTANTS.filter(({ name }) => name.includes(values.only));
const folders = Array.from({ length: Math.min(Number(values.workers), wanted.length) }, makeCopy);
const began = performance.now();
const oracleArguments = ['--seed', values.seed, '--workers', '1', '--max-leaks', '1', '--quick'];
const missed: string[] = [];
const skipped: string[] = [];
/** By world: whether the oracle finds a leak there in the sound source, which would be no proof of the fault. */
const unsound = new Map<string, Promise<boolean>>();
let next = 0;
await Promise.all(folders.map((folder) => takeTurns(folder)));
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
const minutes = ((performance.now() - began) / 60_000).toFixed(1);
console.log(
  `${wanted.length - missed.length} of ${wanted.length} seeded faults caught, in ${minutes} minutes`,
);
for (const name of missed) console.log(`not caught: ${name}`);
process.exitCode = missed.length > 0 ? 2 : 0;

/** What the tests read, in a folder of its own; packages are shared. */
function makeCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mutants-'));
  for (const name of ['src', 'test', 'package.json', 'vitest.config.ts', 'tsconfig.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  for (const name of ['node_modules', 'rego', 'examples', 'docs'])
    symlinkSync(join(ROOT, name), join(folder, name));
  return folder;
}

async function takeTurns(folder: string): Promise<void> {
  for (let mutant = wanted[next++]; mutant !== undefined; mutant = wanted[next++]) {
    const path = join(folder, mutant.file);
    const source = readFileSync(path, 'utf8');
    const started = performance.now();
    writeFileSync(path, patched(mutant, source));
    const outcome = await judge(mutant, folder);
    writeFileSync(path, source);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const verdict = await confirmed(outcome, folder);
    if (verdict === 'missed') missed.push(mutant.name);
    if (verdict === 'skipped') skipped.push(mutant.name);
    console.log(`${verdict === 'missed' ? 'MISSED' : verdict} ${mutant.name}: ${outcome.by} (${seconds} s)`);
  }
}

async function confirmed({ verdict, world }: Outcome, folder: string): Promise<Verdict> {
  return verdict === 'caught' && world !== null && (await isUnsound(world, folder)) ? 'missed' : verdict;
}

function isUnsound(world: string, folder: string): Promise<boolean> {
  const known = unsound.get(world) ?? leaksAnyway(world, folder);
  unsound.set(world, known);
  return known;
}

async function leaksAnyway(world: string, folder: string): Promise<boolean> {
  const args = ['--first', world, '--cases', String(PER_WORLD), ...oracleArguments];
  return (await run(process.execPath, ['test/leaks/run.ts', ...args], folder)).code !== 0;
}

/** Skipped: no server for the tests that would see it. */
type Verdict = 'caught' | 'missed' | 'skipped';

interface Outcome {
  readonly verdict: Verdict;
  readonly by: string;
  /** Where the oracle found it. */
  readonly world: string | null;
}

async function judge(mutant: Mutant, folder: string): Promise<Outcome> {
  return mutant.caughtBy === 'oracle' ? askOracle(folder) : askTests(mutant.caughtBy, folder);
}

async function askOracle(folder: string): Promise<Outcome> {
  const args = ['--cases', values.cases, ...oracleArguments];
  const { code, output } = await run(process.execPath, ['test/leaks/run.ts', ...args], folder);
  const [, world = null, index, why] = /^leak at .*?:(\d+):(\d+): (.*)$/m.exec(output) ?? [];
  if (code !== 2 || world === null) {
    const last = output.split('\n').slice(-4).join(' ');
    return { verdict: 'missed', by: `the leak oracle ended with ${code}: ${last}`, world };
  }
  return { verdict: 'caught', by: `the leak oracle, world ${world}, case ${index}: ${why}`, world };
}

async function askTests(files: readonly string[], folder: string): Promise<Outcome> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { code, output } = await run(process.execPath, [vitest, 'run', '--bail', '1', ...files], folder);
  // A test file that cannot even be loaded proves nothing, nor does one that is skipped.
  const [, failed] = /^ *FAIL +(.*? > .*)$/m.exec(output) ?? [];
  const passed = Number(/Tests .*?(\d+) passed/.exec(output)?.[1] ?? 0);
  if (code === 1 && failed !== undefined)
    return { verdict: 'caught', by: `${failed}, after ${passed} tests`, world: null };
  const none = code === 0 && passed === 0;
  return { verdict: none ? 'skipped' : 'missed', by: `${files.join(', ')} ended with ${code}`, world: null };
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      timeout: TIMEOUT_MS,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
