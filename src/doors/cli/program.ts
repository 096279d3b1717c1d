/** The commands of `sluice` and their exit codes: 0 ok, 1 failure, 2 a check says no, 64 usage. Each declares itself in its own file. */
import { Command, CommanderError } from 'commander';
import { SluiceError } from '../../errors.ts';
import { auditCommands } from './commands/audit.ts';
import { detokeniseCommand } from './commands/detokenise.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand } from './commands/export.ts';
import { grantsCommands } from './commands/grants.ts';
import { historyCommands } from './commands/history.ts';
import { identityCommands } from './commands/identity.ts';
import { importCommand } from './commands/import.ts';
import { initCommand } from './commands/init.ts';
import { lintCommand } from './commands/lint.ts';
import { planCommand } from './commands/plan.ts';
import { projectsCommands } from './commands/projects.ts';
import { pushCommand } from './commands/push.ts';
import { queryCommand } from './commands/query.ts';
import { requestsCommands } from './commands/requests.ts';
import { roomsCommands } from './commands/rooms.ts';
import { sandboxCommand } from './commands/sandbox.ts';
import { serveCommand } from './commands/serve.ts';
import { simulateCommand } from './commands/simulate.ts';
import { tagCommand } from './commands/tag.ts';
import { testCommand } from './commands/test.ts';
import { tokenCommand } from './commands/token.ts';
import { usageCommand } from './commands/usage.ts';
import type { ExitCode } from './exit-code.ts';
import { faultOf, renderFault } from './fault.ts';
import type { Cli, Register } from './registration.ts';
import type { Wiring } from './wiring.ts';

const EXIT_CODES = `
Exit codes: 0 ok, 1 failure, 2 a check says no (import, test, plan, lint, doctor, audit verify, audit replay), 64 wrong usage.

In the folder of a dbt project:
  sluice init                                            writes sluice.yml and a first policy
  sluice push                                            applies dbt's artifacts and the policies
  sluice serve                                           opens the gate
  sluice query "SELECT * FROM gold.orders" --as analyst  asks it`;

/** In the order of the help. */
const COMMANDS: readonly Register[] = [
  initCommand,
  pushCommand,
  planCommand,
  tagCommand,
  historyCommands,
  exportCommand,
  importCommand,
  serveCommand,
  queryCommand,
  explainCommand,
  projectsCommands,
  roomsCommands,
  detokeniseCommand,
  requestsCommands,
  grantsCommands,
  simulateCommand,
  testCommand,
  lintCommand,
  sandboxCommand,
  doctorCommand,
  tokenCommand,
  identityCommands,
  auditCommands,
  usageCommand,
];

/** Runs one command line (without node and script). */
export async function runCli(args: readonly string[], wiring: Wiring): Promise<ExitCode> {
  const { terminal } = wiring;
  let code: ExitCode = 0;
  let shown: Parameters<Cli['run']>[1];

  const program = new Command('sluice')
    .description("A governed gate between a dbt project's data and its readers.")
    .version(wiring.version)
    .option('-c, --config <path>', 'sluice.yml, or the folder that holds it (default: this folder)')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showHelpAfterError('(add --help for the whole usage)');
  const cli: Cli = {
    program,
    wiring,
    config: () => wiring.loadConfig(program.opts<{ config?: string }>().config),
    async run(work, as) {
      shown = as;
      code = await work();
    },
  };
  for (const register of COMMANDS) register(cli);

  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 64;
    const fault = shown?.json ? JSON.stringify(faultOf(thrown)) : renderFault(thrown, shown?.sql ?? null);
    terminal.err(`${fault}\n`);
    return thrown instanceof SluiceError && thrown.code === 'usage' ? 64 : 1;
  }
}
