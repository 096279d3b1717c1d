/** Picks the store that the `state:` URL names. */
import { resolve } from 'node:path';
import { SluiceError } from '../errors.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store, StoreOptions } from './store.ts';

/**
 * `sqlite:PATH`, a relative path counting from the working directory.
 * Throws config_invalid for another URL, state_unavailable where the file cannot be used.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  const path = /^sqlite:(?:\/\/(?=\/))?((?!\/\/).+)$/.exec(url)?.[1];
  if (path === undefined) {
    throw new SluiceError('config_invalid', '`state` is not a state URL that this version knows', {
      hint: 'Write `sqlite:` and a path, as in `sqlite:.sluice/state.db`.',
    });
  }
  return openSqliteStore(resolve(path), options);
}
