/** Where the CLI writes: standard output for answers, standard error for what is said about them. A reader that goes away ends the writing, not the program. */
import type { WriteStream } from 'node:tty';

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Part of a long answer, at the pace of its reader; false once the reader has gone. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Whether standard error is a terminal that can show progress. */
  readonly interactive: boolean;
  /** Characters in a line where standard output is a terminal, else null. */
  readonly width: number | null;
}

export type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/**
 * A screen obeys control characters, and a value, a name or a policy's text may hold any: they are blanked, line ends and
 * tabs aside. Files and pipes get every byte.
 */
function forScreen(text: string): string {
  return text.replace(/(?!\r?\n|\t)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

/** @param lost is told why answers can no longer be written; a closed pipe (`| head`) is none of it. */
export function terminalOn(stdout: Output, stderr: Output, lost: (error: Error) => void): Terminal {
  let gone = false;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!gone && error.code !== 'EPIPE') lost(error);
    gone = true;
  });
  // Nobody is left to be told.
  stderr.on('error', () => {});
  const screen = stdout.isTTY === true;
  const decoder = new TextDecoder();
  return {
    out: (text) => void (gone || stdout.write(screen ? forScreen(text) : text)),
    err: (text) => void stderr.write(text),
    async write(bytes) {
      const shown = screen ? forScreen(decoder.decode(bytes, { stream: true })) : bytes;
      if (!gone && !stdout.write(shown)) await drained(stdout);
      return !gone;
    },
    interactive: stderr.isTTY === true,
    width: stdout.isTTY === true ? (stdout.columns ?? null) : null,
  };
}

/** A failed stream closes and never drains. */
function drained(stream: Output): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of ENDS) stream.off(event, done);
      resolve();
    };
    for (const event of ENDS) stream.once(event, done);
  });
}

const ENDS = ['drain', 'error', 'close'] as const;

/** A line that is rewritten while work goes on, on terminals only; `clear` makes way for what stays. */
export function progress(terminal: Terminal): { step(text: string): void; clear(): void } {
  let shown = false;
  return {
    step(text) {
      if (!terminal.interactive) return;
      shown = true;
      terminal.err(`\r\u001b[K… ${text}`);
    },
    clear() {
      if (shown) terminal.err('\r\u001b[K');
      shown = false;
    },
  };
}
