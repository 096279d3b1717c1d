/** A plan for people at a terminal: whom it concerns first, then what changed. */
import type { Access, PlanReport } from './report.ts';
import { alike, changeText, countText, few, peopleOf, SIGNS, VERDICTS } from './words.ts';

/** Lines of one list. */
const MOST = 40;

export function planText(report: PlanReport): string {
  const { summary } = report;
  const { identities } = summary;
  if (!report.changed) return `The push would change nothing.\n`;
  const lines = [
    `${report.base === null ? 'nothing' : report.base.slice(0, 12)} → ${report.etag.slice(0, 12)} in ${report.environment}`,
    `datasets ${countText(summary.datasets)}   columns ${countText(summary.columns)}   tags ${countText(summary.tags)}   policies ${countText(summary.policies)}`,
    ...section('What changes', changeLines(report)),
    ...section(
      `Who gains or loses (${identities.personas} personas, ${identities.seen} identities of the last ${identities.days} days)`,
      report.access.length === 0
        ? ['nobody: every decision stays as it is']
        : atMost(report.access).flatMap((one) => (typeof one === 'string' ? [one] : accessLines(one))),
    ),
    ...report.warnings.map((warning) => `warning: ${warning}`),
    '',
    `${report.verdict === 'no_gain' ? '✓' : '✗'} ${VERDICTS[report.verdict]}`,
  ];
  return `${lines.join('\n')}\n`;
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

function atMost<T>(list: readonly T[]): readonly (T | string)[] {
  return list.length <= MOST
    ? list
    : [...list.slice(0, MOST), `… and ${list.length - MOST} more; --json has them`];
}

export function changeLines({ datasets, columns, tags, policies, projects }: PlanReport): readonly string[] {
  const differ = (
    list: readonly { readonly field: string; readonly from: string | null; to: string | null }[],
  ) =>
    list
      .filter(({ field }) => field !== 'description')
      .map(({ field, from, to }) => ` ${field} ${from ?? '∅'} → ${to ?? '∅'}`)
      .join(',');
  return [
    ...atMost(
      datasets.map(({ dataset, change, was, differences, columns: count }) => {
        const size = change === 'changed' ? '' : ` (${count} columns)`;
        return `${SIGNS[change]} dataset ${dataset}${was === null ? '' : `, before ${was}`}${size}${differ(differences)}`;
      }),
    ),
    ...atMost(
      columns.map(
        ({ dataset, column, change, differences }) =>
          `${SIGNS[change]} column ${dataset}.${column}${differ(differences)}`,
      ),
    ),
    ...atMost(
      tags.map(
        ({ dataset, column, tag, change, source }) =>
          `${SIGNS[change]} tag ${tag} on ${dataset}${column === null ? '' : `.${column}`}   ${source}`,
      ),
    ),
    ...atMost(
      policies.map(({ policy, change, effect, source, rewritten, matches }) => {
        const moved =
          matches.added + matches.removed === 0 ? '' : `, datasets +${matches.added} -${matches.removed}`;
        const how = change === 'changed' && !rewritten ? ', itself unchanged' : '';
        return `${SIGNS[change]} policy ${policy} (${effect})${moved}${how}   ${source}`;
      }),
    ),
    ...atMost(
      projects.map(
        ({ project, change, differences }) => `${SIGNS[change]} project ${project}${differ(differences)}`,
      ),
    ),
  ];
}

const HEADS = { gain: 'GAIN', may_gain: 'MAY GAIN', loss: 'LOSS', notice: 'notice' } as const;

function accessLines({ who, direction, tagged, changes }: Access): readonly string[] {
  const head = `${HEADS[direction]}${tagged ? ' of tagged columns' : ''}: ${who.label} (${peopleOf(who)})`;
  const groups = alike(changes);
  const lines = groups.slice(0, MOST).flatMap((group) => [
    `  ${few(group.datasets, 3).join(', ')}`,
    ...group.changes.slice(0, MOST).map((change) => {
      const tags = change.tags.length === 0 ? '' : ` [${few(change.tags, 5).join(', ')}]`;
      return `    ${change.column === null ? '' : `${change.column}${tags}: `}${changeText(change)}${change.column === null ? tags : ''}`;
    }),
  ]);
  return groups.length > MOST ? [head, ...lines, `  … and more; --json has them`] : [head, ...lines];
}
