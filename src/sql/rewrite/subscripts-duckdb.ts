/** Subscripts as PostgreSQL means them: its arrays begin at 1, where DuckDB counts negative ones from the end. */
import type { A_Indices } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { close, open } from '../walk.ts';
import { operation, when, whole } from './build.ts';

/** @param step of an indirection, in DuckDB's dialect; fields pass as they are. */
export function fromTheStart(step: Node): Node {
  const { tag, body } = open(step);
  if (tag !== 'A_Indices') return step;
  const { is_slice, lidx, uidx } = body as A_Indices;
  return close('A_Indices', {
    ...body,
    ...(lidx === undefined ? {} : { lidx: atLeast(lidx, 1) }),
    ...(uidx === undefined ? {} : { uidx: atLeast(uidx, 0) }),
    ...(is_slice === true && uidx !== undefined && lidx === undefined ? { lidx: whole(1) } : {}),
  });
}

/** Element 0 is NULL, and so is one before it. */
function atLeast(index: Node, least: number): Node {
  if ('A_Const' in index && index.A_Const.ival !== undefined) {
    return (index.A_Const.ival.ival ?? 0) < least ? whole(least) : index;
  }
  if ('A_Const' in index) return index;
  return when(operation('<', index, whole(least)), whole(least), index);
}
