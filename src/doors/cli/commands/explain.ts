/** `sluice explain`: what is decided for a query, a dataset or one column, and why. */
import type { Config } from '../../../config.ts';
import { type CallerOptions, tokenFor, withClient } from '../caller.ts';
import { type GateClient, jsonOf, RefusedByGate } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, withCaller, withJson } from '../registration.ts';
import type { Wiring } from '../wiring.ts';

interface ExplainedDecision {
  readonly dataset: string;
  readonly allow: boolean;
  readonly reason: string;
  readonly filtered: boolean;
  readonly hidden?: readonly string[];
  readonly masks?: Readonly<Record<string, { readonly policy: string; readonly mask: object }>>;
  readonly reasons?: readonly {
    readonly policy: string;
    readonly effect: string;
    readonly because: string;
    readonly source: { readonly file: string; readonly line: number } | null;
  }[];
}

interface Explanation {
  readonly allowed: boolean;
  readonly columns: readonly { readonly name: string; readonly masked: boolean }[];
  readonly decisions: readonly ExplainedDecision[];
  readonly governed_sql?: string;
}

export async function explain(
  text: string,
  options: CallerOptions & { readonly json?: boolean },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const token = await tokenFor(options, config, wiring);
  return withClient<ExitCode>(config, options, wiring, async (client) => {
    const explanation = await ask(text, token, client);
    if (options.json) wiring.terminal.out(`${JSON.stringify(explanation, null, 2)}\n`);
    else for (const line of lines(explanation)) wiring.terminal.out(`${line}\n`);
    return 0;
  });
}

const PART = '(?:[\\p{L}_][\\p{L}\\p{N}_$]*|"(?:[^"]|"")+")';
const NAME = new RegExp(`^${PART}(?:\\.${PART})*$`, 'u');

/** `gold.members` is asked about as a query over it, and so is `gold.members.email` where no dataset has that name. */
async function ask(text: string, token: string | null, client: GateClient): Promise<Explanation> {
  const name = text.trim();
  const call = async (sql: string): Promise<Explanation> =>
    jsonOf(await client.request({ method: 'POST', path: '/v1/explain', token, body: { sql } }));
  if (!NAME.test(name)) return call(text);
  const asDataset = await attempt(() => call(`SELECT * FROM ${name}`));
  if (!(asDataset instanceof RefusedByGate)) return asDataset;
  const [, dataset, column] = new RegExp(`^(.+)\\.(${PART})$`, 'u').exec(name) ?? [];
  if (dataset === undefined || !dataset.includes('.')) throw asDataset;
  const asColumn = await attempt(() => call(`SELECT ${column} FROM ${dataset}`));
  if (!(asColumn instanceof RefusedByGate)) return asColumn;
  throw asColumn.problem.code === 'dataset_not_found' ? asDataset : asColumn;
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

function* lines({ columns, decisions, governed_sql }: Explanation): Generator<string> {
  if (columns.length > 0) {
    const shown = columns.map(({ name, masked }) => (masked ? `${name} (masked)` : name));
    yield `columns: ${shown.join(', ')}`;
  }
  for (const decision of decisions) {
    yield `${decision.dataset}: ${decision.allow ? 'allowed' : `denied (${decision.reason})`}`;
    if (decision.allow && decision.filtered) yield '  rows are filtered';
    if (decision.hidden && decision.hidden.length > 0) yield `  hidden: ${decision.hidden.join(', ')}`;
    for (const [column, { policy, mask }] of Object.entries(decision.masks ?? {}))
      yield `  masked: ${column}, ${maskOf(mask)} (${policy})`;
    for (const { effect, policy, because, source } of decision.reasons ?? [])
      yield `  ${effect.padEnd(7)} ${policy}: ${because}${source ? `   ${source.file}:${source.line}` : ''}`;
  }
  if (governed_sql) yield `\n${governed_sql}`;
}

/** `{ kind: 'partial', first: 4, last: 4 }` → `partial (first 4, last 4)` */
function maskOf(mask: object): string {
  const { kind, ...rest } = mask as { readonly kind?: unknown };
  const options = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return options.length === 0 ? String(kind) : `${kind} (${options.join(', ')})`;
}

const EXAMPLES = `
Examples:
  sluice explain gold.members --as analyst
  sluice explain gold.members.email --as analyst
  sluice explain "SELECT count(*) FROM gold.members" --as officer`;

export const explainCommand: Register = ({ program, config, wiring, run }) => {
  withJson(
    withCaller(
      program
        .command('explain <sql-or-dataset>')
        .description(
          'what is decided for a query, DATASET or DATASET.COLUMN, and why; stewards see all of it',
        ),
    ),
  )
    .addHelpText('after', EXAMPLES)
    .action((text, options) =>
      run(() => explain(text, options, config(), wiring), { json: options.json, sql: text }),
    );
};
