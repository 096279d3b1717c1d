/** Clean rooms whose rules are kept and yet show more of people than their author may have meant. */
import type { CleanRoomLimits } from '../catalogue/clean-room.ts';
import type { Column, Dataset, TypeFamily } from '../catalogue/dataset.ts';
import { type Finding, finding } from '../findings.ts';
import { cleanRoomsIn, type Snapshot } from '../snapshot.ts';
import { covers } from '../tags/tag.ts';

/** Below as many, whoever knows all others of a group knows too much of the last. */
const FEW = 5;

const MOMENTS: readonly TypeFamily[] = ['date', 'timestamp', 'timestamptz'];
const NUMBERS: readonly TypeFamily[] = ['integer', 'decimal', 'float'];

export function roomFindings({
  catalogue,
  policies,
}: Pick<Snapshot, 'catalogue' | 'policies'>): readonly Finding[] {
  return cleanRoomsIn({ catalogue, policies }).flatMap(({ dataset, rules, policy }) => {
    const found = catalogue.byId(dataset);
    return found === undefined ? [] : findingsOf(found, rules, policy);
  });
}

function findingsOf(dataset: Dataset, rules: CleanRoomLimits, policy: string | null): readonly Finding[] {
  const place = { dataset: dataset.id, policy };
  const small =
    rules.min_group_size < FEW
      ? [finding('room-small-groups', `groups of ${rules.min_group_size} are shown in ${rules.room}`, place)]
      : [];
  const dimensions = rules.dimensions.flatMap(({ column: name, mask }) => {
    const column = dataset.columns.find(({ folded }) => folded === name);
    if (column === undefined) return [];
    const at = { ...place, column: column.name };
    return [
      ...(isPersonal(column)
        ? [finding('room-dimension-personal', `is a dimension of ${rules.room}, and personal`, at)]
        : []),
      ...(mask === null && MOMENTS.includes(column.family)
        ? [
            finding('room-dimension-fine', `is a dimension of ${rules.room} as it is`, {
              ...at,
              hint: `{ column: ${column.name}, truncate_date: month }`,
            }),
          ]
        : []),
      ...(mask === null && NUMBERS.includes(column.family)
        ? [
            finding('room-dimension-fine', `is a dimension of ${rules.room} as it is`, {
              ...at,
              hint: `{ column: ${column.name}, bucket: 10 }`,
            }),
          ]
        : []),
    ];
  });
  return [...small, ...dimensions];
}

const isPersonal = ({ tags }: Column): boolean => tags.some(({ tag }) => covers('pii', tag));
