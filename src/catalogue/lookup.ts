/** The catalogue, frozen: datasets by id and by the names that SQL may use. Physical names are not among them. */
import type { Catalogue, Dataset, Project } from './dataset.ts';
import { asRead, lowerAscii } from './fold.ts';

/**
 * Dataset names are unique without case, quoted or not: `"Gold".Members` can mean one dataset only.
 *
 * @param searchPath namespaces for bare names, folded, in order.
 */
export function freezeCatalogue(
  datasets: readonly Dataset[],
  projects: readonly Project[],
  searchPath: readonly string[],
): Catalogue {
  const byName = new Map(
    datasets.flatMap((dataset) => dataset.names.map((name) => [name, dataset] as const)),
  );
  for (const [key, dataset] of readNames(datasets)) if (!byName.has(key)) byName.set(key, dataset);
  const find = (parts: readonly string[]) => byName.get(lowerAscii(parts.join('.')));
  const candidates = (parts: readonly string[]): readonly Dataset[] => {
    // A dot inside a part is no separator; dbt names, which come last, may hold one.
    if (parts.length < 1 || parts.length > 4 || parts.slice(0, -1).some((part) => part.includes('.')))
      return [];
    const qualified = parts.length === 1 ? undefined : find(parts);
    if (qualified !== undefined) return [qualified];
    if (parts.length > 2) return [];
    // `customers` and `customers.v2`.
    return searchPath.flatMap((namespace) => find([namespace, ...parts]) ?? []);
  };
  return Object.freeze({
    datasets: Object.freeze([...datasets]),
    projects: Object.freeze([...projects]),
    byId: (id: string) => byName.get(lowerAscii(id)),
    lookup: (parts: readonly string[]) => candidates(parts)[0],
    candidates,
  });
}

/** Names too long for the callers' grammar, as it reads them; two that read alike mean neither. */
function readNames(datasets: readonly Dataset[]): ReadonlyMap<string, Dataset> {
  const read = datasets.flatMap((dataset) =>
    dataset.names.flatMap((name) => {
      const short = name.replace(/[^.]+/g, asRead);
      return short === name ? [] : [[short, dataset] as const];
    }),
  );
  const count = Map.groupBy(read, ([short]) => short);
  return new Map(read.filter(([short]) => new Set(count.get(short)?.map(([, one]) => one)).size === 1));
}
