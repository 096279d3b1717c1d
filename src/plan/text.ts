/** A plan for people at a terminal: whom it concerns first, then what changed. */
import type { Access, GrantChange, PlanReport } from './report.ts';
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
    ...section(
      grantsText(report),
      atMost(report.grants).map((one) => (typeof one === 'string' ? one : grantLine(one))),
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
      policies.map(({ policy, change, effect, source, rewritten, matches, differences }) => {
        const moved =
          matches.added + matches.removed === 0 ? '' : `, datasets +${matches.added} -${matches.removed}`;
        const how = change === 'changed' && !rewritten ? ', itself unchanged' : '';
        return `${SIGNS[change]} policy ${policy} (${effect})${moved}${how}${differ(differences)}   ${source}`;
      }),
    ),
    ...atMost(
      projects.map(
        ({ project, change, differences }) => `${SIGNS[change]} project ${project}${differ(differences)}`,
      ),
    ),
  ];
}

const GRANT_SIGNS = { void: '-', narrowed: '~', restored: '+' } as const;

/** For whom only where the report says so. */
export function grantLine({
  request,
  subject,
  kind,
  dataset,
  project,
  columns,
  until,
  change,
  why,
  policies,
  tags,
}: GrantChange): string {
  const what = dataset ?? `project ${project}`;
  const only = columns.length === 0 ? '' : ` (${few(columns, 5).join(', ')})`;
  const held =
    kind === 'access' ? `access to ${what}` : `${few(policies, 5).join(', ')} lifted on ${what}${only}`;
  const tagged = tags.length === 0 ? '' : ` [${few(tags, 5).join(', ')}]`;
  const who = subject === null ? '' : ` of ${subject.sub}`;
  const becomes = { void: 'holds no more', narrowed: 'holds no more', restored: 'holds again' }[change];
  return `${GRANT_SIGNS[change]} request ${request}${who}: ${held}${tagged} until ${until.slice(0, 16)}Z ${becomes}${why === null ? '' : `: ${why}`}`;
}

/** `Grants (2 of 5 active ones hold no more, 1 holds again)` */
export function grantsText({ summary: { grants } }: PlanReport): string {
  const parts = [
    `${grants.void} of ${grants.active} active hold no more`,
    ...(grants.narrowed === 0 ? [] : [`${grants.narrowed} in part`]),
    ...(grants.restored === 0 ? [] : [`${grants.restored} hold again`]),
  ];
  return `Grants (${parts.join(', ')})`;
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
