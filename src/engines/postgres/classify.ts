/** The server's errors as codes, by SQLSTATE: its messages quote values, so nothing of them but the class is shown. */
import pg from 'pg';
import { type Code, SluiceError } from '../../errors.ts';

/** By SQLSTATE, or by its class of two characters where the whole one is not listed. */
const CODES_BY_STATE: Readonly<Record<string, Code>> = {
  // A read gone wrong on the way, or a server that is going down.
  '08': 'engine_unavailable',
  // Too few values were bound.
  '08P01': 'sql_parameter',
  // invalid authorization, no such database
  '28': 'engine_unavailable',
  '3D': 'engine_unavailable',
  // more than one row of a subquery used as an expression
  '21': 'invalid_argument',
  '22': 'invalid_argument',
  // A range in the wrong order, which is how a bounded part of a query ends: sql/rewrite/too-many.ts.
  '22000': 'too_many_rows',
  '22001': 'out_of_range',
  '22003': 'out_of_range',
  '22007': 'invalid_cast',
  '22008': 'out_of_range',
  '22012': 'division_by_zero',
  '22015': 'out_of_range',
  '22018': 'invalid_cast',
  '2201E': 'out_of_range',
  '2201F': 'out_of_range',
  '22032': 'invalid_cast',
  '22P02': 'invalid_cast',
  '22P03': 'invalid_cast',
  '25P03': 'engine_unavailable',
  '25P04': 'timeout',
  // A standby that must go on without the query.
  '40': 'engine_unavailable',
  // The relation, a column, or the role's right to it went since the last push.
  '3F': 'dataset_invalid',
  '42501': 'dataset_invalid',
  '42703': 'dataset_invalid',
  '42P01': 'dataset_invalid',
  // What the text means, beyond its grammar: grouping, windows, the columns of set operations and of DISTINCT.
  '42': 'sql_semantics',
  '0A000': 'sql_semantics',
  '54011': 'sql_semantics',
  '54023': 'sql_semantics',
  '42725': 'type_mismatch',
  '42804': 'type_mismatch',
  '42846': 'type_mismatch',
  '42883': 'type_mismatch',
  '42P21': 'type_mismatch',
  '42P22': 'type_mismatch',
  '42P38': 'type_mismatch',
  '42P02': 'sql_parameter',
  '42P18': 'sql_parameter',
  '53': 'out_of_memory',
  '53300': 'engine_unavailable',
  // `chr` and `repeat` of more than a text can hold
  '54000': 'invalid_argument',
  '55P03': 'engine_unavailable',
  '57014': 'timeout',
  '57': 'engine_unavailable',
  '58': 'engine_unavailable',
  XX001: 'engine_unavailable',
  XX002: 'engine_unavailable',
};

export function classify(state: string): Code {
  return CODES_BY_STATE[state] ?? CODES_BY_STATE[state.slice(0, 2)] ?? 'execution_failed';
}

/** Whether the connection has ended with it. */
export function isFatal(error: Error): boolean {
  return !(error instanceof pg.DatabaseError) || error.severity === 'FATAL' || error.severity === 'PANIC';
}

/** Kept plans that a change of the schema broke, or that a pooler between does not know (`26000`). */
export function isStalePlan(error: Error): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return error.code === '26000' || (error.code === '0A000' && error.routine === 'RevalidateCachedQuery');
}

/** The server's text goes to the log alone. */
export function failure(error: Error, stopped: 'cancelled' | 'timeout' | null = null): SluiceError {
  const state = error instanceof pg.DatabaseError ? (error.code ?? '') : '08000';
  const code = stopped ?? classify(state);
  return new SluiceError(code, undefined, {
    cause: new Error(`${state} ${error.message}`),
    ...(code === 'engine_unavailable' && { retryAfter: 1 }),
  });
}
