/**
 * Functions of PostgreSQL that DuckDB has under no single name, said in several of DuckDB's with PostgreSQL's meaning. A
 * form that cannot keep the meaning for the arguments at hand refuses.
 */
import type { FuncCall, SelectStmt } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';
import type { Node } from '../tree.ts';
import { quoteJsonPointer } from './array-literal.ts';
import { type CastTarget, call, cast, column, NULL, operation, text, when, whole } from './build.ts';
import { ANY_CHARACTER, groupsAlwaysMatch, takenPattern } from './patterns-duckdb.ts';
import { MOMENT_FORMS } from './spell-moments-duckdb.ts';
import { TEXT_FORMS } from './spell-texts-duckdb.ts';
import { notHere, unsupported } from './unsupported.ts';

export interface Spelling {
  /** What the arguments are, as far as can be told. */
  readonly families: readonly TypeFamily[];
  /** The call itself: an aggregate's order and filter. */
  readonly whole: FuncCall;
  /** Gives range names that the statement does not use yet. */
  readonly fresh: () => string;
}

/** @returns undefined where the plain call will do. */
type Form = (args: readonly Node[], spelling: Spelling) => Node | undefined;

const isNull = (arg: Node): Node => ({ NullTest: { arg, nulltesttype: 'IS_NULL' } });
const constant = (node: Node | undefined): string | null =>
  node !== undefined && 'A_Const' in node && node.A_Const.sval !== undefined
    ? (node.A_Const.sval.sval ?? '')
    : null;

function castTo(target: CastTarget): Form {
  return ([arg]) => cast(arg!, target);
}

function padded(name: 'lpad' | 'rpad'): Form {
  return (args) => (args.length === 2 ? call(name, ...args, text(' ')) : undefined);
}

/** The first group of a pattern, or all of the match where it has none; NULL where nothing matches. */
function taken(value: Node, written: Node): Node {
  const { pattern, groups } = takenPattern(written);
  if (groups > 0 && !groupsAlwaysMatch(written)) throw optionalGroup();
  return when(
    call('regexp_matches', value, pattern, text(ANY_CHARACTER)),
    call('regexp_extract', value, pattern, whole(groups > 0 ? 1 : 0), text(ANY_CHARACTER)),
    null,
  );
}

const optionalGroup = () =>
  unsupported('A group that may be left out', 'Put the question mark inside the group: (a?) for (a)?.');

const substring: Form = ([value, pattern, more]) => {
  if (constant(pattern) === null) return undefined;
  if (more !== undefined) throw unsupported('SUBSTRING with an escape', 'Use a regular expression.');
  return taken(value!, pattern!);
};

const regexpSubstr: Form = ([value, written]) => {
  const { pattern } = takenPattern(written!);
  return when(
    call('regexp_matches', value!, pattern, text(ANY_CHARACTER)),
    call('regexp_extract', value!, pattern, whole(0), text(ANY_CHARACTER)),
    null,
  );
};

const regexpMatch: Form = ([value, written]) => {
  const { pattern, groups } = takenPattern(written!);
  if (groups > 0 && !groupsAlwaysMatch(written!)) throw optionalGroup();
  const numbers = groups === 0 ? [0] : Array.from({ length: groups }, (_, i) => i + 1);
  const found = numbers.map((n) => call('regexp_extract', value!, pattern, whole(n), text(ANY_CHARACTER)));
  return when(
    call('regexp_matches', value!, pattern, text(ANY_CHARACTER)),
    call('list_value', ...found),
    null,
  );
};

const regexpCount: Form = ([value, written]) =>
  call(
    'len',
    call('regexp_extract_all', value!, takenPattern(written!).pattern, whole(0), text(ANY_CHARACTER)),
  );

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

/** DuckDB counts the bytes of a text under another name than those of bytes. */
const bytesOf: Form = ([value], { families }) =>
  families[0] === 'text' ? call('strlen', value!) : undefined;
const lengthOf: Form = ([value], { families }) =>
  families[0] === 'bytes' ? call('octet_length', value!) : undefined;

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

function calledAs(name: string): Pick<FuncCall, 'funcname' | 'funcformat'> {
  const made = call(name) as { FuncCall: FuncCall };
  return { funcname: made.FuncCall.funcname!, funcformat: 'COERCE_EXPLICIT_CALL' };
}

const target = (name: string, val: Node): Node => ({ ResTarget: { name, val } });
const plainSelect = (targetList: Node[]): SelectStmt => ({
  targetList,
  limitOption: 'LIMIT_OPTION_DEFAULT',
  op: 'SETOP_NONE',
});

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

