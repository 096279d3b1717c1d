/** Findings as workflow commands of GitHub Actions: annotations beside the lines of a pull request. */
import type { Finding, Level } from '../../../findings.ts';
import type { HygieneReport } from '../../../hygiene/report.ts';
import { grouped } from './grouped.ts';
import { sentenceOf } from './sentence.ts';

const COMMANDS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', note: 'notice' };

export function toGitHub({ findings, coverage, counts }: HygieneReport): string {
  const lines = grouped(findings).map(annotation);
  const { error, warning, note } = counts;
  return [
    ...lines,
    `Coverage ${coverage.score} of 100; ${error} errors, ${warning} warnings, ${note} notes`,
    '',
  ].join('\n');
}

function annotation(one: Finding): string {
  const properties = [
    ...(one.file === null ? [] : [`file=${property(one.file)}`]),
    ...(one.file === null || one.line === null ? [] : [`line=${one.line}`]),
    `title=${property(one.rule)}`,
  ];
  const text = one.hint === null ? sentenceOf(one) : `${sentenceOf(one)}\n${one.hint}`;
  return `::${COMMANDS[one.level]} ${properties.join(',')}::${data(text)}`;
}

/** A line end would begin a command of the message's own. */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
