/**
 * Functions of PostgreSQL that DuckDB has under no single name, said in several of DuckDB's with PostgreSQL's meaning. A
 * form that cannot keep the meaning for the arguments at hand refuses.
 */
import type { Node } from '../tree.ts';
import { type CastTarget, call, cast, operation, when, whole } from './build.ts';
import { BYTES_FORMS } from './spell-bytes-duckdb.ts';
import { branch, type Form, isNull, type Spelling } from './spell-form-duckdb.ts';
import { JSON_FORMS } from './spell-json-duckdb.ts';
import { MOMENT_FORMS } from './spell-moments-duckdb.ts';
import { PATTERN_FORMS } from './spell-patterns-duckdb.ts';
import { TEXT_FORMS } from './spell-texts-duckdb.ts';
import { unsupported } from './unsupported.ts';

function castTo(target: CastTarget): Form {
  return ([arg]) => cast(arg!, target);
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
  ...BYTES_FORMS,
  ...JSON_FORMS,
  ...MOMENT_FORMS,
  ...PATTERN_FORMS,
  ...TEXT_FORMS,
  ['array_lower', arrayLower],
  ['array_upper', arrayUpper],
  ['bool', castTo('boolean')],
  ['date', castTo('date')],
  ['float4', castTo('real')],
  ['float8', castTo('double')],
  ['if', ifThenElse],
  ['ifnull', ifNull],
  ['int2', castTo('smallint')],
  ['int4', castTo('integer')],
  ['int8', castTo('bigint')],
  ['num_nonnulls', counted(false)],
  ['num_nulls', counted(true)],
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