/** In a zone: there the day begins when it does, and back. */
const dateTrunc: Form = ([field, value, zone]) =>
  zone === undefined
    ? undefined
    : call('timezone', zone, call('date_trunc', field!, call('timezone', zone, value!)));

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

const branch = (expr: Node, result: Node): Node => ({ CaseWhen: { expr, result } });

function byPath(name: 'json_extract' | 'json_extract_string', alsoTwo: boolean): Form {
  return ([value, ...keys]) => {
    if (keys.length === 1 && !alsoTwo) return undefined;
    const written = keys.map(constant);
    if (written.includes(null)) throw unsupported('A path that is no literal', 'Chain -> and ->> instead.');
    return call(name, value!, text(quoteJsonPointer(written as string[])));
  };
}

/** Both give NULL for an empty array, and for a dimension that is not there. */
const arrayUpper: Form = ([value, dimension]) => {
  firstDimension(dimension);
  return call('nullif', call('len', value!), whole(0));
};

const arrayLower: Form = ([value, dimension]) => {
  firstDimension(dimension);
  return when(operation('>', call('len', value!), whole(0)), whole(1), null);
};

function firstDimension(dimension: Node | undefined): void {
  const number = dimension !== undefined && 'A_Const' in dimension ? dimension.A_Const.ival?.ival : undefined;
  if (number !== 1) throw unsupported('A dimension other than 1');
}

function counted(nulls: boolean): Form {
  return (args) =>
    args
      .map((arg) => when(isNull(arg), whole(nulls ? 1 : 0), whole(nulls ? 0 : 1)))
      .reduce((sum, one) => operation('+', sum, one));
}

/** PostgreSQL computes with decimals; multiplied first, the quotient is exact for the numbers of everyday. */
const widthBucket: Form = ([value, low, high, count]) => {
  const [from, to, buckets] = [low, high, count].map(numberOf);
  if (from == null || to == null || buckets == null || from >= to || buckets < 1)
    throw unsupported(
      'width_bucket with computed or falling bounds',
      'Write the bounds as numbers, the lower one first.',
    );
  const distance = operation('-', high!, low!);
  const scaled = operation('/', operation('*', operation('-', value!, low!), count!), distance);
  return {
    CaseExpr: {
      args: [
        branch(operation('<', value!, low!), whole(0)),
        branch(operation('>=', value!, high!), operation('+', count!, whole(1))),
        branch(
          { NullTest: { arg: value!, nulltesttype: 'IS_NOT_NULL' } },
          operation('+', cast(call('floor', scaled), 'integer'), whole(1)),
        ),
      ],
    },
  };
};

function numberOf(node: Node | undefined): number | null {
  if (node === undefined) return null;
  if ('A_Expr' in node && node.A_Expr.lexpr === undefined) {
    const inner = numberOf(node.A_Expr.rexpr);
    return inner === null ? null : -inner;
  }
  if (!('A_Const' in node)) return null;
  const { ival, fval } = node.A_Const;
  return ival !== undefined ? (ival.ival ?? 0) : fval !== undefined ? Number(fval.fval) : null;
}

const ifThenElse: Form = ([condition, yes, no]) => when(condition!, yes!, no!);

const ifNull: Form = ([value, other]) => ({ CoalesceExpr: { args: [value!, other!] } });

/** By the name of the function. */
const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['array_lower', arrayLower],
  ['array_upper', arrayUpper],
  ['bool', castTo('boolean')],
  ['date', castTo('date')],
  ['date_trunc', dateTrunc],
  ['decode', decode],
  ['encode', encode],
  ['float4', castTo('real')],
  ['float8', castTo('double')],
  ['if', ifThenElse],
  ['ifnull', ifNull],
  ['initcap', initcap],
  ['int2', castTo('smallint')],
  ['int4', castTo('integer')],
  ['int8', castTo('bigint')],
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
  ...MOMENT_FORMS,
  ...TEXT_FORMS,
  ['length', lengthOf],
  ['lpad', padded('lpad')],
  ['num_nonnulls', counted(false)],
  ['num_nulls', counted(true)],
  ['octet_length', bytesOf],
  ['regexp_count', regexpCount],
  ['regexp_match', regexpMatch],
  ['regexp_substr', regexpSubstr],
  ['rpad', padded('rpad')],
  ['substring', substring],
  ['text', castTo('text')],
  ['timestamptz', castTo('timestamptz')],
  ['width_bucket', widthBucket],
]);

/** What stands for a call of this function in DuckDB; undefined where the function itself does. */
export function spelledInDuckDb(name: string, args: readonly Node[], spelling: Spelling): Node | undefined {
  return FORMS.get(name)?.(args, spelling);
}

/** The functions that have such a form. */
export const SPELLED: readonly string[] = [...FORMS.keys()];
