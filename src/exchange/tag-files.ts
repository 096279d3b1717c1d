/** The tags of other tools as files that `sluice tag` takes: one a tool, all that it says. */
import { stringify } from 'yaml';
import type { TagPatch } from '../tags/patch.ts';

export function tagFiles(patches: readonly TagPatch[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const [tool, own] of Map.groupBy(patches, (patch) => patch.tool)) {
    // Tools choose their names, within bounds that a path could not leave; another release may have had others.
    const name = /^[a-z0-9][a-z0-9._-]*$/.test(tool) ? tool : Buffer.from(tool).toString('hex').slice(0, 100);
    const changes = [
      ...Map.groupBy(own, ({ dataset, column }) => JSON.stringify([dataset, column])).values(),
    ].map((same) => {
      const [first] = same;
      const column = first?.column ?? null;
      return {
        dataset: first?.dataset,
        ...(column === null ? {} : { column }),
        add: same.map(({ tag }) => tag),
      };
    });
    files.set(`tags/${name}.yml`, stringify({ source: tool, mode: 'replace', changes }, { lineWidth: 0 }));
  }
  return files;
}
