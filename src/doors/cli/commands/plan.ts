/** `sluice plan`: what a push would change, and who would gain or lose what; exits 2 where that needs a second pair of eyes. */
import { Option } from 'commander';
import type { Config } from '../../../config.ts';
import { planMarkdown } from '../../../plan/markdown.ts';
import type { PlanReport } from '../../../plan/report.ts';
import { planText } from '../../../plan/text.ts';
import { type CallerOptions, tokenFor } from '../caller.ts';
import { httpClient, jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { refuseCaller } from '../metadata.ts';
import { type Register, url, wholeNumber, withJson } from '../registration.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';
import { refuseBothKinds } from './push.ts';

interface PlanOptions extends CallerOptions {
  readonly manifest?: string;
  readonly catalog?: string;
  readonly policies?: string;
  readonly catalogue?: string;
  readonly days: number;
  readonly format: 'text' | 'json' | 'markdown';
  readonly failOn: 'tagged' | 'any' | 'none';
  readonly json?: boolean;
}

export async function plan(options: PlanOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  refuseBothKinds(options);
  const shown = progress(wiring.terminal);
  const report = await (options.server === undefined ? planHere() : planAt(options.server)).finally(
    shown.clear,
  );
  wiring.terminal.out(textOf(report, options));
  return refused(report, options) ? 2 : 0;

  async function planHere(): Promise<PlanReport> {
    refuseCaller(options);
    return wiring.planLocal(config, { ...options, dryRun: true }, { days: options.days }, shown.step);
  }

  async function planAt(server: string): Promise<PlanReport> {
    shown.step('reading the artifacts');
    const body = await wiring.readPush(config, { ...options, dryRun: true });
    const token = await tokenFor(options, config, wiring);
    shown.step(`asking ${server}`);
    const path = `/v1/plan?days=${options.days}`;
    return jsonOf<PlanReport>(await httpClient(server).request({ method: 'POST', path, token, body }));
  }
}

function textOf(report: PlanReport, { format, json }: PlanOptions): string {
  if (json || format === 'json') return `${JSON.stringify(report, null, 2)}\n`;
  return format === 'markdown' ? planMarkdown(report) : planText(report);
}

function refused({ verdict, access, grants }: PlanReport, { failOn }: PlanOptions): boolean {
  switch (failOn) {
    case 'tagged':
      return verdict !== 'no_gain';
    case 'any':
      return (
        grants.some(({ change }) => change === 'restored') ||
        access.some(({ changes }) =>
          changes.some(({ direction }) => direction === 'gain' || direction === 'may_gain'),
        )
      );
    case 'none':
      return false;
    default:
      return failOn satisfies never;
  }
}

const EXAMPLES = `
Exit codes: 0 nobody gains access to tagged columns, 2 someone would or may, 1 failure.

Examples:
  sluice plan
  sluice plan --days 90 --format markdown > comment.md
  sluice plan --server https://gate.example.com --token "$TOKEN" --json`;

export const planCommand: Register = ({ program, config, wiring, run }) => {
  withJson(program.command('plan'))
    .description('what a push would change: datasets, columns, tags, and who gains or loses what')
    .option('--manifest <file>', 'manifest.json (default: metadata.manifest)')
    .option('--catalog <file>', 'catalog.json (default: metadata.catalog)')
    .option('--policies <path>', 'folder or file of policies (default: policies)')
    .option('--catalogue <folder>', "catalogue files (`sluice export`) instead of dbt's artifacts")
    .option('--days <number>', 'identities seen in so many days count', wholeNumber, 30)
    .addOption(
      new Option('--format <format>', 'how it is shown')
        .choices(['text', 'json', 'markdown'] as const)
        .default('text' as const),
    )
    .addOption(
      new Option('--fail-on <what>', 'exit 2 when someone gains tagged columns, or anything at all, or never')
        .choices(['tagged', 'any', 'none'] as const)
        .default('tagged' as const),
    )
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', 'a bearer token, for --server')
    .option('--as <persona>', 'a persona of the development issuer, for --server')
    .addHelpText('after', EXAMPLES)
    .action((options) => run(() => plan(options, config(), wiring), options));
};
