/** The report of a run of policy tests, for people and as JSON: what failed, what tests nothing, which policies go untested. */
import { isUnnoticed, passes, type Report, type Summary } from '../../../policy-tests/run.ts';
import type { PolicyNotice } from '../../../policy-tests/strip.ts';
import { withoutControls } from '../table.ts';

export interface Finished {
  readonly report: Report;
  readonly summary: Summary;
  readonly strict: boolean;
  /** Asked of a running gate. */
  readonly remote: boolean;
}

export function textReport(finished: Finished): string {
  return [...lines(finished)].map((line) => `${withoutControls(line)}\n`).join('');
}

function* lines({ report, summary, strict, remote }: Finished): Generator<string> {
  let file = '';
  for (const result of report.results) {
    if (result.file !== file) yield result.file;
    file = result.file;
    yield `  ${result.ok ? '✓' : result.skipped === null ? '✗' : '-'} ${result.name}`;
    for (const problem of result.problems) yield `      ${problem}`;
    if (result.skipped !== null) yield `      skipped: ${result.skipped}`;
    if (result.strip?.kind === 'idle') yield `      ! does not test anything: ${result.strip.why}`;
  }
  yield* stripLines({ report, summary, strict, remote });
  const skipped = summary.skipped > 0 ? `, ${summary.skipped} skipped` : '';
  yield `${summary.passed} passed, ${summary.failed} failed${skipped}`;
}

function* stripLines({ report, summary, strict, remote }: Finished): Generator<string> {
  if (remote) yield 'strip check: not against a running gate, whose enforcement nothing turns off';
  if (report.policies === null) return;
  const { guards, controls, idle, leftOut, testsNothing } = summary;
  const left = leftOut > 0 ? `, ${leftOut} left out` : '';
  yield `strip check: ${guards} fail with enforcement off, ${controls} show what is allowed, ${idle} test nothing${left}`;
  if (testsNothing) yield '  ✗ no test fails with enforcement off: this suite tests nothing';
  const { policies, scope } = report;
  if (scope !== 'suite') return;
  const noticed = policies.filter(({ noticedBy }) => noticedBy.length > 0).length;
  const preventive = policies.filter((policy) => policy.preventive && policy.noticedBy.length === 0).length;
  const rest = preventive > 0 ? `, ${preventive} preventive` : '';
  yield `policies: ${noticed} of ${policies.length} noticed by the tests${rest}`;
  for (const policy of policies) {
    const gap = gapOf(policy);
    if (gap === null) continue;
    const mark = isUnnoticed(policy) ? (strict ? '✗' : '!') : '·';
    const { file, line } = policy.source;
    yield `  ${mark} ${policy.policy} (${file}:${line}): ${gap}`;
  }
}

/** What the tests do not notice about a policy; null where they notice all of it. */
export function gapOf(policy: PolicyNotice): string | null {
  if (policy.preventive)
    return policy.noticedBy.length === 0
      ? null
      : `called preventive, and a test notices it: ${policy.noticedBy[0]}`;
  if (isUnnoticed(policy))
    return policy.touched === 0
      ? 'no test fails without it; none asks for anything that it decides'
      : `no test fails without it, though it decides ${policy.touched === 1 ? 'one of them' : `${policy.touched} of them`}`;
  return policy.exemptionNoticed === false ? 'no test fails when nobody is exempt from it' : null;
}

export function jsonReport({ report, summary, strict, remote }: Finished): string {
  const { passed, failed, skipped, guards, controls, idle, leftOut, unnoticed, testsNothing } = summary;
  const results = report.results.map(({ strip, ...result }) => ({
    ...result,
    strip: strip?.kind ?? null,
    ...(strip?.kind === 'idle' ? { tests_nothing: strip.why } : {}),
  }));
  const policies = (report.policies ?? []).map((one) => ({
    policy: one.policy,
    effect: one.effect,
    source: one.source,
    noticed_by: one.noticedBy,
    preventive: one.preventive,
    decides: one.touched,
    exemption_noticed: one.exemptionNoticed,
  }));
  const strip =
    report.policies === null
      ? null
      : {
          guards,
          controls,
          tests_nothing: idle,
          left_out: leftOut,
          unnoticed_policies: unnoticed,
          suite_tests_nothing: testsNothing,
          policies,
        };
  const ok = passes(summary, strict);
  return `${JSON.stringify({ ok, scope: report.scope, passed, failed, skipped, remote, results, strip })}\n`;
}
