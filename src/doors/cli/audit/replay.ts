/** `sluice audit replay`: what the files, or a state of the history, would have decided; exits 2 where more of tagged columns would have been released. */
import type { Config } from '../../../config.ts';
import { WORDS } from '../../../plan/words.ts';
import type { ReplayChange, ReplayReport } from '../../../replay.ts';
import { type CallerOptions, tokenFor } from '../caller.ts';
import { httpClient, jsonOf } from '../client.ts';
import { refuseBothKinds } from '../commands/push.ts';
import type { ExitCode } from '../exit-code.ts';
import { refuseCaller } from '../metadata.ts';
import { excludeEachOther } from '../registration.ts';
import { renderTable } from '../table.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';
import { type PeriodOptions, periodOf } from './filters.ts';

export interface ReplayOptions extends CallerOptions, PeriodOptions {
  readonly against?: string;
  readonly manifest?: string;
  readonly catalog?: string;
  readonly policies?: string;
  readonly catalogue?: string;
  readonly json?: boolean;
}

/** For `--against`: the state that is served. */
const APPLIED = 'applied';
/** Lines of the table. */
const MOST = 100;

export async function auditReplay(options: ReplayOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { manifest, catalog, policies, catalogue, against } = options;
  const files = { manifest, catalog, policies, catalogue };
  if (against !== undefined)
    excludeEachOther('--against', {
      '--manifest': manifest,
      '--catalog': catalog,
      '--policies': policies,
      '--catalogue': catalogue,
    });
  refuseBothKinds(options);
  const shown = progress(wiring.terminal);
  const state = against === undefined || against === APPLIED ? {} : { against };
  const ask = { ...periodOf(options), ...state };
  const push = against === undefined ? { ...given(files), dryRun: true } : null;
  const report = await (options.server === undefined ? here() : at(options.server)).finally(shown.clear);
  if (options.json) wiring.terminal.out(`${JSON.stringify(report, null, 2)}\n`);
  else show(report, wiring);
  return report.verdict === 'no_gain' ? 0 : 2;

  function here(): Promise<ReplayReport> {
    refuseCaller(options);
    return wiring.withReports(config, (reports) => reports.replay(ask, push, shown.step));
  }

  async function at(server: string): Promise<ReplayReport> {
    const metadata = push === null ? {} : { metadata: await wiring.readPush(config, push) };
    const token = await tokenFor(options, config, wiring);
    shown.step(`asking ${server}`);
    const body = { ...ask, ...metadata };
    return jsonOf<ReplayReport>(
      await httpClient(server).request({ method: 'POST', path: '/v1/audit/replay', token, body }),
    );
  }
}

function given(files: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

const HEADS = [
  { name: 'who' },
  { name: 'dataset' },
  { name: 'what' },
  { name: 'before' },
  { name: 'then' },
  { name: 'tags' },
  { name: 'queries', numeric: true },
  { name: 'last' },
];

const VERDICTS: Readonly<Record<ReplayReport['verdict'], string>> = {
  gain: '✗ more of tagged columns would have been released',
  may_gain: '✗ more of tagged columns may have been released',
  no_gain: '✓ no more of tagged columns would have been released',
};

function show(report: ReplayReport, { terminal }: Wiring): void {
  const { queries, undecided, changes, against } = report;
  terminal.out(
    `${report.from} to ${report.to}, under ${against.etag.slice(0, 12)} (${against.source}): ${queries.all} queries, ` +
      `${queries.same} as before, ${queries.newly_denied} newly denied, ${queries.newly_allowed} newly allowed, ` +
      `${queries.otherwise} otherwise, ${queries.undecided} undecided\n`,
  );
  if (changes.length > 0)
    terminal.out(`${renderTable(HEADS, changes.slice(0, MOST).map(cells), terminal.width)}\n`);
  const notes = [
    more(changes.length - MOST, 'more lines; --json has them'),
    more(undecided.identity_unknown, 'queries of callers of whom nothing is known any more'),
    more(undecided.cannot_be_decided, 'queries that cannot be decided again'),
    more(
      report.recorded_only,
      'queries of states that are no longer kept: only allowed or denied is compared',
    ),
    more(
      report.shape_unknown,
      'queries whose shape cannot be judged without their values: only rights are compared',
    ),
    more(
      report.differ_from_record,
      "queries that the callers' facts of today decide otherwise than those of then",
    ),
  ];
  for (const note of notes) if (note !== null) terminal.err(`${note}\n`);
  terminal.out(`${VERDICTS[report.verdict]}\n`);
}

const more = (count: number, what: string): string | null => (count > 0 ? `${count} ${what}` : null);

function cells(change: ReplayChange) {
  const { subject, dataset, column, tags, from, to, queries, last } = change;
  const who = subject.on_behalf_of === null ? subject.sub : `${subject.sub} for ${subject.on_behalf_of.sub}`;
  const what =
    change.change === 'newly_denied' || change.change === 'newly_allowed'
      ? change.change.replace('_', ' ')
      : WORDS[change.change];
  const named = column === null ? (dataset ?? '') : `${dataset}.${column}`;
  return [who, named, what, from, to, tags.join(' '), queries, last.slice(0, 16).replace('T', ' ')];
}
