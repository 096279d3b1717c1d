/** How a command is asked to end. */
import { SluiceError } from '../errors.ts';

/** Ctrl-C reaches a whole group of processes, and whoever started this one may hand it on as well. */
const SAME_SIGNAL_MS = 1_000;

/** The first signal asks for an orderly end; one that comes later insists. */
export function askedToEnd(signals: readonly NodeJS.Signals[]): Promise<void> {
  return new Promise((asked) => {
    let first: number | null = null;
    for (const signal of signals)
      process.on(signal, () => {
        first ??= performance.now();
        if (performance.now() - first > SAME_SIGNAL_MS) process.exit(1);
        asked();
      });
  });
}

/** Aborts at the first signal. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => controller.abort(new SluiceError('cancelled')));
  return controller.signal;
}
