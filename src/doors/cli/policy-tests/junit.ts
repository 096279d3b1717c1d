/** The report of a run of policy tests as JUnit XML, which every CI reads: cases by file, and one case a policy. */
import { isUnnoticed, type Result } from '../../../policy-tests/run.ts';
import type { PolicyNotice } from '../../../policy-tests/strip.ts';
import { type Finished, gapOf } from './report.ts';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly failure: string | null;
  readonly skipped: string | null;
}

export function junitReport({ report, summary, strict }: Finished): string {
  const files = [...new Set(report.results.map(({ file }) => file))];
  const suites = files.map((file) =>
    suite(
      file,
      report.results.filter((result) => result.file === file).map((result) => caseOf(result, strict)),
    ),
  );
  if (report.policies !== null && report.scope !== 'chosen') {
    const whole: Case = {
      name: 'some test fails with enforcement off',
      file: files[0] ?? '',
      line: 1,
      failure: summary.testsNothing ? 'No test fails with enforcement off: this suite tests nothing.' : null,
      skipped: null,
    };
    const policies = summary.unnoticed === 0 ? [] : report.policies;
    suites.push(suite('strip check', [whole, ...policies.map((policy) => policyCase(policy, strict))]));
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sluice test">\n${suites.join('')}</testsuites>\n`;
}

function caseOf({ name, file, line, problems, skipped, strip }: Result, strict: boolean): Case {
  const idle = strict && strip?.kind === 'idle' ? [`does not test anything: ${strip.why}`] : [];
  const failures = [...problems, ...idle];
  return { name, file, line, skipped, failure: failures.length === 0 ? null : failures.join('\n') };
}

function policyCase(policy: PolicyNotice, strict: boolean): Case {
  const gap = isUnnoticed(policy) ? gapOf(policy) : null;
  const { file, line } = policy.source;
  return {
    name: `policy ${policy.policy} is tested`,
    file,
    line,
    failure: strict ? gap : null,
    skipped: strict ? null : gap,
  };
}

function suite(name: string, cases: readonly Case[]): string {
  const count = (holds: (one: Case) => boolean): number => cases.filter(holds).length;
  const failures = count(({ failure }) => failure !== null);
  const skipped = count((one) => one.skipped !== null);
  const head = `name="${escaped(name)}" tests="${cases.length}" failures="${failures}" skipped="${skipped}" errors="0"`;
  return `  <testsuite ${head}>\n${cases.map((one) => written(one, name)).join('')}  </testsuite>\n`;
}

function written({ name, file, line, failure, skipped }: Case, suiteName: string): string {
  const head = `    <testcase classname="${escaped(suiteName)}" name="${escaped(name)}" file="${escaped(file)}" line="${line}"`;
  if (failure !== null) {
    const [first = ''] = failure.split('\n');
    return `${head}>\n      <failure message="${escaped(first)}">${escaped(failure)}</failure>\n    </testcase>\n`;
  }
  return skipped === null
    ? `${head}/>\n`
    : `${head}>\n      <skipped message="${escaped(skipped)}"/>\n    </testcase>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** XML 1.0 has no way to write most control characters, nor half of a pair. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"'\n\t]/g, (character) => ENTITIES[character] ?? '');
}
