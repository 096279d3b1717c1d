/** Columns as dbt documents them, met with those that the warehouse has: names are matched as the adapter folds them, and no tag is lost on a name's case. */
import type { CatalogColumn, DbtColumn } from '../dbt/project.ts';
import { withTags } from '../tags/patch.ts';
import type { Column, TagAssignment, TypeFamily } from './dataset.ts';
import { comparedName, type Folding, lowerAscii, physicalName } from './fold.ts';
import { typeFamily, withoutLabels } from './types.ts';

export interface WarehouseColumn extends CatalogColumn {
  /** Where the engine told. */
  readonly family?: TypeFamily;
}

export interface ColumnsInput {
  readonly documented: readonly DbtColumn[];
  /** Parallel to `documented`. */
  readonly tags: readonly (readonly TagAssignment[])[];
  /** By lower-case name, what came from elsewhere than dbt; it holds for undocumented columns too. */
  readonly otherTags: ReadonlyMap<string, readonly TagAssignment[]>;
  /** In physical order; null where neither engine nor catalog.json knows the relation. */
  readonly warehouse: readonly WarehouseColumn[] | null;
  readonly folding: Folding;
  readonly adapter: string | null;
  readonly showUnclassified: boolean;
}

export interface MergedColumns {
  readonly columns: readonly Column[];
  /** Why the dataset cannot be served, or null. */
  readonly problem: string | null;
}

/** What dbt says about one physical column; several entries where their names differ in case only. */
interface Documentation {
  readonly first: DbtColumn;
  readonly tags: readonly TagAssignment[];
}

export function mergeColumns(input: ColumnsInput): MergedColumns {
  const documented = byComparedName(input);
  if (input.warehouse === null) {
    const columns = [...documented].map(([folded, doc]) => column(input, folded, doc.first, doc, null));
    return { columns: Object.freeze(columns), problem: null };
  }
  const present = new Set(input.warehouse.map(({ name }) => comparedName(name, input.folding)));
  const strays = [...documented].filter(([folded]) => !present.has(folded));
  const matched = new Set<Documentation>();
  const columns = input.warehouse.map((physical) => {
    const folded = comparedName(physical.name, input.folding);
    const exact = documented.get(folded);
    // Documented under a name that differs in case only: which column was meant is open, so the tags hold for each.
    const loose = strays
      .map(([, doc]) => doc)
      .filter((doc) => sameWithoutCase(doc.first.name, physical.name));
    for (const doc of loose) matched.add(doc);
    const docs = exact === undefined ? loose : [exact, ...loose];
    return column(input, folded, physical, docs.length === 0 ? null : docs.reduce(merge), physical);
  });
  for (const [folded, doc] of strays)
    if (!matched.has(doc)) columns.push(ghost(column(input, folded, doc.first, doc, null)));
  return {
    columns: Object.freeze(columns),
    problem: present.size < input.warehouse.length ? 'two of its columns differ in case only' : null,
  };
}

function byComparedName({ documented, tags, folding }: ColumnsInput): ReadonlyMap<string, Documentation> {
  const byName = new Map<string, Documentation>();
  documented.forEach((first, index) => {
    const folded = comparedName(physicalName(first.name, first.quoted, folding), folding);
    const doc = { first, tags: tags[index] ?? [] };
    const known = byName.get(folded);
    byName.set(folded, known === undefined ? doc : merge(known, doc));
  });
  return byName;
}

function merge(one: Documentation, other: Documentation): Documentation {
  const known = new Set(one.tags.map(({ tag }) => tag));
  const more = other.tags.filter(({ tag }) => !known.has(tag));
  return more.length === 0 ? one : { first: one.first, tags: Object.freeze([...one.tags, ...more]) };
}

function column(
  input: ColumnsInput,
  folded: string,
  named: { readonly name: string },
  doc: Documentation | null,
  physical: WarehouseColumn | null,
): Column {
  const written = physical?.type ?? doc?.first.type ?? null;
  const type = written === null ? null : withoutLabels(written);
  const tags = withTags(doc?.tags ?? NO_TAGS, othersOf(named.name, input.otherTags));
  return Object.freeze({
    name: named.name,
    folded,
    type,
    family: physical?.family ?? typeFamily(type, input.adapter),
    description: doc?.first.description ?? '',
    tags,
    state: doc === null ? 'unclassified' : tags.length > 0 ? 'documented' : 'untagged',
    exposed: doc !== null || input.showUnclassified,
  });
}

/** Lineage knows names in lower case beyond ASCII too. */
function othersOf(name: string, others: ColumnsInput['otherTags']): readonly TagAssignment[] {
  const [folded, lower] = [lowerAscii(name), name.toLowerCase()];
  const found = others.get(folded) ?? NO_TAGS;
  return folded === lower ? found : withTags(found, others.get(lower) ?? NO_TAGS);
}

const ghost = (documented: Column): Column =>
  Object.freeze({ ...documented, state: 'ghost', exposed: false });

const sameWithoutCase = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const NO_TAGS: readonly TagAssignment[] = Object.freeze([]);
