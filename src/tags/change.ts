/** A tool's tag changes against the metadata that they are about: all of them checked, with every problem told at once, or none. */
import type { TagAssignment } from '../catalogue/dataset.ts';
import { SluiceError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import type { TagPatch } from './patch.ts';
import { normaliseTag } from './tag.ts';

export interface TagChange {
  /** Dataset id, or dbt unique_id for what is not published. */
  readonly dataset: string;
  /** Without one, the tags are those of the dataset. */
  readonly column?: string | null | undefined;
  readonly add?: readonly string[] | undefined;
  readonly remove?: readonly string[] | undefined;
}

export interface TagChanges {
  /** Whose tags they are: a tool changes its own. */
  readonly source: string;
  /** `replace`: what is added is all that the tool says from now on. */
  readonly mode: 'merge' | 'replace';
  readonly changes: readonly TagChange[];
  /** Whether `replace` may leave the tool without any tag. */
  readonly allow_empty?: boolean | undefined;
}

/** What a change may name. */
export interface Target {
  readonly node: string;
  readonly dataset: string;
  readonly tags: readonly TagAssignment[];
  readonly columns: readonly TargetColumn[];
}

export interface TargetColumn {
  readonly name: string;
  readonly folded: string;
  readonly tags: readonly TagAssignment[];
}

export interface Changing {
  find(dataset: string): Target | null;
  /** For the nearest right name. */
  readonly names: readonly string[];
  readonly by: string;
  readonly at: string;
}

export interface ChangedPatches {
  readonly patches: readonly TagPatch[];
  /** Tags that this tool has now and had not, and the other way round. */
  readonly added: number;
  readonly removed: number;
  /** Ids of the datasets that were named. */
  readonly datasets: readonly string[];
  readonly warnings: readonly string[];
}

/** Problems and warnings beyond this many are counted, not listed. */
const MOST_TOLD = 100;

/** @throws SluiceError tags_invalid with every problem as `changes[3]: …` in `details` */
export function changePatches(
  before: readonly TagPatch[],
  { source, mode, changes, allow_empty = false }: TagChanges,
  changing: Changing,
): ChangedPatches {
  const own = new Map(before.filter(({ tool }) => tool === source).map((patch) => [keyOf(patch), patch]));
  const named = Map.groupBy(own.values(), nameOf);
  const after = new Map(mode === 'replace' ? [] : own);
  const told = teller();
  const warnings = new Set<string>();
  const datasets = new Set<string>();
  /** What each tag of each place was asked for, to find contradictions. */
  const asked = new Map<string, 'add' | 'remove'>();
  if (mode === 'replace' && !allow_empty && changes.every(({ add = [] }) => add.length === 0))
    told.problem(
      `\`replace\` without any tag to add would take away all ${own.size} tags of ${source}; say \`allow_empty: true\` where that is meant`,
    );

  changes.forEach((change, index) => {
    const problem = (text: string) => told.problem(`changes[${index}]: ${text}`);
    if (mode === 'replace' && (change.remove ?? []).length > 0)
      problem('`remove` has no meaning in a `replace`: leave the tag out instead');
    const place = placeOf(change, changing, problem, () => told.full());
    if (place === null) return;
    datasets.add(place.dataset);
    const about = place.column === null ? place.dataset : `${place.dataset}.${place.column}`;
    for (const action of ['add', 'remove'] as const)
      for (const text of change[action] ?? []) {
        const tag = usableTag(text, problem);
        if (tag === null) continue;
        const { node, dataset, column } = place;
        const patch: TagPatch = {
          tool: source,
          node,
          dataset,
          column,
          tag,
          by: changing.by,
          at: changing.at,
        };
        const key = keyOf(patch);
        const other = asked.get(key);
        if (other !== undefined && other !== action) {
          problem(`"${tag}" is both added to ${about} and removed from it`);
          continue;
        }
        asked.set(key, action);
        // What stood already keeps its author and time: sent again, the same changes nothing.
        if (action === 'add') {
          after.set(key, own.get(key) ?? patch);
          continue;
        }
        // Also what was put on another node that had this name then.
        const mine = [...(own.has(key) ? [key] : []), ...(named.get(nameOf(patch)) ?? []).map(keyOf)];
        removeTag(place, patch, mine.length > 0, { problem, warn: (text) => warnings.add(text), about });
        for (const one of mine) after.delete(one);
      }
  });
  told.throwAny();

  const others = before.filter(({ tool }) => tool !== source);
  const removed = [...own.keys()].filter((key) => !after.has(key)).length;
  return {
    patches: inOrder([...others, ...after.values()]),
    added: [...after.keys()].filter((key) => !own.has(key)).length,
    removed,
    datasets: [...datasets].sort(),
    warnings: inBounds([...warnings]),
  };
}

function inBounds(texts: readonly string[]): readonly string[] {
  const more = texts.length - MOST_TOLD;
  return more > 0 ? [...texts.slice(0, MOST_TOLD), `and ${more} more`] : texts;
}

interface Place {
  readonly node: string;
  readonly dataset: string;
  readonly column: string | null;
  readonly tags: readonly TagAssignment[];
}

function placeOf(
  change: TagChange,
  changing: Changing,
  problem: (text: string) => void,
  full: () => boolean,
): Place | null {
  const didYouMean = (word: string, known: Iterable<string>) => {
    const near = full() ? null : nearest(word, known);
    return near === null ? '' : ` (did you mean "${near}"?)`;
  };
  const target = changing.find(change.dataset);
  if (target === null) {
    problem(`there is no dataset "${change.dataset}"${didYouMean(change.dataset, changing.names)}`);
    return null;
  }
  const { node, dataset, tags, columns } = target;
  const wanted = change.column ?? null;
  if (wanted === null) return { node, dataset, column: null, tags };
  const exact = columns.filter(({ name, folded }) => name === wanted || folded === wanted);
  const found =
    exact.length > 0 ? exact : columns.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const [column, second] = found;
  if (column === undefined) {
    const near = didYouMean(
      wanted,
      columns.map(({ name }) => name),
    );
    problem(`${dataset} has no column "${wanted}"${near}`);
    return null;
  }
  if (second !== undefined) {
    problem(`${dataset} has several columns "${wanted}" that differ in case: spell the one that is meant`);
    return null;
  }
  return { node, dataset, column: column.folded, tags: column.tags };
}

function usableTag(text: string, problem: (text: string) => void): string | null {
  const tag = normaliseTag(text);
  if (tag === null) problem('a tag is empty');
  else if (tag === 'dbt' || tag.startsWith('dbt.'))
    problem(`"${tag}": dbt. is for tags that follow from dbt`);
  else return tag;
  return null;
}

/** A tool takes back what it put there; what others say is theirs to take back, and is named with its place. */
function removeTag(
  { tags }: Place,
  { tool, tag }: TagPatch,
  own: boolean,
  say: { problem(text: string): void; warn(text: string): void; readonly about: string },
): void {
  const source = tags.find((assignment) => assignment.tag === tag)?.source;
  const still = source === undefined ? null : whoseTag(source);
  const others = !(source?.kind === 'patched' && source.via === tool);
  if (own && still !== null && others) say.warn(`${say.about} keeps "${tag}": ${still}`);
  if (own) return;
  if (still !== null) say.problem(`"${tag}" of ${say.about} cannot be taken away: ${still}`);
  else say.warn(`${say.about} has no tag "${tag}" to take away`);
}

function whoseTag(source: TagAssignment['source']): string {
  const file = source.file === null ? '' : ` in ${source.file}`;
  switch (source.kind) {
    case 'explicit':
      return `it is declared${file} (${source.via}); change it there`;
    case 'derived':
      return `it follows from what dbt says${file} (${source.via})`;
    case 'propagated': {
      const [origin] = source.path;
      const where = origin === undefined ? '' : ` from ${origin.dataset}.${origin.column}`;
      return `it comes along lineage${where}; take it away there, or say \`declassify\` in dbt`;
    }
    case 'patched':
      return `${source.via} put it there; only as that source can it be taken away`;
    default:
      return source satisfies never;
  }
}

/** What a patch holds for beside its node: whatever has that dataset id. */
const nameOf = ({ dataset, column, tag }: TagPatch): string => JSON.stringify([dataset, column, tag]);

const keyOf = ({ node, column, tag }: TagPatch): string => JSON.stringify([node, column, tag]);

function inOrder(patches: readonly TagPatch[]): readonly TagPatch[] {
  return patches
    .map((patch) => ({ patch, key: `${patch.tool}\n${patch.dataset}\n${keyOf(patch)}` }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ patch }) => patch);
}

function teller() {
  const problems: string[] = [];
  let more = 0;
  return {
    full: () => problems.length >= MOST_TOLD,
    problem(text: string): void {
      if (problems.length < MOST_TOLD) problems.push(text);
      else more += 1;
    },
    throwAny(): void {
      const [first] = problems;
      if (first === undefined) return;
      throw new SluiceError(
        'tags_invalid',
        problems.length + more === 1 ? first : `The tag changes have ${problems.length + more} problems`,
        {
          details: more > 0 ? [...problems, `and ${more} more`] : problems,
          hint: 'Nothing was changed.',
        },
      );
    },
  };
}
