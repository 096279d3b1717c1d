/** `sluice serve`: the gate, until it is told to end. */
import type { Config } from '../../../config.ts';
import { progress } from '../output.ts';
import type { ExitCode } from '../program.ts';
import type { Wiring } from '../wiring.ts';

export async function serve(
  options: { readonly port?: number },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const shown = progress(wiring.terminal);
  const handle = await wiring.serve(config, {
    ...(options.port === undefined ? {} : { port: options.port }),
    onStep: shown.step,
  });
  shown.done(`the gate is open at ${handle.address}`);
  await handle.ended;
  return 0;
}
