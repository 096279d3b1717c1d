/** The select list as ORDER BY, GROUP BY and DISTINCT ON look into it: by name and by expression, never one list through another. */
import type { Node } from '../tree.ts';
import type { QueryColumn } from './context.ts';
import { lazily } from './scope.ts';

/** An item of the select list; `value` is null for the columns of a set operation. */
export interface Target {
  readonly column: QueryColumn;
  readonly value: Node | null;
}

export interface Targets {
  readonly list: readonly Target[];
  /** The place of the item of that name. Several of one name are one answer as long as they hold the same expression. */
  readonly named: (name: string) => number | 'several' | null;
  /** The place of the first item that holds this expression. */
  readonly holding: (value: Node) => number | null;
}

export function targetsOf(list: readonly Target[]): Targets {
  const places = list.map((_, place) => place);
  const folded = lazily(() => Map.groupBy(places, (place) => list[place]!.column.name.toLowerCase()));
  const written = lazily(() => list.map(({ value }) => (value === null ? null : spelling(value))));
  const first = lazily(() => {
    const byValue = new Map<string, number>();
    for (const [place, value] of written().entries()) {
      if (value !== null && !byValue.has(value)) byValue.set(value, place);
    }
    return byValue;
  });
  const answers = new Map<string, number | 'several' | null>();
  const find = (name: string): number | 'several' | null => {
    const alike = folded().get(name.toLowerCase()) ?? [];
    const exact = alike.filter((place) => list[place]!.column.name === name);
    const [found, ...others] =
      exact.length > 0 ? exact : alike.filter((place) => list[place]!.column.insensitive);
    if (found === undefined) return null;
    const value = others.length === 0 ? null : written()[found];
    return others.every((place) => value !== null && written()[place] === value) ? found : 'several';
  };
  return {
    list,
    named(name) {
      const known = answers.get(name);
      if (known !== undefined) return known;
      const answer = find(name);
      answers.set(name, answer);
      return answer;
    },
    holding: (value) => (list.length === 0 ? null : (first().get(spelling(value)) ?? null)),
  };
}

/** The same for two resolved trees that say the same; offsets into the text do not count. */
function spelling(value: Node): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (/location$|_start$|_end$/.test(key)) return undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
