/** A plan as a comment on a pull request: short first, the details folded, never larger than a comment may be. Nobody who was seen is named. */
import type { Access, PlanReport } from './report.ts';
import { changeLines, grantLine, grantsText } from './text.ts';
import { alike, changeText, few, VERDICTS } from './words.ts';

/** Characters; GitHub takes 65,536. */
const MOST = 60_000;
/** Entries before the fold. */
const FIRST = 10;
/** By which a pipeline finds its own comment again. */
export const MARK = '<!-- sluice plan -->';

export function planMarkdown(report: PlanReport): string {
  const grave = report.access.filter(({ tagged }) => tagged);
  const others = report.access.filter(({ tagged }) => !tagged);
  const head = [
    MARK,
    `### Sluice plan: ${VERDICTS[report.verdict]}`,
    '',
    ...(report.changed ? table(report) : ['The push would change nothing.']),
    ...(report.grants.length === 0 ? [] : ['', `${grantsText(report)}: below.`]),
    ...(grave.length === 0 ? [] : ['', ...grave.slice(0, FIRST).map((one) => entry(one, 3))]),
    ...(grave.length > FIRST ? [`- … and ${grave.length - FIRST} more, below`] : []),
  ].join('\n');
  const details: readonly (readonly [string, readonly string[]])[] = [
    ['Gains of tagged columns, in full', grave.map((one) => entry(one, 50))],
    ['Who else gains or loses', others.map((one) => entry(one, 20))],
    [grantsText(report), report.grants.map((one) => `- ${code(grantLine({ ...one, subject: null }))}`)],
    ['What changes in the metadata', changeLines(report).map((line) => `- ${code(line)}`)],
    ['Warnings', report.warnings.map((warning) => `- ${code(warning)}`)],
  ];
  const { personas, seen, days } = report.summary.identities;
  const foot = `\n\n<sub>${personas} personas, ${seen} identities of the last ${days} days, and whoever the policies name. State ${code(report.etag.slice(0, 12))}, environment ${code(report.environment)}.</sub>\n`;
  let text = head.slice(0, MOST / 2);
  for (const [title, lines] of details) text += folded(title, lines, MOST - text.length - foot.length);
  return text + foot;
}

function table({ summary }: PlanReport): readonly string[] {
  const rows = (['datasets', 'columns', 'tags', 'policies'] as const).map((what) => {
    const { added, removed, changed } = summary[what];
    return `| ${what} | ${added} | ${removed} | ${changed} |`;
  });
  return ['| | added | removed | changed |', '|---|---|---|---|', ...rows];
}

const HEADS = { gain: 'gains', may_gain: 'may gain', loss: 'loses', notice: 'is concerned' } as const;

/** @param most datasets, and columns of each */
function entry({ who, direction, changes }: Access, most: number): string {
  const people = who.imagined
    ? 'nobody known yet'
    : [
        ...(who.personas.length === 0 ? [] : [`personas ${few(who.personas, 5).map(code).join(', ')}`]),
        ...(who.seen === 0 ? [] : [`${who.seen} seen`]),
      ].join(', ');
  const groups = alike(changes);
  const lines = groups.slice(0, most).flatMap((group) => {
    const columns = group.changes.slice(0, most * 4).map((change) => {
      const tags = change.tags.length === 0 ? '' : ` [${few(change.tags, 5).map(code).join(', ')}]`;
      return `${change.column === null ? '' : `${code(change.column)} `}${code(changeText(change))}${tags}`;
    });
    return [`  - ${few(group.datasets.map(code), most).join(', ')}: ${columns.join('; ')}`];
  });
  const more = groups.length > most ? [`  - … and ${groups.length - most} more`] : [];
  return [`- **${code(who.label)}** (${people}) ${HEADS[direction]}`, ...lines, ...more].join('\n');
}

/** As many whole lines as fit; nothing where none does. */
function folded(title: string, lines: readonly string[], room: number): string {
  if (lines.length === 0) return '';
  const open = `\n\n<details><summary>${title} (${lines.length})</summary>\n\n`;
  const close = '\n\n</details>';
  let left = room - open.length - close.length - 100;
  const shown: string[] = [];
  for (const line of lines) {
    left -= line.length + 1;
    if (left < 0) break;
    shown.push(line);
  }
  if (shown.length === 0) return '';
  const more =
    shown.length < lines.length ? [`\n… and ${lines.length - shown.length} more; the JSON has them`] : [];
  return `${open}${[...shown, ...more].join('\n')}${close}`;
}

/** A name is whatever its author wrote: as code it neither mentions anyone nor becomes a link, an image or a tag. */
function code(text: string): string {
  return `\`${text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ').replaceAll('`', "'")}\``;
}
