/** `sluice push`: a whole state, applied to the store beside the config or to a running gate. */
import type { Config } from '../../../config.ts';
import { httpClient, jsonOf } from '../client.ts';
import { progress } from '../output.ts';
import type { ExitCode } from '../program.ts';
import type { PushSummary, Wiring } from '../wiring.ts';
import { type CallerOptions, tokenFor } from './query.ts';

interface PushOptions extends CallerOptions {
  readonly manifest?: string;
  readonly catalog?: string;
  readonly policies?: string;
  readonly dryRun: boolean;
  readonly json?: boolean;
}

export async function push(options: PushOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const shown = progress(wiring.terminal);
  const summary =
    options.server === undefined
      ? await wiring.pushLocal(config, options, shown.step)
      : await pushRemote(options.server);

  async function pushRemote(server: string): Promise<PushSummary> {
    shown.step('reading the artifacts');
    const body = wiring.readPush(config, options);
    shown.step(`sending them to ${server}`);
    const token = await tokenFor(options, config, wiring);
    const path = options.dryRun ? '/v1/metadata?dry_run=true' : '/v1/metadata';
    return jsonOf<PushSummary>(await httpClient(server).request({ method: 'PUT', path, token, body }));
  }

  if (options.json) {
    wiring.terminal.out(`${JSON.stringify(summary)}\n`);
    return 0;
  }
  const what = options.dryRun ? 'would apply' : summary.changed ? 'applied' : 'unchanged';
  shown.done(
    `${what} ${summary.etag.slice(0, 12)}: ${summary.datasets} datasets, ${summary.columns} columns, ${summary.policies} policies`,
  );
  for (const warning of summary.warnings) wiring.terminal.err(`  warning: ${warning}\n`);
  return 0;
}
