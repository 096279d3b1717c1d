/** What is amiss in the state that the gate serves, for its stewards: the same findings as `sluice lint --applied`, without files, lines and samples. */
import type { Finding, Level } from './findings.ts';
import type { Gate } from './gate.ts';
import { examineHygiene, type HygieneReport } from './hygiene/report.ts';
import type { Caller } from './request/ask.ts';
import { demandOrTell } from './request/permit.ts';
import { readProject } from './snapshot.ts';

export interface LintQuery {
  /** Findings below it are counted and left out. */
  readonly level: Level;
  readonly dataset?: string | undefined;
  readonly limit: number;
}

export interface AppliedLint extends HygieneReport {
  readonly etag: string;
  /** Whether there are more findings of that level than `limit`. */
  readonly truncated: boolean;
}

const LEVELS: readonly Level[] = ['error', 'warning', 'note'];

/** @throws SluiceError token_missing, access_denied unless the caller is a steward or a publisher, snapshot_missing */
export async function lintApplied(caller: Caller, query: LintQuery, gate: Gate): Promise<AppliedLint> {
  const message = 'What is amiss is shown to stewards and publishers.';
  await demandOrTell(caller, { action: 'lint', permissions: ['steward', 'publisher'], message }, gate);
  const { snapshot, etag } = await gate.metadata.current();
  const { input } = await gate.metadata.content(etag);
  const report = examineHygiene({
    snapshot,
    project: readProject(input.manifest),
    yaml: input.yamlFiles,
    samples: new Map(),
    now: gate.now().getTime(),
  });
  const asked = report.findings.filter((one) => isAsked(one, query));
  return { ...report, etag, findings: asked.slice(0, query.limit), truncated: asked.length > query.limit };
}

function isAsked(one: Finding, { level, dataset }: LintQuery): boolean {
  if (dataset !== undefined && one.dataset !== dataset.toLowerCase()) return false;
  return LEVELS.indexOf(one.level) <= LEVELS.indexOf(level);
}
