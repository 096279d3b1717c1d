/** Functions of texts that DuckDB has under no single name, with PostgreSQL's meaning. */
import type { SelectStmt } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';
import type { Node } from '../tree.ts';
import { call, cast, column, NULL, operation, text, when, whole } from './build.ts';
import { calledAs, constant, type Form, type Forms, isNull } from './spell-form-duckdb.ts';
import { unsupported } from './unsupported.ts';

/** NULL where any part is. */
const overlay: Form = ([value, other, from, length]) => {
  const start = 'A_Const' in from! ? (from.A_Const.ival?.ival ?? 0) : 0;
  if (start < 1) throw unsupported('OVERLAY from a place that is not written out', 'Use left, right and ||.');
  const kept = length ?? call('length', other!);
  const head = operation('||', call('left', value!, whole(start - 1)), other!);
  return operation('||', head, call('substr', value!, operation('+', whole(start), kept)));
};

const normalized = (form: Node | undefined): void => {
  if (form !== undefined && constant(form) !== 'NFC') throw unsupported('A normal form other than NFC');
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
  const written = constant(pattern);
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
      const isConstant = 'A_Const' in value;
      if (!isConstant && !ALIKE.has(families[next] ?? 'unknown'))
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

function padded(name: 'lpad' | 'rpad'): Form {
  return (args) => (args.length === 2 ? call(name, ...args, text(' ')) : undefined);
}

/** Words begin after what is neither letter nor digit. */
const initcap: Form = ([value], { fresh }) => {
  const words = fresh();
  const parts = call('regexp_extract_all', value!, text('[\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+'));
  const word = column(words, 'word');
  const made = call(
    'concat',
    call('upper', call('left', word, whole(1))),
    call('lower', call('substr', word, whole(2))),
  );
  const each = plainSelect([
    target('word', call('unnest', parts)),
    target('place', call('unnest', call('range', call('len', parts)))),
  ]);
  const all: SelectStmt = {
    ...plainSelect([
      target('joined', {
        FuncCall: {
          ...calledAs('string_agg'),
          args: [made, text('')],
          agg_order: [
            {
              SortBy: {
                node: column(words, 'place'),
                sortby_dir: 'SORTBY_DEFAULT',
                sortby_nulls: 'SORTBY_NULLS_DEFAULT',
              },
            },
          ],
        },
      }),
    ]),
    fromClause: [{ RangeSubselect: { subquery: { SelectStmt: each }, alias: { aliasname: words } } }],
  };
  const subquery: Node = { SubLink: { subLinkType: 'EXPR_SUBLINK', subselect: { SelectStmt: all } } };
  return when(isNull(value!), cast(NULL, 'text'), { CoalesceExpr: { args: [subquery, text('')] } });
};

const target = (name: string, val: Node): Node => ({ ResTarget: { name, val } });
const plainSelect = (targetList: Node[]): SelectStmt => ({
  targetList,
  limitOption: 'LIMIT_OPTION_DEFAULT',
  op: 'SETOP_NONE',
});

export const TEXT_FORMS: Forms = [
  ['format', format],
  ['initcap', initcap],
  ['is_normalized', isNormalized],
  ['lpad', padded('lpad')],
  ['normalize', normalize],
  ['overlay', overlay],
  ['rpad', padded('rpad')],
];
