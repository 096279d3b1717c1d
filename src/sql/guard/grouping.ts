/** Counts the grouping sets that a GROUP BY spells out, since CUBE doubles them with each element. */
import type { GroupingSet, Node } from '@pgsql/types';

/** Items of GROUP BY multiply. */
export function groupingSets(items: readonly Node[]): number {
  return items.reduce((product, item) => product * setsOf(item), 1);
}

function setsOf(item: Node): number {
  if (!('GroupingSet' in item)) return 1;
  const set: GroupingSet = item.GroupingSet;
  const content = set.content ?? [];
  switch (set.kind) {
    case 'GROUPING_SET_ROLLUP':
      return content.length + 1;
    case 'GROUPING_SET_CUBE':
      return 2 ** content.length;
    case 'GROUPING_SET_SETS':
      return content.reduce((sum, inner) => sum + setsOf(inner), 0);
    default:
      return 1;
  }
}
