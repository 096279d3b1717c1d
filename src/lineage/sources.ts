/** What a value comes from: a set of columns of nodes, each with the functions on the way, and whether that is all of it. */
import type { ColumnOrigin } from './lineage.ts';

export interface Sources {
  readonly resolved: boolean;
  readonly origins: readonly ColumnOrigin[];
}

/** Literals, and whatever holds no data. */
export const NOTHING: Sources = Object.freeze({ resolved: true, origins: [] });

export const UNKNOWN: Sources = Object.freeze({ resolved: false, origins: [] });

export const fromColumn = (node: string, column: string | null): Sources => ({
  resolved: true,
  origins: [{ node, column }],
});

export function union(all: readonly Sources[]): Sources {
  const [first, ...rest] = all.filter((one) => one !== NOTHING);
  if (first === undefined) return NOTHING;
  if (rest.length === 0) return first;
  return {
    resolved: all.every(({ resolved }) => resolved),
    origins: distinct(all.flatMap(({ origins }) => origins)),
  };
}

export function unresolved({ origins }: Sources): Sources {
  return { resolved: false, origins };
}

/** The same after a function that may stop a tag. */
export function through(sources: Sources, word: string): Sources {
  if (sources.origins.length === 0) return sources;
  return {
    ...sources,
    origins: distinct(
      sources.origins.map((origin) => ({
        ...origin,
        through: [...new Set([...(origin.through ?? []), word])].sort(),
      })),
    ),
  };
}

export function sameSources(one: Sources, other: Sources): boolean {
  if (one === other) return true;
  if (one.resolved !== other.resolved || one.origins.length !== other.origins.length) return false;
  const keys = new Set(one.origins.map(keyOf));
  return other.origins.every((origin) => keys.has(keyOf(origin)));
}

const keyOf = ({ node, column, through: words = [] }: ColumnOrigin): string =>
  `${node}\n${column ?? '\n'}\n${words.join('\n')}`;

/** Of two ways from one column, the one that fewer functions lie on says it all. */
function distinct(origins: readonly ColumnOrigin[]): readonly ColumnOrigin[] {
  if (origins.length < 2) return origins;
  const ways = new Map<string, ColumnOrigin[]>();
  for (const origin of origins) {
    const key = `${origin.node}\n${origin.column ?? '\n'}`;
    const known = ways.get(key);
    if (known === undefined) ways.set(key, [origin]);
    else if (!known.some((way) => covers(way, origin)))
      ways.set(key, [...known.filter((way) => !covers(origin, way)), origin]);
  }
  return [...ways.values()].flat();
}

const covers = (one: ColumnOrigin, other: ColumnOrigin): boolean =>
  (one.through ?? []).every((word) => (other.through ?? []).includes(word));
