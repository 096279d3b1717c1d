/** Starts appending processes and reads what they acknowledge. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface Appender {
  readonly process: ChildProcess;
  /** Lines so far: request ids that were acknowledged, and `!code` for refusals. */
  readonly lines: readonly string[];
  /** Resolves when that many lines are there, or the process has ended. */
  until(count: number): Promise<void>;
  /** Resolves when the process has ended and its output is read, with its exit code or signal. */
  readonly ended: Promise<number | string>;
}

export function startAppender(args: readonly string[], before: readonly string[] = []): Appender {
  const command = [...before, process.execPath, join(import.meta.dirname, 'appender.ts'), ...args];
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const wakers: { count: number; wake: () => void }[] = [];
  let over = false;
  const wake = () => {
    for (const waker of wakers) if (over || lines.length >= waker.count) waker.wake();
  };
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    // What a kill cut short is no acknowledgement.
    rest = parts.pop() ?? '';
    lines.push(...parts);
    wake();
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    over = true;
    wake();
    return (code ?? signal) as number | string;
  });
  return {
    process: child,
    lines,
    until: (count) =>
      new Promise((resolve) => {
        wakers.push({ count, wake: resolve });
        wake();
      }),
    ended,
  };
}
