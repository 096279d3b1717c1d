/** The commands of `sluice`, their options and exit codes: 0 ok, 1 failure, 2 a check says no, 64 usage. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { auditTail, auditVerify } from './commands/audit.ts';
import { init } from './commands/init.ts';
import { push } from './commands/push.ts';
import { explain, query } from './commands/query.ts';
import { serve } from './commands/serve.ts';
import { runPolicyTests } from './commands/test.ts';
import { token } from './commands/token.ts';
import { renderFault } from './output.ts';
import type { Wiring } from './wiring.ts';

export type ExitCode = 0 | 1 | 2 | 64;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

/** Runs one command line (without node and script). */
export async function runCli(args: readonly string[], wiring: Wiring): Promise<ExitCode> {
  let code: ExitCode = 0;
  let sql: string | null = null;
  const ends = (run: () => Promise<ExitCode>) => async (): Promise<void> => {
    code = await run();
  };
  const program = new Command('sluice')
    .description("A governed gate between a dbt project's data and its readers.")
    .version(wiring.version)
    .option('-c, --config <path>', 'sluice.yml, or the folder that holds it', undefined)
    .exitOverride()
    .configureOutput({ writeOut: wiring.terminal.out, writeErr: wiring.terminal.err })
    .showHelpAfterError('(sluice --help shows the commands)');
  const configured = () => wiring.loadConfig(program.opts<{ config?: string }>().config);

  program
    .command('init [folder]')
    .description('write sluice.yml, policies and personas beside a dbt project')
    .option('--force', 'overwrite what is there')
    .action((folder, options) => ends(() => init({ folder, force: options.force === true }, wiring))());

  program
    .command('push')
    .description('build a snapshot from the dbt artifacts and policies, and apply it')
    .option('--manifest <file>', 'manifest.json')
    .option('--catalog <file>', 'catalog.json')
    .option('--policies <path>', 'folder or file of policies')
    .option('--dry-run', 'check everything, apply nothing')
    .option('--server <url>', 'a running gate')
    .option('--token <jwt>', 'for --server')
    .option('--as <persona>', 'for --server, in development')
    .option('--json', 'machine-readable report')
    .action((options) =>
      ends(() => push({ ...options, dryRun: options.dryRun === true }, configured(), wiring))(),
    );

  program
    .command('serve')
    .description('open the gate')
    .option('--port <number>', 'port of the HTTP door', count)
    .action((options) => ends(() => serve(options, configured(), wiring))());

  const caller = (command: Command): Command =>
    command
      .option('--as <persona>', 'a persona of the development issuer')
      .option('--token <jwt>', 'a bearer token')
      .option('--server <url>', 'a running gate (default: the configured address, else this process)');

  caller(program.command('query <sql>').description('one governed query'))
    .option('--param <value...>', 'values for $1, $2, …; JSON where they parse as such')
    .option('--format <name>', 'table, json, ndjson or csv', 'table')
    .option('--limit <rows>', 'rows at most', count)
    .action((text, options) => {
      sql = text;
      return ends(() => query(text, options, configured(), wiring))();
    });

  caller(
    program.command('explain <sql-or-dataset>').description('the decision, its reasons, the governed SQL'),
  )
    .option('--json', 'machine-readable')
    .action((text, options) => {
      sql = text;
      return ends(() => explain(text, options, configured(), wiring))();
    });

  program
    .command('test [path]')
    .description('run the policy tests')
    .option('--server <url>', 'a running gate')
    .option('--json', 'machine-readable')
    .action((path, options) => ends(() => runPolicyTests({ path, ...options }, configured(), wiring))());

  program
    .command('token')
    .description('a token of the development issuer')
    .requiredOption('--as <persona>', 'the persona')
    .option('--expires-in <seconds>', 'life of the token', count)
    .action((options) => ends(() => token(options, configured(), wiring))());

  const audit = program.command('audit').description('the audit chain');
  audit
    .command('verify')
    .description('check the whole chain')
    .option('--expect-head <hash>', 'the head that was noted elsewhere')
    .option('--json', 'machine-readable')
    .action((options) => ends(() => auditVerify(options, configured(), wiring))());
  audit
    .command('tail')
    .description('the newest events')
    .option('-n, --lines <count>', 'how many', count, 20)
    .option('--json', 'one JSON object a line')
    .action((options) => ends(() => auditTail(options, configured(), wiring))());

  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 64;
    wiring.terminal.err(`${renderFault(thrown, sql)}\n`);
    return 1;
  }
}
