/** `sluice explain`: what is decided for a query, a dataset or one column, and why, as a tree down to the line of YAML. */
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { Explanation } from '../../../explain.ts';
import { type CallerOptions, tokenFor, withClient } from '../caller.ts';
import { type GateClient, jsonOf, RefusedByGate } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { drawn } from '../explain/tree.ts';
import { type About, treesOf } from '../explain/words.ts';
import { type Register, withCaller, withJson, withProject } from '../registration.ts';
import { withoutControls } from '../table.ts';
import type { Wiring } from '../wiring.ts';

export interface ExplainOptions extends CallerOptions {
  readonly json?: boolean;
  /** Whose view a steward asks for: a persona, or an identity as YAML. */
  readonly for?: string;
  /** Who acts for them in person. */
  readonly actor?: string;
}

export async function explain(
  text: string,
  options: ExplainOptions,
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const token = await tokenFor(options, config, wiring);
  const { for: other, actor } = options;
  if (other === undefined && actor !== undefined)
    throw new SluiceError('usage', '--actor says who acts for whom --for names.', {
      hint: '`sluice token --as … --actor …` makes a token of both.',
    });
  const acting = actor === undefined ? {} : { actor: await wiring.givenActor(config, actor) };
  const identity =
    other === undefined ? {} : { identity: { ...(await wiring.givenIdentity(config, other)), ...acting } };
  return withClient<ExitCode>(config, options, wiring, async (client) => {
    const { explanation, about } = await ask(text, { token, identity }, client);
    if (options.json) wiring.terminal.out(`${JSON.stringify(explanation, null, 2)}\n`);
    else
      for (const tree of treesOf(explanation, about))
        for (const line of drawn(tree)) wiring.terminal.out(`${withoutControls(line)}\n`);
    return 0;
  });
}

const PART = '(?:[\\p{L}_][\\p{L}\\p{N}_$]*|"(?:[^"]|"")+")';
const NAME = new RegExp(`^${PART}(?:\\.${PART})*$`, 'u');

interface Asking {
  readonly token: string | null;
  readonly identity: { readonly identity?: object };
}

interface Asked {
  readonly explanation: Explanation;
  readonly about: About;
}

/** `gold.members` is asked about as a query over it, and so is `gold.members.email` where no dataset has that name. */
async function ask(text: string, { token, identity }: Asking, client: GateClient): Promise<Asked> {
  const name = text.trim();
  const call = async (sql: string): Promise<Explanation> =>
    jsonOf(await client.request({ method: 'POST', path: '/v1/explain', token, body: { sql, ...identity } }));
  if (!NAME.test(name)) return { explanation: await call(text), about: { kind: 'query' } };
  const asDataset = await attempt(() => call(`SELECT * FROM ${name}`));
  if (!(asDataset instanceof RefusedByGate)) return { explanation: asDataset, about: { kind: 'dataset' } };
  const [, dataset, column] = new RegExp(`^(.+)\\.(${PART})$`, 'u').exec(name) ?? [];
  if (dataset === undefined || column === undefined || !dataset.includes('.')) throw asDataset;
  const about: About = { kind: 'column', column: column.replace(/^"|"$/g, '').toLowerCase() };
  const asColumn = await attempt(() => call(`SELECT ${column} FROM ${dataset}`));
  if (!(asColumn instanceof RefusedByGate)) return { explanation: asColumn, about };
  if (asColumn.problem.code === 'dataset_not_found') throw asDataset;
  // One that does not exist for the identity is still explained to whoever may know of it.
  const around = await attempt(() => call(`SELECT 1 FROM ${dataset}`));
  if (around instanceof RefusedByGate || !keepsBack(around, about.column)) throw asColumn;
  return { explanation: { ...around, columns: [] }, about };
}

/** Whether the answer says that the column is there, and not shown. */
function keepsBack({ decisions }: Explanation, column: string): boolean {
  return decisions.some(
    ({ hidden = [], unexposed = [] }) =>
      hidden.some((one) => one.toLowerCase() === column) ||
      unexposed.some((one) => one.column.toLowerCase() === column),
  );
}

/** Positions count in a text that the caller never saw. */
async function attempt(call: () => Promise<Explanation>): Promise<Explanation | RefusedByGate> {
  try {
    return await call();
  } catch (thrown) {
    if (!(thrown instanceof RefusedByGate)) throw thrown;
    return thrown.withoutPlace();
  }
}

const EXAMPLES = `
Examples:
  sluice explain gold.members --as analyst
  sluice explain gold.members.email --as analyst
  sluice explain "SELECT count(*) FROM gold.members" --as officer
  sluice explain gold.members.email --as officer --for analyst
  sluice explain gold.members.email --as officer --for "{ groups: [employees, interns] }"`;

export const explainCommand: Register = ({ program, config, wiring, run }) => {
  withJson(
    withProject(
      withCaller(
        program
          .command('explain <sql-or-dataset>')
          .description(
            'what is decided for a query, DATASET or DATASET.COLUMN, and why; stewards see all of it',
          ),
      ),
    ),
  )
    .option('--for <identity>', "whose view a steward asks for: a persona, or an identity's YAML")
    .option('--actor <identity>', 'who acts for them in person, likewise; for --for')
    .addHelpText('after', EXAMPLES)
    .action((text, options) =>
      run(() => explain(text, options, config(), wiring), { json: options.json, sql: text }),
    );
};
