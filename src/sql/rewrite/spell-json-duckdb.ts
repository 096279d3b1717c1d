/** Functions of JSON that DuckDB has under no single name, with PostgreSQL's meaning. */
import type { FuncCall } from '@pgsql/types';
import type { Node } from '../tree.ts';
import { quoteJsonPointer } from './array-literal.ts';
import { call, cast, operation, text } from './build.ts';
import { branch, calledAs, constant, type Form, type Forms } from './spell-form-duckdb.ts';
import { unsupported } from './unsupported.ts';

/** DuckDB's own are macros, which take no ORDER BY, FILTER or OVER. */
const jsonAgg: Form = ([value], { whole: written }) =>
  isPlain(written)
    ? undefined
    : call('to_json', { FuncCall: { ...written, ...calledAs('array_agg'), args: [value!] } });

const jsonObjectAgg: Form = ([key, value], { whole: written }) => {
  if (isPlain(written)) return undefined;
  const pair = call('concat', call('to_json', cast(key!, 'text')), text(':'), {
    CoalesceExpr: { args: [cast(call('to_json', value!), 'text'), text('null')] },
  });
  const pairs: Node = { FuncCall: { ...written, ...calledAs('string_agg'), args: [pair, text(',')] } };
  const made = operation('||', operation('||', text('{'), pairs), text('}'));
  return call('json_extract', made, text(''));
};

function isPlain({ agg_order, agg_filter, agg_distinct, over }: FuncCall): boolean {
  return agg_order === undefined && agg_filter === undefined && agg_distinct !== true && over === undefined;
}

const KINDS: Readonly<Record<string, string>> = {
  OBJECT: 'object',
  ARRAY: 'array',
  VARCHAR: 'string',
  BOOLEAN: 'boolean',
  NULL: 'null',
};

const typeOfJson: Form = ([value]) => ({
  CaseExpr: {
    arg: call('json_type', value!),
    args: [
      ...Object.entries(KINDS).map(([kind, name]): Node => branch(text(kind), text(name))),
      ...['BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'].map((kind) => branch(text(kind), text('number'))),
    ],
  },
});

function byPath(name: 'json_extract' | 'json_extract_string', alsoTwo: boolean): Form {
  return ([value, ...keys]) => {
    if (keys.length === 1 && !alsoTwo) return undefined;
    const written = keys.map(constant);
    if (written.includes(null)) throw unsupported('A path that is no literal', 'Chain -> and ->> instead.');
    return call(name, value!, text(quoteJsonPointer(written as string[])));
  };
}

export const JSON_FORMS: Forms = [
  ['json_agg', jsonAgg],
  ['json_extract_path', byPath('json_extract', false)],
  ['json_extract_path_text', byPath('json_extract_string', false)],
  ['json_object_agg', jsonObjectAgg],
  ['json_typeof', typeOfJson],
  ['jsonb_agg', jsonAgg],
  ['jsonb_extract_path', byPath('json_extract', true)],
  ['jsonb_extract_path_text', byPath('json_extract_string', true)],
  ['jsonb_object_agg', jsonObjectAgg],
  ['jsonb_typeof', typeOfJson],
];
