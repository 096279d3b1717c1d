/** Takes `identity:` over from the changed file while the gate runs: whole and checked, on record before it holds; a bad file changes nothing. */
import { unwatchFile, watchFile } from 'node:fs';
import type { Config } from '../config.ts';
import type { Observe } from '../observe.ts';

export interface ReloadOptions {
  /** Reads the file again. @throws SluiceError config_invalid, development_only */
  readonly reread: () => Config;
  /** @throws where it cannot be taken over, and then nothing has changed */
  readonly apply: (next: Config) => Promise<void>;
  readonly observe: Observe;
  /** Milliseconds between two looks at the file. */
  readonly intervalMs?: number;
}

export interface Reloading {
  /** As a change of the file would; resolves once it is done, and never rejects. */
  now(): Promise<void>;
  close(): void;
}

/** Looks at the file by its path, so that one that is replaced, or is a link to another, is seen as well. */
export function reloadOnChange(first: Config, options: ReloadOptions): Reloading {
  const { reread, apply, observe, intervalMs = 1_000 } = options;
  let current = first;
  let turn: Promise<void> = Promise.resolve();

  async function reload(): Promise<void> {
    try {
      const next = reread();
      const changed = Object.keys(next).filter((key) => !same(part(next, key), part(current, key)));
      if (changed.length === 0) return;
      if (changed.includes('identity')) await apply(next);
      // What it was opened with goes on: said once, and not again with the next change.
      observe({
        kind: 'config_reloaded',
        identity: changed.includes('identity'),
        restart: changed.filter((key) => key !== 'identity'),
      });
      current = next;
    } catch (error) {
      observe({ kind: 'config_refused', error });
    }
  }
  const now = (): Promise<void> => {
    turn = turn.then(reload);
    return turn;
  };
  const changed = (): void => void now();
  watchFile(first.file, { interval: intervalMs, persistent: false }, changed);
  return { now, close: () => unwatchFile(first.file, changed) };
}

const part = (config: Config, key: string): unknown => (config as Readonly<Record<string, unknown>>)[key];

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
