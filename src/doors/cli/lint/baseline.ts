/** Findings that are known already, in a file beside the project: only new ones count. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SluiceError } from '../../../errors.ts';
import type { Finding, RuleId } from '../../../findings.ts';
import type { HygieneReport } from '../../../hygiene/report.ts';

const baselineSchema = z.strictObject({ version: z.literal(1), findings: z.array(z.string()) });

/** Of one column or policy there may be several of these, told apart by what they say; the others say numbers, which move. */
const SEVERAL: ReadonlySet<RuleId> = new Set([
  'policy-invalid',
  'publish-invalid',
  'filter-on-missing-tag',
  'tag-not-in-manifest',
  'reserved-tag',
  'patched-tag-dangling',
  'lineage-broken',
  'unknown-tag',
  'unknown-name',
]);

/** What a finding is about, without lines and numbers. */
export function keyOf({ rule, dataset, node, column, policy, message }: Finding): string {
  const subject = [policy, dataset ?? node, column].filter((part) => part !== null);
  const said = subject.length === 0 || SEVERAL.has(rule) ? [message] : [];
  return [rule, ...subject, ...said].join(' ');
}

/** @throws SluiceError usage */
export function withoutKnown<Report extends HygieneReport>(report: Report, path: string): Report {
  const known = new Set(readBaseline(path));
  const findings = report.findings.filter((one) => !known.has(keyOf(one)));
  const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length;
  return {
    ...report,
    findings,
    counts: { error: count('error'), warning: count('warning'), note: count('note') },
  };
}

function readBaseline(path: string): readonly string[] {
  try {
    return baselineSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).findings;
  } catch (cause) {
    throw new SluiceError('usage', `${path} is not a baseline of lint.`, {
      hint: 'Write one with --write-baseline.',
      cause,
    });
  }
}

export function writeBaseline({ findings }: HygieneReport, path: string): void {
  const keys = [...new Set(findings.map(keyOf))].sort();
  writeFileSync(path, `${JSON.stringify({ version: 1, findings: keys }, null, 2)}\n`);
}
