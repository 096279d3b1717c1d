/** Casts in DuckDB's words, and what PostgreSQL reads from a text that is cast: intervals, bytes, arrays. */
import type { TypeCast } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';
import { typeNamed } from '../guard/types.ts';
import type { Ranges } from '../resolve/types.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, open } from '../walk.ts';
import { arrayElements } from './array-literal.ts';
import { NULL, text } from './build.ts';
import { isUnbounded, unboundedDecimal } from './decimals-duckdb.ts';
import { plainInterval } from './interval-literals-duckdb.ts';
import { writtenHex } from './spell-bytes-duckdb.ts';
import { noLowering, unsupported } from './unsupported.ts';

/** @param written what is cast, before it was lowered. */
export function lowerCast(
  body: TypeCast,
  again: (child: Node) => Node,
  written: Node,
  lowering: { readonly params: readonly ParamValue[]; readonly ranges: Ranges },
): Node {
  const typeName = body.typeName!;
  const dotted = (typeName.names ?? []).map((part) => open(part).body.sval as string).join('.');
  const entry = typeNamed(dotted);
  if (entry === undefined) throw noLowering(`type ${dotted}`);
  if (entry.family === 'interval') {
    const plain = plainInterval(body.arg!, typeName);
    if (plain !== undefined) return plain;
  }
  if (isUnbounded(typeName)) return unboundedDecimal(body, written, lowering);
  const names = entry.duckdb.split('.').map((sval): Node => ({ String: { sval } }));
  const hex = entry.family === 'bytes' ? writtenHex(body.arg!) : undefined;
  if (hex !== undefined && typeName.arrayBounds === undefined) return hex;
  const elements = (typeName.arrayBounds ?? []).length === 1 ? writtenElements(body.arg!) : undefined;
  const arg = elements === undefined ? body.arg! : again(elements);
  const { typmods, ...rest } = typeName;
  if (typmods === undefined || !PRECISE.has(entry.family))
    return close('TypeCast', { ...body, arg, typeName: { ...typeName, names } });
  const [digits] = typmods;
  if (digits === undefined || !('A_Const' in digits) || digits.A_Const.ival?.ival !== FINEST)
    throw unsupported(`A precision of ${entry.written}`, 'Use date_trunc.');
  return close('TypeCast', { ...body, arg, typeName: { ...rest, names } });
}

/** Times have a precision, which DuckDB would read as another type; all of it is what there is without one. */
const PRECISE: ReadonlySet<TypeFamily> = new Set(['time', 'timestamp', 'timestamptz']);
const FINEST = 6;

/** `'{a,b}'`, the text of an array, as an array; with its cast around each element, if it has one. */
export function writtenElements(node: Node): Node | undefined {
  if ('TypeCast' in node && node.TypeCast.typeName?.arrayBounds?.length === 1) {
    const inner = writtenElements(node.TypeCast.arg!);
    if (inner === undefined || !('A_ArrayExpr' in inner)) return undefined;
    const { arrayBounds: _, ...typeName } = node.TypeCast.typeName;
    const elements = (inner.A_ArrayExpr.elements ?? []).map((arg): Node => ({ TypeCast: { arg, typeName } }));
    return { A_ArrayExpr: { elements } };
  }
  if (!('A_Const' in node) || node.A_Const.sval === undefined) return undefined;
  const written = node.A_Const.sval.sval ?? '';
  const elements = arrayElements(written);
  if (elements === undefined) {
    if (/^\s*\{/.test(written)) throw unsupported('This text of an array', 'Write ARRAY[…].');
    return undefined;
  }
  return { A_ArrayExpr: { elements: elements.map((one) => (one === null ? NULL : text(one))) } };
}
