/** A tag on its way downstream: where it began and through which columns it came. Of several ways the shortest is told. */
import type { ColumnRef } from '../catalogue/dataset.ts';

export interface Carried {
  /** The file of the origin. */
  readonly file: string | null;
  /** From the column that has the tag of its own to the parent of the one that this is about. */
  readonly path: readonly ColumnRef[];
}

/** By tag. */
export type Tags = ReadonlyMap<string, Carried>;

/** By lower-case name. */
export type Columns = ReadonlyMap<string, Tags>;

export const NO_COLUMNS: Columns = new Map();

/** Longer ways are told without their middle. */
const LONGEST = 64;

export function extended({ file, path }: Carried, ref: ColumnRef): Carried {
  const kept = path.length < LONGEST ? path : [...path.slice(0, LONGEST / 2), ...path.slice(1 - LONGEST / 2)];
  return { file, path: [...kept, ref] };
}

/** Adds it unless a better way is known; whether it did. */
export function put(target: Map<string, Carried>, tag: string, carried: Carried): boolean {
  const known = target.get(tag);
  if (known !== undefined && !isBetter(carried, known)) return false;
  target.set(tag, carried);
  return true;
}

function isBetter(one: Carried, other: Carried): boolean {
  if (one.path.length !== other.path.length) return one.path.length < other.path.length;
  for (const [index, ref] of one.path.entries()) {
    const twin = other.path[index];
    if (twin === undefined || twin === ref) continue;
    if (ref.dataset !== twin.dataset) return ref.dataset < twin.dataset;
    if (ref.column !== twin.column) return ref.column < twin.column;
  }
  return false;
}

export function sameColumns(one: Columns, other: Columns): boolean {
  if (one.size !== other.size) return false;
  for (const [name, tags] of one) {
    const twin = other.get(name);
    if (twin === undefined || twin.size !== tags.size) return false;
    for (const [tag, { path }] of tags) {
      const way = twin.get(tag)?.path;
      if (way?.length !== path.length || !path.every((ref, index) => ref === way[index])) return false;
    }
  }
  return true;
}
