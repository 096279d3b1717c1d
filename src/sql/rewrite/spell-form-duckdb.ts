/** How a function is spelled in DuckDB's words: what every such form is given, and what many of them ask. */
import type { FuncCall } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';
import type { Node } from '../tree.ts';
import { call } from './build.ts';

export interface Spelling {
  /** What the arguments are, as far as can be told. */
  readonly families: readonly TypeFamily[];
  /** The call itself: an aggregate's order and filter. */
  readonly whole: FuncCall;
  /** Gives range names that the statement does not use yet. */
  readonly fresh: () => string;
}

/** @returns undefined where the plain call will do. */
export type Form = (args: readonly Node[], spelling: Spelling) => Node | undefined;

/** Forms by the name of the function. */
export type Forms = readonly (readonly [string, Form])[];

export const isNull = (arg: Node): Node => ({ NullTest: { arg, nulltesttype: 'IS_NULL' } });

/** The text that is written there; null where it is computed. */
export const constant = (node: Node | undefined): string | null =>
  node !== undefined && 'A_Const' in node && node.A_Const.sval !== undefined
    ? (node.A_Const.sval.sval ?? '')
    : null;

export const branch = (expr: Node, result: Node): Node => ({ CaseWhen: { expr, result } });

/** The same call under another name: its order, filter and frame stay. */
export function calledAs(name: string): Pick<FuncCall, 'funcname' | 'funcformat'> {
  const made = call(name) as { FuncCall: FuncCall };
  return { funcname: made.FuncCall.funcname!, funcformat: 'COERCE_EXPLICIT_CALL' };
}
