/** The bound on the whole result: the caller's own LIMIT and OFFSET and the page asked for, as two constants that are always printed. */
import type { SelectStmt } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import { whole } from './build.ts';

export interface Page {
  /** Most rows that the engine may give; the caller of rewrite adds the one that tells whether there are more. */
  readonly limit: number;
  readonly offset: number;
}

/** @param params the caller's values, since `LIMIT $1` needs one now. */
export function limitResult(select: SelectStmt, page: Page, params: readonly ParamValue[]): SelectStmt {
  const own = boundOf(select.limitCount, params);
  const skip = boundOf(select.limitOffset, params) ?? 0;
  const left = own === null ? page.limit : Math.max(0, own - page.offset);
  const { limitCount: _, limitOffset: __, ...rest } = select;
  const offset = skip + page.offset;
  return {
    ...rest,
    limitCount: number(Math.min(left, page.limit)),
    ...(offset === 0 ? {} : { limitOffset: number(offset) }),
    limitOption: 'LIMIT_OPTION_COUNT',
  };
}

/** PostgreSQL keeps 31 bits as an integer and writes larger numbers as text. */
export function number(value: number): Node {
  return value < 2 ** 31 ? whole(value) : { A_Const: { fval: { fval: String(value) } } };
}

/** Null where there is no bound: no clause, ALL, or NULL. */
export function boundOf(node: Node | undefined, params: readonly ParamValue[]): number | null {
  if (node === undefined) return null;
  const { tag, body } = open(node);
  if (tag === 'TypeCast') return boundOf(body.arg as Node, params);
  if (tag === 'ParamRef') return wholeNumber(params[(body.number as number) - 1]);
  if (tag !== 'A_Const') throw new SluiceError('sql_limit');
  if (body.isnull === true) return null;
  const { ival, fval } = body as { ival?: { ival?: number }; fval?: { fval?: string } };
  if (ival !== undefined) return wholeNumber(ival.ival ?? 0);
  return wholeNumber(fval === undefined ? undefined : Number(fval.fval));
}

function wholeNumber(value: ParamValue | undefined): number | null {
  if (value === null) return null;
  const wanted = typeof value === 'bigint' ? Number(value) : value;
  if (typeof wanted === 'number' && Number.isSafeInteger(wanted) && wanted >= 0) return wanted;
  throw new SluiceError('sql_limit', undefined, {
    hint: 'Give a whole number, or a parameter that is bound to one.',
  });
}
