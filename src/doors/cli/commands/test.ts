/** `sluice test`: the policy tests beside the policies, asked of the pushed state in this process, or of a running gate. */
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import { readSuite, type Suite } from '../../../policy-tests/read.ts';
import { passes, type Report, runCases, runOnBench, summarise } from '../../../policy-tests/run.ts';
import { withClient } from '../caller.ts';
import type { ExitCode } from '../exit-code.ts';
import { junitReport } from '../policy-tests/junit.ts';
import { askRemote } from '../policy-tests/remote.ts';
import { type Finished, jsonReport, textReport } from '../policy-tests/report.ts';
import { collect, type Register, withGate, withJson } from '../registration.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

const FORMATS = ['text', 'json', 'junit'] as const;
type Format = (typeof FORMATS)[number];

export interface TestOptions {
  readonly path?: string;
  readonly server?: string;
  readonly json?: boolean;
  readonly format?: Format;
  /** Parts of names. */
  readonly filter?: readonly string[];
  readonly strict?: boolean;
  readonly strip?: boolean;
}

export async function runPolicyTests(
  options: TestOptions,
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const format = options.format ?? (options.json ? 'json' : 'text');
  if (options.json && format !== 'json')
    throw new SluiceError('usage', `--json and --format ${format} exclude each other.`);
  const path = options.path === undefined ? join(config.folder, 'tests') : resolve(wiring.cwd, options.path);
  const suite = chosen(readSuite(path, wiring.cwd), options.filter);
  const report = await run(suite, options, config, wiring);
  const summary = summarise(report);
  const strict = options.strict ?? false;
  const finished: Finished = { report, summary, strict, remote: options.server !== undefined };
  wiring.terminal.out(REPORTS[format](finished));
  return passes(summary, strict) ? 0 : 2;
}

const REPORTS: Readonly<Record<Format, (finished: Finished) => string>> = {
  text: textReport,
  json: jsonReport,
  junit: junitReport,
};

function chosen(suite: Suite, filter: readonly string[] | undefined): Suite {
  if (filter === undefined) return suite;
  const parts = filter.map((part) => part.toLowerCase());
  const cases = suite.cases.filter(({ test }) =>
    parts.some((part) => test.name.toLowerCase().includes(part)),
  );
  if (cases.length === 0)
    throw new SluiceError('usage', `No test has ${filter.join(' or ')} in its name.`, {
      hint: 'Without --filter all of them run.',
    });
  return { ...suite, cases, scope: 'chosen' };
}

async function run(suite: Suite, options: TestOptions, config: Config, wiring: Wiring): Promise<Report> {
  const shown = progress(wiring.terminal);
  try {
    if (options.server !== undefined)
      return await withClient(config, options, wiring, (client) =>
        runCases(suite, askRemote(client, config, wiring), shown.step),
      );
    const bench = await wiring.openTestBench(config);
    try {
      return await runOnBench(suite, bench, { strip: options.strip ?? true, onStep: shown.step });
    } finally {
      await bench.close();
    }
  } finally {
    shown.clear();
  }
}

export const testCommand: Register = ({ program, config, wiring, run: runCommand }) => {
  withJson(
    withGate(
      program
        .command('test [path]')
        .description('run the policy tests (default: tests/), and tell which of them test nothing'),
    ),
  )
    .option('--filter <text>', 'only tests with this in their names; repeatable', collect)
    .option('--strict', 'fail where a test tests nothing, or where no test notices a policy')
    .option('--no-strip', 'leave out the strip check')
    .addOption(new Option('--format <format>', 'of the report').choices(FORMATS))
    .action((path, options) =>
      runCommand(() => runPolicyTests({ path, ...options }, config(), wiring), options),
    );
};
