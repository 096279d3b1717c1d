/** The gate's end of one engine process: requests by id, answers in order, and a kill that always works. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../../errors.ts';
import { type Frame, FrameReader, headFrame } from './frames.ts';
import { MEMORY_SIGNAL, type OpenRequest, type Reply, type Request } from './messages.ts';

const START_TIMEOUT_MS = 20_000;

/** Gets every answer to one request; `lost` when the process ends before the last. */
export interface Receiver {
  receive(reply: Reply, body: Uint8Array): void;
  lost(why: Loss): void;
}

export interface Loss {
  readonly text: string;
  /** How many requests went down with a process that took too much memory; 0 where that was not why. */
  readonly tooLarge: number;
}

/** The process ended before a request had an answer, and as far as is known not because of that request: it may be made again. */
export class WorkerLost extends Error {
  readonly tooLarge: number;

  constructor({ text, tooLarge }: Loss) {
    super(text);
    this.tooLarge = tooLarge;
  }
}

export interface WorkerOptions {
  readonly open: OpenRequest;
  /** Bounds the threads that wait inside the engine's calls. */
  readonly concurrency: number;
  readonly onEnd: (why: string) => void;
}

export class Worker {
  readonly pid: number;
  private readonly process: ChildProcess;
  private readonly socket: Duplex;
  private readonly onEnd: (why: string) => void;
  private readonly receivers = new Map<number, Receiver>();
  private lastId = 0;
  private killedBecause: string | null = null;
  private ended = false;
  private held = false;

  private constructor(process: ChildProcess, onEnd: (why: string) => void) {
    this.process = process;
    this.pid = process.pid ?? 0;
    this.socket = process.stdio[3] as Duplex;
    this.onEnd = onEnd;
    const reader = new FrameReader((frame) => this.dispatch(frame));
    this.socket.on('data', (piece: Uint8Array) => {
      try {
        reader.push(piece);
      } catch {
        this.kill('spoke nonsense');
      }
    });
    // The exit event tells the same with its reason.
    this.socket.on('error', () => this.kill('closed its socket'));
    process.on('error', () => this.end('could not be started'));
    process.on('exit', (code, signal) => {
      if (this.killedBecause === null && signal === MEMORY_SIGNAL) this.end('took too much memory', true);
      else this.end(this.killedBecause ?? `exited with ${signal ?? code}`);
    });
  }

  /** @throws SluiceError with the process's code, WorkerLost when it could not be started */
  static async start(options: WorkerOptions): Promise<Worker> {
    const worker = new Worker(spawnChild(options.concurrency), options.onEnd);
    const timer = setTimeout(() => worker.kill('did not start in time'), START_TIMEOUT_MS);
    try {
      await worker.call(options.open);
      return worker;
    } catch (error) {
      worker.kill('could not open its data');
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  get alive(): boolean {
    return !this.ended && this.killedBecause === null;
  }

  /** Sends a request whose answers go to `receiver` until it calls `forget`. */
  open(request: Request, receiver: Receiver): number {
    this.lastId = (this.lastId + 1) >>> 0;
    const id = this.lastId;
    this.receivers.set(id, receiver);
    if (this.ended) queueMicrotask(() => receiver.lost({ text: 'ended', tooLarge: 0 }));
    else this.send(id, request);
    return id;
  }

  send(id: number, request: Request): void {
    if (this.ended) return;
    this.holdBack();
    this.socket.write(headFrame(id, request));
  }

  /** What is sent in one turn of the event loop leaves in one write: each write wakes the process. */
  private holdBack(): void {
    if (this.held) return;
    this.held = true;
    this.socket.cork();
    setImmediate(() => {
      this.held = false;
      this.socket.uncork();
    });
  }

  forget(id: number): void {
    this.receivers.delete(id);
  }

  /** One request, one answer. @throws SluiceError with the process's code, WorkerLost when it ended before */
  call(request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const id = this.open(request, {
        receive: (reply) => {
          this.forget(id);
          if (reply.kind === 'failed') reject(failure(reply.code, reply.text));
          else resolve(reply);
        },
        lost: (why) => reject(new WorkerLost(why)),
      });
    });
  }

  kill(why: string): void {
    if (this.ended || this.killedBecause !== null) return;
    this.killedBecause = why;
    this.process.kill('SIGKILL');
  }

  private dispatch({ id, head, body }: Frame): void {
    this.receivers.get(id)?.receive(head as Reply, body);
  }

  private end(why: string, tooLarge = false): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.destroy();
    const receivers = [...this.receivers.values()];
    this.receivers.clear();
    const loss = { text: why, tooLarge: tooLarge ? receivers.length : 0 };
    for (const receiver of receivers) receiver.lost(loss);
    this.onEnd(why);
  }
}

/** The engine's text goes to the log alone. */
export function failure(code: SluiceError['code'], text: string): SluiceError {
  return new SluiceError(code, undefined, {
    cause: new Error(text),
    ...(code === 'engine_unavailable' && { retryAfter: 1 }),
  });
}

function spawnChild(concurrency: number): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = fileURLToPath(new URL(`./child.${extension}`, import.meta.url));
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    // Nothing of the gate's environment, which may hold secrets. A call of the driver holds a libuv thread while it runs.
    env: { TZ: 'UTC', UV_THREADPOOL_SIZE: String(Math.min(1024, concurrency + 4)) },
    windowsHide: true,
  });
}
