/** `sluice push`: a whole state, applied to the store beside the config or to a running gate. */
import type { Config } from '../../../config.ts';
import { type CallerOptions, tokenFor } from '../caller.ts';
import { outcomeLine } from '../changes.ts';
import { httpClient, jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { refuseCaller } from '../metadata.ts';
import { excludeEachOther, type Register, url, withJson } from '../registration.ts';
import { progress } from '../terminal.ts';
import type { PushSummary, Wiring } from '../wiring.ts';

interface PushOptions extends CallerOptions {
  readonly manifest?: string;
  readonly catalog?: string;
  readonly policies?: string;
  readonly catalogue?: string;
  readonly dryRun: boolean;
  readonly json?: boolean;
}

export async function push(options: PushOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  refuseBothKinds(options);
  const shown = progress(wiring.terminal);
  const summary = await (options.server === undefined ? pushHere() : pushTo(options.server)).finally(
    shown.clear,
  );

  async function pushHere(): Promise<PushSummary> {
    refuseCaller(options);
    return wiring.pushLocal(config, options, shown.step);
  }

  async function pushTo(server: string): Promise<PushSummary> {
    shown.step('reading the artifacts');
    const body = await wiring.readPush(config, options);
    const token = await tokenFor(options, config, wiring);
    shown.step(`sending them to ${server}`);
    const path = options.dryRun ? '/v1/metadata?dry_run=true' : '/v1/metadata';
    return jsonOf<PushSummary>(await httpClient(server).request({ method: 'PUT', path, token, body }));
  }

  if (options.json) {
    wiring.terminal.out(`${JSON.stringify(summary)}\n`);
    return 0;
  }
  wiring.terminal.out(outcomeLine(summary, options.dryRun));
  for (const warning of summary.warnings) wiring.terminal.err(`  warning: ${warning}\n`);
  return 0;
}

/** @throws SluiceError usage where both catalogue files and dbt's artifacts are named */
export function refuseBothKinds({
  catalogue,
  manifest,
  catalog,
}: Pick<PushOptions, 'catalogue' | 'manifest' | 'catalog'>): void {
  if (catalogue !== undefined)
    excludeEachOther('--catalogue', { '--manifest': manifest, '--catalog': catalog });
}

export const pushCommand: Register = ({ program, config, wiring, run }) => {
  withJson(program.command('push'))
    .description("build a snapshot from dbt's artifacts and the policies, and apply it")
    .option('--manifest <file>', 'manifest.json (default: metadata.manifest)')
    .option('--catalog <file>', 'catalog.json (default: metadata.catalog)')
    .option('--policies <path>', 'folder or file of policies (default: policies)')
    .option('--catalogue <folder>', "catalogue files (`sluice export`) instead of dbt's artifacts")
    .option('--dry-run', 'check everything, apply nothing')
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', 'a bearer token, for --server')
    .option('--as <persona>', 'a persona of the development issuer, for --server')
    .action(({ dryRun = false, ...options }) =>
      run(() => push({ ...options, dryRun }, config(), wiring), options),
    );
};
