/**
 * Runs the benches one after the other, each in a process of its own, and closes with one table. Arguments name the
 * benches to run; `--quick` makes them short.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { Figure } from './report.ts';

/** What the aims are about first. */
const BENCHES = [
  'overhead',
  'tpch',
  'fence',
  'http',
  'stream-http',
  'push',
  'tags',
  'lineage',
  'plan',
  'clean-rooms',
  'decide',
  'pdp',
  'stream',
  'engine',
  'audit',
  'audit-reports',
  'guard',
  'discovery',
  'postgres',
] as const;

async function run(bench: string, flags: readonly string[]): Promise<{ figures: Figure[]; failed: boolean }> {
  console.log(`── ${bench}`);
  const figures: Figure[] = [];
  const child = fork(join(import.meta.dirname, `${bench}.ts`), flags, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: 'inherit',
  });
  child.on('message', (figure: Figure) => figures.push(figure));
  const [code] = (await once(child, 'exit')) as [number | null];
  return { figures, failed: code !== 0 };
}

const given = process.argv.slice(2);
const flags = given.filter((one) => one.startsWith('--'));
const names = given.filter((one) => !one.startsWith('--'));
const unknown = names.filter((name) => !BENCHES.some((bench) => bench === name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}. There are ${BENCHES.join(', ')}.`);
  process.exit(64);
}

const table = new Table({
  head: ['figure', 'aim', 'measured', ''],
  style: { head: [], border: [], compact: true },
  colWidths: [52, 24, 60, 8],
  wordWrap: true,
});
let broken = 0;
for (const bench of BENCHES.filter((one) => names.length === 0 || names.includes(one))) {
  const { figures, failed } = await run(bench, flags);
  for (const { figure, aim, measured, met } of figures)
    table.push([figure, aim, measured, met === null ? '' : met ? 'met' : 'missed']);
  if (figures.length === 0) table.push([bench, '', failed ? 'failed' : 'skipped', '']);
  if (failed) broken += 1;
}
console.log(table.toString());
console.log(
  `${availableParallelism()} cores, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}; Node ${process.version}`,
);
// Missed aims are for people to weigh; a bench that breaks is a fault.
process.exitCode = broken === 0 ? 0 : 1;
