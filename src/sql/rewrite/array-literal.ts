/** Arrays that PostgreSQL lets be written as text, `{a,"b c",NULL}`, and paths made of them; DuckDB reads no such text. */
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import { unsupported } from './unsupported.ts';

/**
 * The elements of a one-dimensional array's text, null for NULL.
 *
 * @returns undefined for anything else: nested arrays, bounds, or text that is no array.
 */
export function arrayElements(written: string): readonly (string | null)[] | undefined {
  const inside = /^\s*\{(.*)\}\s*$/s.exec(written)?.[1];
  if (inside === undefined) return undefined;
  if (inside.trim() === '') return [];
  const elements: (string | null)[] = [];
  const element = /\s*(?:"((?:[^"\\]|\\.)*)"|([^",{}\\\s](?:[^",{}\\]*[^",{}\\\s])?))\s*(,|$)/gsy;
  while (element.lastIndex < inside.length) {
    const found = element.exec(inside);
    if (found === null) return undefined;
    const [, quoted, bare, end] = found;
    if (quoted !== undefined) elements.push(quoted.replace(/\\(.)/gs, '$1'));
    else elements.push(/^null$/i.test(bare!) ? null : bare!);
    if (end === '') return element.lastIndex === inside.length ? elements : undefined;
  }
  // A comma with nothing after it.
  return undefined;
}

/** A path of keys written out, as an array or as the text of one; undefined for any other. */
export function writtenPath(node: Node): readonly string[] | undefined {
  const { tag, body } = open(node);
  if (tag === 'TypeCast') return writtenPath(body.arg as Node);
  const elements =
    tag === 'A_ArrayExpr'
      ? ((body.elements as Node[] | undefined) ?? []).map(textOf)
      : arrayElements(textOf(node) ?? '');
  return elements?.every((one) => one !== null && one !== undefined) ? (elements as string[]) : undefined;
}

function textOf(node: Node): string | undefined {
  return 'A_Const' in node && node.A_Const.sval !== undefined ? (node.A_Const.sval.sval ?? '') : undefined;
}

/** Keys as a JSON pointer (RFC 6901): a number is a place of an array or a key of an object, as in PostgreSQL. */
export function quoteJsonPointer(keys: readonly string[]): string {
  if (keys.some((key) => /^-\d+$/.test(key))) throw unsupported('A place from the end in a path');
  return keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
