/** `sluice history` and `sluice rollback`: what was applied, and the way back. */
import type { Config } from '../../../config.ts';
import type { HistoryEntry } from '../../../history.ts';
import type { CallerOptions } from '../caller.ts';
import { byName, inBrief, outcomeLine } from '../changes.ts';
import type { ExitCode } from '../exit-code.ts';
import { withMetadata } from '../metadata.ts';
import { type Register, seconds, url, withJson } from '../registration.ts';
import { renderTable } from '../table.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

interface HistoryOptions extends CallerOptions {
  readonly limit: number;
  readonly names?: boolean;
  readonly json?: boolean;
}

async function history(options: HistoryOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const states = await withMetadata(config, options, wiring, (metadata) => metadata.history(options.limit));
  const { out, err, width } = wiring.terminal;
  if (options.json) {
    out(`${JSON.stringify(states, null, 2)}\n`);
    return 0;
  }
  if (states.length === 0) err('Nothing has been pushed yet.\n');
  else if (options.names) for (const state of states) for (const line of inFull(state)) out(`${line}\n`);
  else
    out(
      `${renderTable(
        ['state', 'when', 'what', 'who', 'changed'].map((name) => ({ name })),
        states.map(inShort),
        width,
      )}\n`,
    );
  return 0;
}

function inShort({ etag, created_at, action, created_by, changes }: HistoryEntry): readonly string[] {
  const told = changes === undefined ? '' : inBrief(changes);
  return [etag.slice(0, 12), created_at.slice(0, 19).replace('T', ' '), action, created_by, told];
}

function* inFull(state: HistoryEntry): Generator<string> {
  yield inShort(state).slice(0, -1).join('  ');
  for (const line of state.changes === undefined ? [] : byName(state.changes)) yield `  ${line}`;
}

interface RollbackOptions extends CallerOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

async function rollback(
  etag: string,
  options: RollbackOptions,
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const { dryRun = false } = options;
  const shown = progress(wiring.terminal);
  shown.step('building the state of then');
  const summary = await withMetadata(config, options, wiring, (metadata) =>
    metadata.rollBack(etag, { dryRun }),
  ).finally(shown.clear);
  if (options.json) wiring.terminal.out(`${JSON.stringify(summary)}\n`);
  else {
    wiring.terminal.out(outcomeLine(summary, dryRun));
    if (summary.changed) for (const line of byName(summary.changes)) wiring.terminal.out(`  ${line}\n`);
    for (const warning of summary.warnings) wiring.terminal.err(`  warning: ${warning}\n`);
  }
  return 0;
}

export const historyCommands: Register = ({ program, config, wiring, run }) => {
  withJson(program.command('history'))
    .description('the states that were applied: when, by whom, and what each changed')
    .option('-n, --limit <number>', 'states to show, the newest first', seconds, 20)
    .option('--names', 'name what changed, instead of counting it')
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', 'a bearer token, for --server')
    .option('--as <persona>', 'a persona of the development issuer, for --server')
    .action((options) => run(() => history(options, config(), wiring), options));

  withJson(program.command('rollback <state>'))
    .description('apply an earlier state again, whole: policies, dbt metadata and tags of other tools')
    .option('--dry-run', 'say what it would change, apply nothing')
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', 'a bearer token, for --server')
    .option('--as <persona>', 'a persona of the development issuer, for --server')
    .action((state, options) => run(() => rollback(state, options, config(), wiring), options));
};
