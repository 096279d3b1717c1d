/** Names and literals as text: every name quoted, every literal in the one notation that all engines read alike. */
import type { A_Const, Node } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';

/** Prints any node; handed down so that expressions and statements can hold each other. */
export type Print = (node: Node) => string;

/** Joins what is there by spaces. */
export function words(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** A fault of an earlier stage: the guard admits nothing that cannot be printed. */
export function unprintable(what: string): SluiceError {
  return new SluiceError('verify_failed', undefined, { cause: `cannot print ${what}` });
}

/** `a"b` as `"a""b"`. */
export function quoteName(name: string | undefined): string {
  if (name === undefined || name === '' || name.includes('\0')) throw unprintable('this name');
  return `"${name.replaceAll('"', '""')}"`;
}

/** A list of String nodes as a dotted name. */
export function quoteDotted(parts: readonly Node[] | undefined): string {
  return strings(parts).map(quoteName).join('.');
}

/** A list of String nodes as `("a", "b")`; nothing for an absent list. */
export function quoteList(parts: readonly Node[] | undefined): string {
  return parts === undefined || parts.length === 0 ? '' : `(${strings(parts).map(quoteName).join(', ')})`;
}

export function strings(parts: readonly Node[] | undefined): readonly string[] {
  return (parts ?? []).map((part) => {
    if (!('String' in part)) throw unprintable('a name that is not text');
    return part.String.sval ?? '';
  });
}

/** Standard quoting: a backslash is a backslash in PostgreSQL (standard_conforming_strings) and DuckDB. */
export function quoteText(text: string): string {
  if (text.includes('\0')) throw unprintable('a NUL byte');
  return `'${text.replaceAll("'", "''")}'`;
}

export function printConstant(constant: A_Const): string {
  if (constant.isnull === true) return 'NULL';
  if (constant.sval !== undefined) return quoteText(constant.sval.sval ?? '');
  if (constant.boolval !== undefined) return constant.boolval.boolval === true ? 'TRUE' : 'FALSE';
  if (constant.ival !== undefined) return printNumber(String(constant.ival.ival ?? 0));
  if (constant.fval !== undefined) return printNumber(constant.fval.fval ?? '');
  throw unprintable('this literal');
}

const DECIMAL = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A sign is kept apart from whatever stands before it. */
function printNumber(number: string): string {
  if (!DECIMAL.test(number)) throw unprintable('this number');
  return number.startsWith('-') ? `(${number})` : number;
}
