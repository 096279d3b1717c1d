/** Functions of bytes that DuckDB has under no single name, with PostgreSQL's meaning. */
import type { Node } from '../tree.ts';
import { call, text } from './build.ts';
import { constant, type Form, type Forms } from './spell-form-duckdb.ts';
import { notHere } from './unsupported.ts';

/** DuckDB counts the bytes of a text under another name than those of bytes. */
const bytesOf: Form = ([value], { families }) =>
  families[0] === 'text' ? call('strlen', value!) : undefined;
const lengthOf: Form = ([value], { families }) =>
  families[0] === 'bytes' ? call('octet_length', value!) : undefined;

/** `'\xdeadbeef'`, bytes as PostgreSQL writes them; DuckDB would read one byte and letters. */
export function writtenHex(node: Node): Node | undefined {
  const digits = /^\\x((?:[0-9a-f]{2})*)$/i.exec(constant(node) ?? '')?.[1];
  return digits === undefined ? undefined : call('from_hex', text(digits));
}

/** PostgreSQL breaks base64 after every 76 characters. */
const encode: Form = ([written, format]) => {
  if (format === undefined) return undefined;
  const value = writtenHex(written!) ?? written;
  switch (constant(format)) {
    case 'hex':
      return call('lower', call('hex', value!));
    case 'base64':
      return call('regexp_replace', call('to_base64', value!), text('(.{76})'), text('\\1\n'), text('g'));
    default:
      throw notHere('encode', ' with this format');
  }
};

const decode: Form = ([value, format]) => {
  if (format === undefined) return undefined;
  switch (constant(format)) {
    case 'hex':
      return call('from_hex', value!);
    case 'base64':
      return call('from_base64', value!);
    default:
      throw notHere('decode', ' with this format');
  }
};

export const BYTES_FORMS: Forms = [
  ['decode', decode],
  ['encode', encode],
  ['length', lengthOf],
  ['octet_length', bytesOf],
];
