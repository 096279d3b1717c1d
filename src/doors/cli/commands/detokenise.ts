/** `sluice detokenise`: tokens of a column reversed, for those whom the policy that makes them names. */
import type { Config } from '../../../config.ts';
import type { Detokenised } from '../../../detokenise.ts';
import { SluiceError } from '../../../errors.ts';
import { type CallerOptions, tokenFor, withClient } from '../caller.ts';
import { jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, withCaller, withJson, withProject } from '../registration.ts';
import { withoutControls } from '../table.ts';
import type { Wiring } from '../wiring.ts';

interface DetokeniseOptions extends CallerOptions {
  readonly json?: boolean;
}

/** A line for each token, in their order; an empty one where it is no token of the column. */
async function detokenise(
  target: string,
  tokens: readonly string[],
  options: DetokeniseOptions,
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const [, dataset, column] = /^(.+)\.([^.]+)$/.exec(target) ?? [];
  if (dataset === undefined || column === undefined)
    throw new SluiceError('usage', 'Name the column whose tokens they are: gold.members.email');
  const token = await tokenFor(options, config, wiring);
  return withClient<ExitCode>(config, options, wiring, async (client) => {
    const body = { dataset, column, tokens };
    const answer: Detokenised = await jsonOf(
      await client.request({ method: 'POST', path: '/v1/detokenise', token, body }),
    );
    if (options.json) wiring.terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
    else for (const value of answer.values) wiring.terminal.out(`${withoutControls(value ?? '')}\n`);
    return 0;
  });
}

const EXAMPLES = `
Example:
  sluice detokenise gold.members.email tok_k1_6a…  --as officer`;

export const detokeniseCommand: Register = ({ program, config, wiring, run }) => {
  withJson(
    withProject(
      withCaller(
        program
          .command('detokenise <column> <tokens...>')
          .description('reverse tokens of DATASET.COLUMN, for those whom the policy names'),
      ),
    ),
  )
    .addHelpText('after', EXAMPLES)
    .action((column, tokens, options) =>
      run(() => detokenise(column, tokens, options, config(), wiring), { json: options.json }),
    );
};
