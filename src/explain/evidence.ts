/** Which facts of a dataset, or of one of its columns, made a policy match it, each tag with where it came from. */
import type { Catalogue, Column, Dataset, TagAssignment, TagSource } from '../catalogue/dataset.ts';
import { globMatcher } from '../policies/glob.ts';
import { readSelector, type Selector, type SelectorAtom } from '../policies/selector.ts';
import { covers } from '../tags/tag.ts';

export interface Evidence {
  /** What the policy asks for, as it says it: `column_tag: pii`. */
  readonly on: string;
  /** The column that has it; null for a fact of the dataset. */
  readonly column: string | null;
  /** The tag that it found, null where the fact is none. */
  readonly tag: string | null;
  readonly from: TagSource | null;
}

export interface Matched {
  readonly catalogue: Catalogue;
  readonly environment: string;
  readonly dataset: Dataset;
  /** For masks: the one column that is asked about. */
  readonly column: Column | null;
}

/** @param written the policy as in its YAML; matching was done at push, this only tells what it found. */
export function evidenceOf(written: unknown, matched: Matched): readonly Evidence[] {
  const on = typeof written === 'object' && written !== null && 'on' in written ? written.on : null;
  const selector = readSelector(on, [], () => {});
  return selector === null ? [] : (find(selector, matched) ?? []);
}

/** Null where it does not match. */
function find(selector: Selector, matched: Matched): readonly Evidence[] | null {
  switch (selector.kind) {
    case 'everything':
      return [plain('everything')];
    case 'any': {
      const found = selector.args.map((arg) => find(arg, matched)).filter((one) => one !== null);
      return found.length === 0 ? null : found.flat();
    }
    case 'all': {
      const found = selector.args.map((arg) => find(arg, matched)).filter((one) => one !== null);
      return found.length < selector.args.length ? null : found.flat();
    }
    case 'not':
      return find(selector.arg, matched) === null ? [plain(`not ${words(selector.arg)}`)] : null;
    default:
      return findFact(selector, matched);
  }
}

const plain = (on: string, column: string | null = null): Evidence => ({ on, column, tag: null, from: null });

function words(selector: Selector): string {
  switch (selector.kind) {
    case 'everything':
      return 'everything';
    case 'any':
    case 'all':
      return `(${selector.args.map(words).join(selector.kind === 'any' ? ' or ' : ' and ')})`;
    case 'not':
      return `not ${words(selector.arg)}`;
    default:
      return `${selector.kind}: ${selector.value}`;
  }
}

function findFact(atom: SelectorAtom, { dataset, column, catalogue, environment }: Matched) {
  const on = words(atom);
  const when = (holds: boolean): readonly Evidence[] | null => (holds ? [plain(on)] : null);
  const is = globMatcher(atom.value);
  const columns = column === null ? dataset.columns : [column];
  switch (atom.kind) {
    case 'tag':
      return some(tagged(dataset.tags, atom.value, on, null));
    case 'column_tag':
      return some(columns.flatMap(({ tags, folded }) => tagged(tags, atom.value, on, folded)));
    case 'column_name':
      return some(
        columns.filter(({ folded }) => is(folded.toLowerCase())).map(({ folded }) => plain(on, folded)),
      );
    case 'column_type':
      return some(
        columns
          .filter(({ family }) => family === atom.value || family === 'unknown')
          .map(({ folded }) => plain(on, folded)),
      );
    case 'namespace':
      return when(is(dataset.namespace.toLowerCase()));
    case 'id':
      return when([dataset.id, ...dataset.names].some((name) => is(name.toLowerCase())));
    case 'level':
      return when(dataset.accessLevel === atom.value);
    case 'owner':
      return when(dataset.owner?.toLowerCase() === atom.value);
    case 'project':
      return when(
        catalogue.projects.some(
          ({ name, datasets }) => name.toLowerCase() === atom.value && datasets.includes(dataset.id),
        ),
      );
    case 'environment':
      return when(environment.toLowerCase() === atom.value);
    default:
      return atom.kind satisfies never;
  }
}

const some = (found: readonly Evidence[]): readonly Evidence[] | null => (found.length === 0 ? null : found);

function tagged(
  tags: readonly TagAssignment[],
  wanted: string,
  on: string,
  column: string | null,
): readonly Evidence[] {
  return tags
    .filter(({ tag }) => covers(wanted, tag))
    .map(({ tag, source }) => ({ on, column, tag, from: source }));
}
