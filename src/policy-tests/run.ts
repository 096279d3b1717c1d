/** Runs policy tests: each case asked and compared; in this process also the strip check over those that hold. */
import { SluiceError } from '../errors.ts';
import type { Asked, Bench } from './bench.ts';
import type { TestCase } from './case.ts';
import { compare } from './compare.ts';
import type { Outcome } from './outcome.ts';
import type { Scope, Suite } from './read.ts';
import { AS_PUSHED } from './rules.ts';
import { type PolicyNotice, type StripCase, stripCheck, type Verdict } from './strip.ts';

export interface Result {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
  /** Why the case could not be asked; null where it was. */
  readonly skipped: string | null;
  /** Null where the strip check did not look at it. */
  readonly strip: Verdict | null;
}

export interface Report {
  readonly results: readonly Result[];
  readonly scope: Scope;
  /** Null where there was no strip check. */
  readonly policies: readonly PolicyNotice[] | null;
}

/** A case that could not be asked as it stands; an unknown persona is its fault alone. */
interface Unasked {
  readonly problem: string;
}

/** A case that this way of asking cannot ask, and why. */
export interface Skipped {
  readonly skipped: string;
}

export async function runCases(
  { cases, scope }: Pick<Suite, 'cases' | 'scope'>,
  ask: (test: TestCase) => Promise<Outcome | Skipped>,
  onStep: (text: string) => void,
): Promise<Report> {
  const results: Result[] = [];
  for (const { file, line, test } of cases) {
    onStep(`${results.length + 1}/${cases.length} ${test.name}`);
    const outcome = await unlessUsage(() => ask(test));
    const skipped = 'skipped' in outcome ? outcome.skipped : null;
    const problems = problemsOf(test, outcome);
    const ok = problems.length === 0 && skipped === null;
    results.push({ file, line, name: test.name, ok, problems, skipped, strip: null });
  }
  return { results, scope, policies: null };
}

export interface RunOptions {
  readonly strip: boolean;
  readonly onStep: (text: string) => void;
}

/** @throws SluiceError policy_invalid where the suite calls a policy preventive that there is not */
export async function runOnBench(
  { cases, preventive, scope }: Suite,
  bench: Bench,
  { strip, onStep }: RunOptions,
): Promise<Report> {
  const known = bench.snapshot.policies.policies.map(({ id }) => id);
  const strange = preventive.find((id) => !known.includes(id));
  if (strange !== undefined)
    throw new SluiceError('policy_invalid', `preventive names ${strange}, and there is no such policy.`);
  const answers = new Map<TestCase, Asked>();
  const report = await runCases(
    { cases, scope },
    async (test) => {
      const asked = await bench.ask(test, AS_PUSHED);
      answers.set(test, asked);
      return asked.outcome;
    },
    onStep,
  );
  if (!strip) return report;
  const held: StripCase[] = [];
  const positions: number[] = [];
  for (const [index, { test }] of cases.entries()) {
    const asked = answers.get(test);
    if (!report.results[index]?.ok || asked === undefined) continue;
    held.push({ test, asked });
    positions.push(index);
  }
  const { verdicts, policies } = await stripCheck({ cases: held, preventive, bench, onStep });
  const byPosition = new Map(positions.map((position, index) => [position, verdicts[index] ?? null]));
  return {
    scope,
    results: report.results.map((result, index) => ({ ...result, strip: byPosition.get(index) ?? null })),
    policies,
  };
}

async function unlessUsage(ask: () => Promise<Outcome | Skipped>): Promise<Outcome | Skipped | Unasked> {
  try {
    return await ask();
  } catch (thrown) {
    if (thrown instanceof SluiceError && thrown.code === 'usage') return { problem: thrown.message };
    throw thrown;
  }
}

function problemsOf(test: TestCase, outcome: Outcome | Skipped | Unasked): readonly string[] {
  if ('problem' in outcome) return [outcome.problem];
  return 'skipped' in outcome ? [] : compare(test.expect, outcome);
}

/** What a run says in the end. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly guards: number;
  readonly controls: number;
  readonly idle: number;
  readonly leftOut: number;
  /** Policies that no case notices. */
  readonly unnoticed: number;
  /** Whether there was a strip check over a whole suite in which no case failed with enforcement off. */
  readonly testsNothing: boolean;
}

/** Whether a policy could go without any case failing, though one should. */
export const isUnnoticed = ({ noticedBy, preventive }: PolicyNotice): boolean =>
  noticedBy.length === 0 && !preventive;

export function summarise({ results, policies, scope }: Report): Summary {
  const count = (holds: (result: Result) => boolean): number => results.filter(holds).length;
  const kinds = (kind: Verdict['kind']): number => count(({ strip }) => strip?.kind === kind);
  const guards = kinds('guards');
  const judged = guards + kinds('control') + kinds('idle');
  return {
    passed: count(({ ok }) => ok),
    failed: count(({ ok, skipped }) => !ok && skipped === null),
    skipped: count(({ skipped }) => skipped !== null),
    guards,
    controls: kinds('control'),
    idle: kinds('idle'),
    leftOut: kinds('left out'),
    unnoticed: scope === 'suite' ? (policies ?? []).filter(isUnnoticed).length : 0,
    testsNothing: scope !== 'chosen' && policies !== null && judged > 0 && guards === 0,
  };
}

/** Failing tests, a suite that tests nothing, and, when asked to be strict, every case and policy that goes untested. */
export function passes(summary: Summary, strict: boolean): boolean {
  if (summary.failed > 0 || summary.testsNothing) return false;
  return !strict || (summary.idle === 0 && summary.unnoticed === 0);
}
