/** The caller's values for $1, $2, …: JSON scalars, or flat lists of them; as many as the query names. */
import { SluiceError } from '../errors.ts';
import type { ParamValue } from './stages.ts';

const LONGEST_LIST = 10_000;

/**
 * @param values what the caller sent; undefined for none.
 * @param count the highest $n of the query.
 * @throws SluiceError sql_parameter, without the values.
 */
export function checkParameters(values: unknown, count: number): readonly ParamValue[] {
  const given = values ?? [];
  if (!Array.isArray(given)) throw wrong('Parameters are a list, one value for each $n.');
  if (given.length !== count) {
    throw wrong(`The query names ${count} parameter${count === 1 ? '' : 's'}; ${given.length} given.`);
  }
  return given.map((value: unknown, i) => {
    if (!Array.isArray(value)) return scalar(value, `$${i + 1}`);
    if (value.length > LONGEST_LIST) throw wrong(`$${i + 1} has more than ${LONGEST_LIST} elements.`);
    const items = value.map((item: unknown) => scalar(item, `$${i + 1}`));
    if (items.some((item) => item === null || typeof item !== typeof items[0])) {
      throw wrong(`The elements of $${i + 1} must be of one kind, without null.`);
    }
    return items as (string | number | boolean)[];
  });
}

function scalar(value: unknown, name: string): string | number | boolean | null {
  switch (typeof value) {
    case 'string':
      if (value.includes('\0')) throw wrong(`${name} holds a NUL character.`);
      return value;
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw wrong(`${name} is not a number that can be sent.`);
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        throw wrong(`${name} is too large for an exact number; send it as text with a cast.`);
      }
      return value;
    default:
      if (value === null) return null;
      throw wrong(`${name} must be a text, a number, true, false, null, or a list of these.`);
  }
}

function wrong(message: string): SluiceError {
  return new SluiceError('sql_parameter', message);
}
