/** The keys of tokens as the configuration names them, from the environment or from files. Nothing of them is ever shown. */
import { readFileSync } from 'node:fs';
import type { Config } from '../config.ts';
import { SluiceError } from '../errors.ts';

interface Key {
  readonly id: string;
  readonly secret: Uint8Array;
}

const LEAST_BYTES = 32;
/** Beyond that it is most likely the wrong file. */
const MOST_BYTES = 4096;

/**
 * @param own the key that the gate keeps in its state: tokens made with it stay reversible when keys are configured.
 * @throws SluiceError config_invalid
 */
export function readTokenKeys(
  { keys: { tokenise } }: Pick<Config, 'keys'>,
  own: Uint8Array,
): { readonly current: Key; readonly all: ReadonlyMap<string, Key> } {
  const state: Key = { id: 'state', secret: own };
  const all = new Map([[state.id, state]]);
  for (const [id, given] of Object.entries(tokenise?.keys ?? {}))
    all.set(id, {
      id,
      secret: typeof given === 'string' ? Buffer.from(given, 'utf8') : readKey(id, given.file),
    });
  return { current: all.get(tokenise?.current ?? state.id) ?? state, all };
}

/** A line break at the end is the editor's. */
function readKey(id: string, file: string): Uint8Array {
  const bytes = read(id, file);
  const end = /\r?\n$/.exec(bytes.toString('latin1'))?.[0].length ?? 0;
  const secret = bytes.subarray(0, bytes.length - end);
  if (secret.length < LEAST_BYTES || secret.length > MOST_BYTES)
    throw new SluiceError(
      'config_invalid',
      `keys.tokenise.keys.${id}: the file must hold ${LEAST_BYTES} to ${MOST_BYTES} bytes: ${file}`,
    );
  return secret;
}

function read(id: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SluiceError('config_invalid', `keys.tokenise.keys.${id}: the file cannot be read: ${file}`, {
      cause,
    });
  }
}
