/** The commands of `sluice`, their options and exit codes: 0 ok, 1 failure, 2 a check says no, 64 usage. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SluiceError } from '../../errors.ts';
import { auditTail, auditVerify } from './commands/audit.ts';
import { doctor } from './commands/doctor.ts';
import { explain } from './commands/explain.ts';
import { init } from './commands/init.ts';
import { push } from './commands/push.ts';
import { FORMATS, query } from './commands/query.ts';
import { serve } from './commands/serve.ts';
import { runPolicyTests } from './commands/test.ts';
import { token } from './commands/token.ts';
import type { ExitCode } from './exit-code.ts';
import { faultOf, renderFault } from './fault.ts';
import type { Wiring } from './wiring.ts';

const EXIT_CODES = `
Exit codes: 0 ok, 1 failure, 2 a check says no (test, doctor, audit verify), 64 wrong usage.

In the folder of a dbt project:
  sluice init                                            writes sluice.yml and a first policy
  sluice push                                            applies dbt's artifacts and the policies
  sluice serve                                           opens the gate
  sluice query "SELECT * FROM gold.orders" --as analyst  asks it`;

const EXAMPLES = {
  query: `
Examples:
  sluice query "SELECT * FROM gold.members LIMIT 3" --as analyst
  sluice query 'SELECT * FROM gold.members WHERE region = $1' --param north --as analyst --format csv
  sluice query - --as analyst < question.sql`,
  explain: `
Examples:
  sluice explain gold.members --as analyst
  sluice explain gold.members.email --as analyst
  sluice explain "SELECT count(*) FROM gold.members" --as officer`,
};

/** Runs one command line (without node and script). */
export async function runCli(args: readonly string[], wiring: Wiring): Promise<ExitCode> {
  const { terminal } = wiring;
  let code: ExitCode = 0;
  let json = false;
  let sql: string | null = null;

  const program = new Command('sluice')
    .description("A governed gate between a dbt project's data and its readers.")
    .version(wiring.version)
    .option('-c, --config <path>', 'sluice.yml, or the folder that holds it (default: this folder)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(add --help for the whole usage)');
  const config = () => wiring.loadConfig(program.opts<{ config?: string }>().config);

  const gate = (command: Command): Command =>
    command.option('--server <url>', 'a running gate (default: the configured one, else this process)', url);
  const caller = (command: Command): Command =>
    gate(
      command
        .option('--as <persona>', 'a persona of the development issuer')
        .option('--token <jwt>', 'a bearer token'),
    );
  const withJson = (command: Command): Command =>
    command.option('--json', 'for programs; a failure is one JSON object on standard error');

  program
    .command('init [folder]')
    .description('write sluice.yml, a first policy, personas and a policy test beside a dbt project')
    .option('--force', 'overwrite what is there')
    .action(async (folder, { force = false }) => {
      code = await init({ folder, force }, wiring);
    });

  withJson(program.command('push'))
    .description("build a snapshot from dbt's artifacts and the policies, and apply it")
    .option('--manifest <file>', 'manifest.json (default: metadata.manifest)')
    .option('--catalog <file>', 'catalog.json (default: metadata.catalog)')
    .option('--policies <path>', 'folder or file of policies (default: policies)')
    .option('--dry-run', 'check everything, apply nothing')
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', 'a bearer token, for --server')
    .option('--as <persona>', 'a persona of the development issuer, for --server')
    .action(async ({ dryRun = false, ...options }) => {
      json = options.json === true;
      code = await push({ ...options, dryRun }, config(), wiring);
    });

  program
    .command('serve')
    .description('open the gate; SIGINT (Ctrl-C) or SIGTERM closes it')
    .option('--port <number>', 'port of the HTTP door, 0 for any free one (default: doors.http.port)', port)
    .action(async (options) => {
      code = await serve(options, config(), wiring);
    });

  caller(program.command('query <sql>').description('run one governed query; - reads it from standard input'))
    .option('--param <value>', 'the value of $1, of $2, …; JSON where it is JSON, else text', collect)
    .addOption(new Option('--format <name>', 'how rows are written').choices(FORMATS).default('table'))
    .option('--limit <rows>', 'rows at most', wholeNumber)
    .addHelpText('after', EXAMPLES.query)
    .action(async (text, options) => {
      json = options.format === 'json';
      sql = text === '-' ? await wiring.readInput() : text;
      code = await query(sql ?? '', options, config(), wiring);
    });

  withJson(
    caller(
      program
        .command('explain <sql-or-dataset>')
        .description(
          'what is decided for a query, DATASET or DATASET.COLUMN, and why; stewards see all of it',
        ),
    ),
  )
    .addHelpText('after', EXAMPLES.explain)
    .action(async (text, options) => {
      json = options.json === true;
      sql = text;
      code = await explain(text, options, config(), wiring);
    });

  withJson(gate(program.command('test [path]').description('run the policy tests (default: tests/)'))).action(
    async (path, options) => {
      json = options.json === true;
      code = await runPolicyTests({ path, ...options }, config(), wiring);
    },
  );

  withJson(
    program
      .command('doctor')
      .description('examine the engines: are they there, and can the gate only read them?'),
  ).action(async (options) => {
    json = options.json === true;
    code = await doctor(options, config(), wiring);
  });

  program
    .command('token')
    .description('print a token of the development issuer')
    .requiredOption('--as <persona>', 'the persona')
    .option('--expires-in <seconds>', 'its life', seconds)
    .action(async (options) => {
      code = await token(options, config(), wiring);
    });

  const audit = program.command('audit').description('the audit chain');
  withJson(audit.command('verify').description('check the whole chain'))
    .option('--expect-head <hash>', 'a head that was noted elsewhere: the chain must hold it')
    .action(async (options) => {
      json = options.json === true;
      code = await auditVerify(options, config(), wiring);
    });
  audit
    .command('tail')
    .description('the newest events')
    .option('-n, --lines <count>', 'how many', wholeNumber, 20)
    .option('--json', 'one JSON object a line')
    .action(async (options) => {
      json = options.json === true;
      code = await auditTail(options, config(), wiring);
    });

  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 64;
    terminal.err(`${json ? JSON.stringify(faultOf(thrown)) : renderFault(thrown, sql)}\n`);
    return thrown instanceof SluiceError && thrown.code === 'usage' ? 64 : 1;
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

function seconds(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}

function port(text: string): number {
  const value = wholeNumber(text);
  if (value > 65_535) throw new InvalidArgumentError('A port is at most 65535.');
  return value;
}

function url(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ''))
    throw new InvalidArgumentError('It must be the http(s) address of a gate.');
  return text;
}
