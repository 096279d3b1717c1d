/** Binds parameters to a prepared statement with the narrowest type that holds them: never pasted, never guessed from text. */
import duckdb from '@duckdb/node-bindings';
import type { WireParam } from './messages.ts';

const { Type } = duckdb;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/**
 * Binds `$1` to the highest that the statement uses; further values are of parts that were pruned away. DuckDB refuses a
 * statement whose numbers have gaps when it runs.
 * @throws RangeError when there are too few values
 */
export function bindParams(statement: duckdb.PreparedStatement, params: readonly WireParam[]): void {
  const used = duckdb.nparams(statement);
  if (used > params.length) throw new RangeError('a parameter is not bound');
  params.slice(0, used).forEach((value, i) => {
    bindParam(statement, i + 1, value);
  });
}

function bindParam(statement: duckdb.PreparedStatement, index: number, value: WireParam): void {
  if (value === null) duckdb.bind_null(statement, index);
  else if (typeof value === 'string') duckdb.bind_varchar(statement, index, value);
  else if (typeof value === 'boolean') duckdb.bind_boolean(statement, index, value);
  else if (typeof value === 'number') bindNumber(statement, index, value);
  else if ('bigint' in value) bindBigInt(statement, index, BigInt(value.bigint));
  else if ('bytes' in value) duckdb.bind_blob(statement, index, Buffer.from(value.bytes, 'base64'));
  else duckdb.bind_value(statement, index, listValue(value.list));
}

function bindNumber(statement: duckdb.PreparedStatement, index: number, value: number): void {
  if (!Number.isInteger(value) || Object.is(value, -0)) duckdb.bind_double(statement, index, value);
  else if (value === (value | 0)) duckdb.bind_int32(statement, index, value);
  else if (Number.isSafeInteger(value)) duckdb.bind_int64(statement, index, BigInt(value));
  else duckdb.bind_double(statement, index, value);
}

function bindBigInt(statement: duckdb.PreparedStatement, index: number, value: bigint): void {
  if (value <= INT64_MAX && value >= INT64_MIN) duckdb.bind_int64(statement, index, value);
  else duckdb.bind_hugeint(statement, index, value);
}

/** A list of one kind keeps it; anything mixed becomes texts. */
function listValue(items: readonly (string | number | boolean)[]): duckdb.Value {
  if (items.length > 0 && items.every((item) => typeof item === 'boolean')) {
    return duckdb.create_list_value(duckdb.create_logical_type(Type.BOOLEAN), items.map(duckdb.create_bool));
  }
  if (items.length > 0 && items.every((item) => Number.isSafeInteger(item))) {
    const values = items.map((item) => duckdb.create_int64(BigInt(item)));
    return duckdb.create_list_value(duckdb.create_logical_type(Type.BIGINT), values);
  }
  if (items.length > 0 && items.every((item) => typeof item === 'number')) {
    return duckdb.create_list_value(duckdb.create_logical_type(Type.DOUBLE), items.map(duckdb.create_double));
  }
  const texts = items.map((item) => duckdb.create_varchar(String(item)));
  return duckdb.create_list_value(duckdb.create_logical_type(Type.VARCHAR), texts);
}
