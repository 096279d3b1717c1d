/** `sluice token`: a token of the development issuer, and nothing else on stdout. */
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, seconds } from '../registration.ts';
import type { Wiring } from '../wiring.ts';

export async function token(
  options: { readonly as: string; readonly expiresIn?: number },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const minted = await wiring.mintToken(config, options.as, options.expiresIn);
  if (minted === null)
    throw new SluiceError('usage', `The persona ${options.as} is anonymous: it comes without a token.`);
  wiring.terminal.out(`${minted}\n`);
  return 0;
}

export const tokenCommand: Register = ({ program, config, wiring, run }) => {
  program
    .command('token')
    .description('print a token of the development issuer')
    .requiredOption('--as <persona>', 'the persona')
    .option('--expires-in <seconds>', 'its life', seconds)
    .action((options) => run(() => token(options, config(), wiring)));
};
