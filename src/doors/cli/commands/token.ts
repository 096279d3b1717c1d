/** `sluice token`: a token of the development issuer, and nothing else on stdout. */
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, seconds } from '../registration.ts';
import type { Wiring } from '../wiring.ts';

export async function token(
  options: { readonly as: string; readonly actor?: string; readonly expiresIn?: number },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const { expiresIn, actor } = options;
  const minted = await wiring.mintToken(config, options.as, {
    ...(expiresIn === undefined ? {} : { expiresInSeconds: expiresIn }),
    ...(actor === undefined ? {} : { actor }),
  });
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
    .option('--actor <persona>', 'who acts in person: both are decided for, and what both may see is shown')
    .option('--expires-in <seconds>', 'its life', seconds)
    .action((options) => run(() => token(options, config(), wiring)));
};
