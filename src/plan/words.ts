/** What text and Markdown say alike: who, what, and many datasets in few words. */
import type { AccessChange, AccessWord, Count, PlanReport, Who } from './report.ts';

export const WORDS: Readonly<Record<AccessWord, string>> = {
  dataset_gained: 'can read it',
  dataset_lost: 'can no longer read it',
  becomes_discoverable: 'may know that it exists',
  no_longer_discoverable: 'may no longer know that it exists',
  column_shown: 'shown',
  column_hidden: 'hidden',
  column_unmasked: 'unmasked',
  column_masked: 'masked',
  column_masked_less: 'masked less',
  column_masked_more: 'masked more',
  column_masked_otherwise: 'masked otherwise',
  column_revealable: 'tokens can be reversed',
  column_no_longer_revealable: 'tokens can no longer be reversed',
  row_filter_added: 'fewer rows',
  row_filter_removed: 'more rows',
  row_filter_changed: 'other rows',
  limit_loosened: 'limit loosened',
  limit_tightened: 'limit tightened',
  expiry_changed: 'ends at another time',
};

export const VERDICTS: Readonly<Record<PlanReport['verdict'], string>> = {
  gain: 'someone would gain access to tagged columns',
  may_gain: 'someone may gain access to tagged columns',
  no_gain: 'nobody gains access to tagged columns',
};

/** `persona intern, 2 seen: mia, max` */
export function peopleOf({ personas, seen, examples, imagined }: Who): string {
  if (imagined) return 'nobody known yet';
  const parts = [
    ...(personas.length === 0
      ? []
      : [`${personas.length === 1 ? 'persona' : 'personas'} ${few(personas, 5).join(', ')}`]),
    ...(seen === 0 ? [] : [`${seen} seen`]),
  ].join(', ');
  return examples.length === 0 ? parts : `${parts}: ${few(examples, 5, seen).join(', ')}`;
}

/** The first of a list, and how many more there are. */
export function few(list: readonly string[], most: number, all = list.length): readonly string[] {
  const shown = list.slice(0, most);
  return all > shown.length ? [...shown, `${all - shown.length} more`] : shown;
}

export interface Alike {
  readonly datasets: readonly string[];
  /** Of each of them. */
  readonly changes: readonly AccessChange[];
}

/** Datasets in which the same happens to columns of the same names. */
export function alike(changes: readonly AccessChange[]): readonly Alike[] {
  const found = new Map<string, { datasets: string[]; changes: readonly AccessChange[] }>();
  for (const [dataset, of] of Map.groupBy(changes, (change) => change.dataset)) {
    const key = JSON.stringify(of.map((change) => ({ ...change, dataset: '' })));
    const known = found.get(key);
    if (known === undefined) found.set(key, { datasets: [dataset], changes: of });
    else known.datasets.push(dataset);
  }
  return [...found.values()];
}

/** `+1 -0 ~2` */
export const countText = ({ added, removed, changed }: Count): string => `+${added} -${removed} ~${changed}`;

export const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/** `hash -> raw (mask-email)` */
export function changeText({ change, from, to, policies, when }: AccessChange): string {
  const by = policies.length === 0 ? '' : ` (${few(policies, 3).join(', ')})`;
  return `${WORDS[change]}, ${from} → ${to}${by}${when === null ? '' : `, ${when}`}`;
}
