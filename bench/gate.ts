/** A whole gate on a copy of the example, on the disk that holds the project: folders for temporary files are often memory, and flushing those costs nothing. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildWarehouse } from '../examples/energy-community/build-warehouse.ts';
import { type Config, loadConfig } from '../src/config.ts';
import type { DevelopmentIssuer } from '../src/identity/development/issuer.ts';
import { createMetrics } from '../src/observe/metrics.ts';
import { developmentIssuer, type OpenGate, openGate } from '../src/open.ts';
import { pushAsOperator } from '../src/push.ts';
import { readArtifacts } from '../src/state/artifacts.ts';

const ROOT = join(import.meta.dirname, '..');
const EXAMPLE = join(ROOT, 'examples/energy-community');
const LEFT_OUT = new Set(['.venv', '.sluice', 'logs', 'dbt_packages', 'partial_parse.msgpack']);
/** A warehouse that another process is still building is gone before it is copied. */
const isKept = (path: string) => !LEFT_OUT.has(basename(path)) && !path.includes('.partial');

export interface BenchGate {
  readonly folder: string;
  readonly config: Config;
  readonly open: OpenGate;
  readonly issuer: DevelopmentIssuer;
  close(): Promise<void>;
}

/** A new folder below the project's own; whoever asks removes it. */
export function scratchFolder(name: string): string {
  mkdirSync(join(ROOT, '.sluice'), { recursive: true });
  return mkdtempSync(join(ROOT, '.sluice', `bench-${name}-`));
}

/** The example in a folder of its own, with further personas like the analyst. */
export async function copyExample(analysts = 0): Promise<string> {
  await buildWarehouse();
  const folder = scratchFolder('gate');
  cpSync(EXAMPLE, folder, { recursive: true, filter: isKept });
  const more = Array.from(
    { length: analysts },
    (_, n) =>
      `  analyst-${n}: { sub: analyst-${n}, groups: [employees, analysts, "community:alpha"], attributes: { communities: [alpha], regions: [north] } }\n`,
  );
  const personas = join(folder, 'personas.yml');
  writeFileSync(personas, `${readFileSync(personas, 'utf8').trimEnd()}\n${more.join('')}`);
  return folder;
}

/** Opens the gate of a folder and pushes what lies in it. */
export async function startGate(folder: string): Promise<BenchGate> {
  const config = loadConfig(join(folder, 'sluice.yml'), {});
  const issuer = await developmentIssuer(config);
  if (issuer === null) throw new Error('the configuration names no development issuer');
  const metrics = createMetrics();
  const open = await openGate(config, { observe: (event) => metrics.observe(event), role: 'serve', issuer });
  const caller = { requestId: 'bench', client: { ip: null, door: 'bench', user_agent: null } };
  await pushAsOperator('operator:bench', caller, readArtifacts(config, {}), { dryRun: false }, open.gate);
  return {
    folder,
    config,
    open,
    issuer,
    async close() {
      await open.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
