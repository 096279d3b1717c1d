/** Which columns of which datasets a resolved query reads, wherever in it they stand: for the record of use, never for enforcement. */
import type { ResolvedQuery } from './stages.ts';
import type { Node } from './tree.ts';
import { close, eachChild, isBlank, open } from './walk.ts';

/** Of one dataset; a query that reads more is told to read `*`. */
const MOST = 100;

/** `gold.members.region`, sorted. */
export function columnsRead({ tree, uses }: Pick<ResolvedQuery, 'tree' | 'uses'>): readonly string[] {
  const found = new Map<string, Set<string>>();
  look(close('SelectStmt', tree));
  return [...found]
    .flatMap(([dataset, columns]) =>
      columns.size > MOST ? [`${dataset}.*`] : [...columns].map((column) => `${dataset}.${column}`),
    )
    .sort();

  function look(node: Node): void {
    if (isBlank(node)) return;
    const { tag, body } = open(node);
    if (tag === 'ColumnRef') {
      const [range = '', column = ''] = ((body.fields as readonly Node[] | undefined) ?? []).map(
        (field) => open(field).body.sval as string,
      );
      note(range, column);
      return;
    }
    eachChild(node, look);
  }

  function note(range: string, name: string): void {
    const use = uses.get(range);
    const column = use?.columns.find((one) => one.name === name);
    if (use === undefined || column === undefined) return;
    const { id } = use.governed.dataset;
    const known = found.get(id) ?? new Set<string>();
    known.add(column.folded);
    found.set(id, known);
  }
}
