/** `sluice usage`: who reads which dataset, how often and for which purpose. */
import type { Config } from '../../../config.ts';
import type { UsageReport, UsageRow } from '../../../usage.ts';
import { type PeriodOptions, periodOf, withPeriod } from '../audit/filters.ts';
import { asCaller } from '../audit/search.ts';
import { type CallerOptions, tokenFor, withClient } from '../caller.ts';
import { jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, wholeNumber, withCaller, withJson } from '../registration.ts';
import { renderTable } from '../table.ts';
import type { Wiring } from '../wiring.ts';

interface UsageOptions extends CallerOptions, PeriodOptions {
  readonly dataset?: string;
  readonly limit: number;
  readonly json?: boolean;
}

const HEADS = [
  { name: 'day' },
  { name: 'dataset' },
  { name: 'who' },
  { name: 'purpose' },
  { name: 'project' },
  { name: 'queries', numeric: true },
  { name: 'denied', numeric: true },
  { name: 'rows', numeric: true },
  { name: 'columns' },
];

async function usage(options: UsageOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { terminal } = wiring;
  const { dataset, limit } = options;
  const ask = { ...periodOf(options), ...(dataset === undefined ? {} : { dataset }), limit };
  const report = asCaller(options)
    ? await askGate()
    : await wiring.withReports(config, (reports) => reports.usage(ask));
  if (options.json) {
    terminal.out(`${JSON.stringify(report, null, 2)}\n`);
    return 0;
  }
  if (report.usage.length === 0) terminal.err('nothing was read in that time\n');
  else terminal.out(`${renderTable(HEADS, report.usage.map(cells), terminal.width)}\n`);
  if (report.truncated) terminal.err(`there is more than these ${report.usage.length}: see --limit\n`);
  return 0;

  async function askGate(): Promise<UsageReport> {
    const token = await tokenFor(options, config, wiring);
    const query = new URLSearchParams({ ...ask, limit: String(limit) } as Record<string, string>);
    return withClient(config, options, wiring, async (client) =>
      jsonOf<UsageReport>(await client.request({ method: 'GET', path: `/v1/usage?${query}`, token })),
    );
  }
}

function cells({ day, dataset, subject, purpose, project, queries, denied, rows, columns }: UsageRow) {
  const named = columns.map(({ name, queries: times }) => `${name} ${times}`).join(', ');
  return [day, dataset, subject.sub, purpose ?? '', project ?? '', queries, denied, rows, named];
}

const EXAMPLES = `
Examples:
  sluice usage --since 7d
  sluice usage --dataset gold.members --from 2026-03-01 --to 2026-04-01 --json
  sluice usage --as analyst                       one's own`;

export const usageCommand: Register = ({ program, config, wiring, run }) => {
  withPeriod(withJson(withCaller(program.command('usage'))))
    .description('who read which dataset and column, how often and for which purpose')
    .option('--dataset <id>', 'of this dataset alone')
    .option('-n, --limit <count>', 'rows at most', wholeNumber, 1_000)
    .addHelpText('after', EXAMPLES)
    .action((options) => run(() => usage(options, config(), wiring), options));
};
