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
    cases: { type: 'string', default: '40000' },
    seed: { type: 'string', default: 'mutants' },
    workers: { type: 'string', default: String(Math.min(availableParallelism(), 8)) },
  },
});

const ROOT = join(import.meta.dirname, '../..');
const TIMEOUT_MS = 15 * 60_000;

const wanted = MUTANTS.filter(({ name }) => name.includes(values.only));
const folders = Array.from({ length: Math.min(Number(values.workers), wanted.length) }, makeCopy);
const oracleArguments = ['--seed', values.seed, '--workers', '1', '--max-leaks', '1', '--quick'];
const missed: string[] = [];
let next = 0;
await Promise.all(folders.map((folder) => takeTurns(folder)));
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
console.log(`${wanted.length - missed.length} of ${wanted.length} seeded faults caught`);
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
    const real = outcome.caught && !(await sameWithout(outcome.by, folder));
    if (!real) missed.push(mutant.name);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${real ? 'caught' : 'MISSED'} ${mutant.name}: ${outcome.by} (${seconds} s)`);
  }
}

/** What the oracle says of the sound source about the same world: a leak there is no proof of the fault. */
async function sameWithout(by: string, folder: string): Promise<boolean> {
  const world = /^leak at .*?:(\d+):\d+:/.exec(by)?.[1];
  if (world === undefined) return false;
  const args = ['--first', world, '--cases', '200', ...oracleArguments];
  return (await run(process.execPath, ['test/leaks/run.ts', ...args], folder)).code !== 0;
}

interface Outcome {
  readonly caught: boolean;
  readonly by: string;
}

async function judge(mutant: Mutant, folder: string): Promise<Outcome> {
  if (mutant.caughtBy === 'oracle') {
    const args = [
      '--cases',
      values.cases,
      '--seed',
      values.seed,
      '--workers',
      '1',
      '--max-leaks',
      '1',
      '--quick',
    ];
    const { code, output } = await run(process.execPath, ['test/leaks/run.ts', ...args], folder);
    const found = /^leak at .*$/m.exec(output)?.[0] ?? output.split('\n').slice(-4).join(' ');
    return { caught: code === 2, by: code === 2 ? found : `the oracle ended with ${code}: ${found}` };
  }
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { code, output } = await run(process.execPath, [vitest, 'run', ...mutant.caughtBy], folder);
  // A test file that cannot even be loaded proves nothing.
  const failed = /Tests .*?(\d+) failed/.exec(output)?.[1];
  const caught = code === 1 && failed !== undefined;
  return {
    caught,
    by: caught ? `${failed} tests of ${mutant.caughtBy.join(', ')}` : `tests ended with ${code}`,
  };
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
