/** Findings that are known already, in a file beside the project: only new ones count. */
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { SluiceError } from '../../../errors.ts';
import type { Finding } from '../../../findings.ts';
import type { HygieneReport } from '../../../hygiene/report.ts';

const baselineSchema = z.strictObject({ version: z.literal(1), findings: z.array(z.string()) });

/** What a finding is about, without lines and numbers, which move. */
export function keyOf({ rule, dataset, node, column, policy, message }: Finding): string {
  const subject = [policy, dataset ?? node, column].filter((part) => part !== null);
  return [rule, ...(subject.length === 0 ? [message] : subject)].join(' ');
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
