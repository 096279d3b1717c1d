/** Refusals of what the language has and one engine has not. */
import { SluiceError } from '../../errors.ts';

export function unsupported(what: string): SluiceError {
  return new SluiceError('sql_construct_refused', `${what} is not available on this engine`);
}

/** A function of the table that this engine has not. */
export function notHere(functionName: string): SluiceError {
  return new SluiceError(
    'sql_function_refused',
    `The function ${functionName} is not available on this engine`,
    { hint: 'The reference says which engine has which function.' },
  );
}
