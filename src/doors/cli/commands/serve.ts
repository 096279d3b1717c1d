/** `sluice serve`: the gate, until it is told to end. */
import type { Config } from '../../../config.ts';
import type { ExitCode } from '../exit-code.ts';
import { port, type Register } from '../registration.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

export async function serve(
  options: { readonly port?: number },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const { terminal } = wiring;
  const shown = progress(terminal);
  shown.step('opening the gate');
  const serving = await wiring
    .serve(config, { ...(options.port === undefined ? {} : { port: options.port }), onStep: shown.step })
    .finally(shown.clear);
  // Standard output belongs to the log.
  terminal.err(`✓ the gate is open at ${serving.address}\n`);
  if (serving.issuer !== null)
    terminal.err(`  personas at ${serving.issuer}: ${(await wiring.personas(config)).join(', ')}\n`);
  await serving.ending;
  shown.step('closing the gate once its queries have ended; Ctrl-C again does not wait');
  await serving.ended.finally(shown.clear);
  terminal.err('✓ the gate is closed\n');
  return 0;
}

export const serveCommand: Register = ({ program, config, wiring, run }) => {
  program
    .command('serve')
    .description('open the gate; SIGINT (Ctrl-C) or SIGTERM closes it')
    .option('--port <number>', 'port of the HTTP door, 0 for any free one (default: doors.http.port)', port)
    .action((options) => run(() => serve(options, config(), wiring)));
};
