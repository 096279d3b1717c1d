/** Findings for people: each at its place with what would mend it, then what is covered, by namespace. */
import type { Finding } from '../../../findings.ts';
import type { HygieneReport } from '../../../hygiene/report.ts';
import { renderTable, withoutControls } from '../table.ts';
import { grouped } from './grouped.ts';
import { sentenceOf } from './sentence.ts';

const SIGNS = { error: '✗', warning: '!', note: '·' } as const;

export function toText(report: HygieneReport, notes: readonly string[], width: number | null): string {
  const { counts, coverage } = report;
  const sums = [
    plural(counts.error, 'error'),
    plural(counts.warning, 'warning'),
    plural(counts.note, 'note'),
  ];
  return [
    ...grouped(report.findings).map(shown),
    ...(report.namespaces.length === 0 ? [] : ['', table(report, width)]),
    '',
    ...notes.map((note) => `${withoutControls(note)}\n`),
    `Coverage ${coverage.score} of 100: ${plural(coverage.datasets, 'dataset')}, ${plural(coverage.columns, 'column')}`,
    sums.join(', '),
    '',
  ].join('\n');
}

function shown(one: Finding): string {
  const place = one.file === null ? '' : `${one.file}${one.line === null ? '' : `:${one.line}`}: `;
  const line = `${SIGNS[one.level]} ${place}${sentenceOf(one)} [${one.rule}]`;
  return withoutControls(line) + (one.hint === null ? '' : `\n    ${withoutControls(one.hint)}`);
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

function table({ namespaces }: HygieneReport, width: number | null): string {
  const numeric = [
    'datasets',
    'columns',
    'tagged',
    'untagged',
    'unclassified',
    'ghosts',
    'case',
    'likely personal',
    'no owner',
    'score',
  ];
  return renderTable(
    [{ name: 'namespace' }, ...numeric.map((name) => ({ name, numeric: true }))],
    namespaces.map((one) => [
      one.namespace,
      one.datasets,
      one.columns,
      one.tagged,
      one.untagged,
      one.unclassified,
      one.ghosts,
      one.case_mismatched,
      one.likely_personal,
      one.without_owner,
      one.score,
    ]),
    width,
  );
}
