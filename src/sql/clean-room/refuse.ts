/** What a clean room says to a query that it does not take: what was wrong, and what it would take, in names that the caller may see. */
import type { SluiceError } from '../../errors.ts';
import { fault } from '../resolve/fault.ts';
import type { Lattice, LatticeDimension } from './lattice.ts';

export interface Refusing {
  readonly text: string;
  readonly lattice: Lattice;
}

/** @param location UTF-8 byte offset as the tree carries it. */
export function refuseShape(
  { text, lattice }: Refusing,
  message: string,
  location?: number | undefined,
): SluiceError {
  return fault(text, 'clean_room_shape', `${message}.`, location, permitted(lattice));
}

/** In words: what may be asked of the dataset. */
export function permitted({ fact, measures, joins, filters, noise }: Lattice): string {
  const { rule, dimensions, unit, governed } = fact;
  const names = (of: readonly { readonly column: { readonly name: string } }[]): string =>
    of.map(({ column }) => column.name).join(', ');
  const parts = [
    `${governed.dataset.id} answers count(*)`,
    ...(measures.length === 0 ? [] : [`, sum, avg and count of ${names(measures)}`]),
    ...(rule.one_row_per_unit && !governed.decision.hidden.includes(unit.folded)
      ? [`, count(distinct ${unit.name})`]
      : []),
    dimensions.length === 0
      ? ' over all of it'
      : `; GROUP BY and WHERE take ${dimensions.map(cut).join(', ')}`,
    filters.length === 0 ? '' : `; WHERE takes ${names(filters)} as well`,
  ];
  const blurred = noise === null ? '' : ' Every answer is noisy.';
  const joined = joins.map(({ member, on }) => {
    const keys = on.map(({ column, other }) =>
      column.name === other.name ? column.name : `${column.name} = ${other.name}`,
    );
    const cuts = member.dimensions.length === 0 ? '' : ` with ${member.dimensions.map(cut).join(', ')}`;
    return `${member.governed.dataset.id} ON ${keys.join(' AND ')}${cuts}`;
  });
  return `${parts.join('')}${joined.length === 0 ? '' : `; JOIN or LEFT JOIN ${joined.join('; ')}`}. Groups of fewer than ${rule.min_group_size} are left out.${blurred}`;
}

/** A dimension by its name, and how it was made coarse: the values are those, whatever the query does with them. */
function cut({ column: { name }, mask }: LatticeDimension): string {
  switch (mask?.kind) {
    case undefined:
      return name;
    case 'truncate_date':
      return `${name} (by ${mask.to})`;
    case 'round':
      return `${name} (rounded to ${mask.to})`;
    case 'bucket':
      return 'width' in mask
        ? `${name} (in steps of ${mask.width})`
        : `${name} (between ${mask.boundaries.join(', ')})`;
    default:
      return mask satisfies never;
  }
}
