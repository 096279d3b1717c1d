/** What a change of the metadata did, for people. */
import type { Changes, Part } from '../../state/outline.ts';
import { withoutControls } from './table.ts';
import type { PushSummary } from './wiring.ts';

/** `datasets +1 ~2, tags +3 -1`; empty where nothing that is counted changed. */
export function inBrief(changes: Changes): string {
  return parts(changes)
    .flatMap(([what, { added, removed, changed }]) => {
      const counts = [
        [added, '+'],
        [removed, '-'],
        [changed, '~'],
      ] as const;
      const told = counts.filter(([count]) => count > 0).map(([count, sign]) => `${sign}${count}`);
      return told.length === 0 ? [] : [`${what} ${told.join(' ')}`];
    })
    .join(', ');
}

/** A line for each name that is told, and how many more there are. */
export function* byName(changes: Changes): Generator<string> {
  for (const [what, { added, removed, changed, names }] of parts(changes)) {
    for (const name of names) yield `${what.replace(/ies$/, 'y').replace(/s$/, '')} ${withoutControls(name)}`;
    const more = added + removed + changed - names.length;
    if (more > 0 && names.length > 0) yield `${what}: and ${more} more`;
  }
}

const parts = ({
  datasets,
  columns,
  tags,
  policies,
  projects,
}: Changes): readonly (readonly [string, Part])[] => [
  ['datasets', datasets],
  ['columns', columns],
  ['tags', tags],
  ['policies', policies],
  ...(projects === undefined ? [] : ([['projects', projects]] as const)),
];

/** The line with which a push, a rollback or tag changes end. */
export function outcomeLine(summary: PushSummary, dryRun: boolean): string {
  const { changed, etag, datasets, columns, policies, changes } = summary;
  const outcome = changed
    ? dryRun
      ? 'would apply'
      : 'applied'
    : dryRun
      ? 'would change nothing, still'
      : 'unchanged';
  const counts = [count(datasets, 'dataset'), count(columns, 'column'), count(policies, 'policy')].join(', ');
  const brief = changed ? inBrief(changes) : '';
  return `✓ ${outcome} ${etag.slice(0, 12)}: ${counts}\n${brief === '' ? '' : `  ${brief}\n`}`;
}

export function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : `${noun}s`.replace(/ys$/, 'ies')}`;
}
