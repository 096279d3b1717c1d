/** Functions of texts that DuckDB has under no single name, with PostgreSQL's meaning. */
import type { TypeFamily } from '../../catalogue/dataset.ts';
import type { Node } from '../tree.ts';
import { call, operation, text, whole } from './build.ts';
import { unsupported } from './unsupported.ts';

type Form = (
  args: readonly Node[],
  spelling: { readonly families: readonly TypeFamily[] },
) => Node | undefined;

const literal = (node: Node | undefined): string | null =>
  node !== undefined && 'A_Const' in node && node.A_Const.sval !== undefined
    ? (node.A_Const.sval.sval ?? '')
    : null;

/** NULL where any part is. */
const overlay: Form = ([value, other, from, length]) => {
  const start = 'A_Const' in from! ? (from.A_Const.ival?.ival ?? 0) : 0;
  if (start < 1) throw unsupported('OVERLAY from a place that is not written out', 'Use left, right and ||.');
  const kept = length ?? call('length', other!);
  const head = operation('||', call('left', value!, whole(start - 1)), other!);
  return operation('||', head, call('substr', value!, operation('+', whole(start), kept)));
};

const normalized = (form: Node | undefined): void => {
  if (form !== undefined && literal(form) !== 'NFC') throw unsupported('A normal form other than NFC');
};

const normalize: Form = ([value, form]) => {
  normalized(form);
  return call('nfc_normalize', value!);
};

const isNormalized: Form = ([value, form]) => {
  normalized(form);
  return operation('=', value!, call('nfc_normalize', value!));
};

/** Families whose values both engines write alike. */
const ALIKE: ReadonlySet<TypeFamily> = new Set(['text', 'integer', 'decimal', 'date', 'uuid']);

/** `%s` and `%2$s`; a value that is NULL is written as nothing. */
const format: Form = ([pattern, ...values], { families }) => {
  const written = literal(pattern);
  if (written === null) throw unsupported('format with a pattern that is no literal', 'Use concat or ||.');
  const parts: Node[] = [];
  let next = 0;
  let at = 0;
  const words = /%(?:(\d{1,3})\$)?(.)?/gs;
  for (const word of written.matchAll(words)) {
    if (word.index > at) parts.push(text(written.slice(at, word.index)));
    at = word.index + word[0].length;
    if (word[2] === '%' && word[1] === undefined) parts.push(text('%'));
    else {
      if (word[2] !== 's')
        throw unsupported('A pattern of format with more than %s', 'Use quote_ident, lpad or rpad.');
      next = word[1] === undefined ? next + 1 : Number(word[1]);
      const value = values[next - 1];
      if (value === undefined) throw unsupported('format with fewer values than its pattern names');
      const constant = 'A_Const' in value;
      if (!constant && !ALIKE.has(families[next] ?? 'unknown'))
        throw unsupported(
          'format of a value that the engines write differently',
          'Cast it to text in the form that you want.',
        );
      parts.push(value);
    }
  }
  if (at < written.length) parts.push(text(written.slice(at)));
  return parts.length === 0 ? text('') : call('concat', ...parts);
};

/** By the name of the function. */
export const TEXT_FORMS: readonly (readonly [string, Form])[] = [
  ['format', format],
  ['is_normalized', isNormalized],
  ['normalize', normalize],
  ['overlay', overlay],
];
