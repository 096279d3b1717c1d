/** Refusals of what the language has and one engine has not. */
import { SluiceError } from '../../errors.ts';
import { insteadOf } from '../guard/instead.ts';

export function unsupported(what: string, hint?: string): SluiceError {
  return new SluiceError(
    'sql_construct_refused',
    `${what} is not available on this engine`,
    hint === undefined ? {} : { hint },
  );
}

/** A function of the table that this engine has not, or not with these arguments. */
export function notHere(functionName: string, how = ''): SluiceError {
  return new SluiceError(
    'sql_function_refused',
    `The function ${functionName}${how} is not available on this engine`,
    { hint: insteadOf(functionName) ?? 'The reference says which engine has which function.' },
  );
}

/** An operator that this engine has not. */
export function noOperator(operator: string): SluiceError {
  const hint = insteadOf(operator);
  return new SluiceError(
    'sql_operator_refused',
    `The operator ${operator} is not available on this engine`,
    hint === undefined ? {} : { hint },
  );
}

/** What the guard let through and no lowering knows: a fault of ours. */
export function noLowering(what: string): SluiceError {
  return new SluiceError('rewrite_failed', undefined, { cause: `no lowering for ${what}` });
}
