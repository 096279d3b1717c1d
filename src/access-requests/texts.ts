/** What people write to one another about a request: bounded, and without anything that a terminal or a header would take for more. */
import { SluiceError } from '../errors.ts';

const LONGEST = 1000;

/** @returns null where nothing is said. @throws SluiceError bad_request */
export function checkedText(
  name: string,
  given: string | undefined,
  { required = false }: { readonly required?: boolean } = {},
): string | null {
  const text = given?.trim() ?? '';
  if (text === '') {
    if (required) throw new SluiceError('bad_request', `\`${name}\` is needed: say why.`);
    return null;
  }
  if (text.length > LONGEST)
    throw new SluiceError('bad_request', `\`${name}\` takes at most ${LONGEST} characters.`);
  // Controls, and what turns the direction of a text around.
  if (/[^\P{C}\n\t\u200c\u200d]/u.test(text))
    throw new SluiceError('bad_request', `\`${name}\` takes text without control characters.`);
  // It goes into the audit and before the eyes of others.
  if (/eyJ[\w-]{8,}\.[\w-]{8,}/.test(text))
    throw new SluiceError('bad_request', `\`${name}\` holds what looks like a token.`);
  return text;
}
