/**
 * The engine process: one locked DuckDB instance, served over the socket at file descriptor 3. It may be killed at any
 * moment, so it keeps no state of its own, and it ends when the gate does.
 */
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { totalmem } from 'node:os';
import duckdb from '@duckdb/node-bindings';
import { type Code, SluiceError } from '../../errors.ts';
import { duckdbWitness } from '../../sql/verify-duckdb.ts';
import { classify, isFatal } from './classify.ts';
import { QueryControl } from './control.ts';
import { describe } from './describe.ts';
import { execute, NotSelect } from './execute.ts';
import { FrameReader, headFrame, sealFrame } from './frames.ts';
import { openInstance } from './instance.ts';
import { MEMORY_SIGNAL, type OpenRequest, type Reply, type Request, type RunRequest } from './messages.ts';
import { Sessions } from './sessions.ts';

/** DuckDB's limit does not count every allocation (a single huge text, for one), so the process watches itself. */
const MEMORY_WATCH_MS = 200;
const MEMORY_SLACK = 768 << 20;
/** Of the machine, or of what the container may use, where no limit is configured: DuckDB itself takes up to 0.8. */
const MEMORY_SHARE = 0.85;

interface Instance {
  readonly catalog: string;
  readonly sessions: Sessions;
}

/** Serves one gate until the socket closes. */
function serve(socket: Socket): void {
  const running = new Map<number, QueryControl>();
  let instance: Instance | null = null;

  // What is told in one turn of the event loop leaves in one write: each write wakes the gate.
  let held = false;
  const write = (bytes: Uint8Array, written?: () => void): void => {
    if (!held) {
      held = true;
      socket.cork();
      setImmediate(() => {
        held = false;
        socket.uncork();
      });
    }
    socket.write(bytes, written);
  };
  const reply = (id: number, message: Reply): void => write(headFrame(id, message));
  const fail = (id: number, error: unknown): void => {
    const text = error instanceof Error ? error.message : String(error);
    // Not this query's fault: it is lost with the process, and tried again in the next one.
    if (/^FATAL Error/i.test(text)) {
      endNow();
      return;
    }
    const fatal = isFatal(text);
    const last: Reply = { kind: 'failed', code: codeOf(error, text), text, ...(fatal && { fatal }) };
    write(headFrame(id, last), () => {
      if (fatal) endNow();
    });
  };

  async function open(id: number, request: OpenRequest): Promise<void> {
    const database = await openInstance(request);
    instance = { catalog: request.catalog, sessions: new Sessions(database) };
    watchMemory(request.memoryLimit === null ? usable() * MEMORY_SHARE : request.memoryLimit + MEMORY_SLACK);
    reply(id, { kind: 'opened' });
  }

  async function run(id: number, request: RunRequest, { sessions }: Instance): Promise<void> {
    const control = new QueryControl(request.timeoutMs, request.stallMs);
    running.set(id, control);
    const session = await sessions.take(request.sql);
    control.attach(session.connection);
    try {
      await execute(session, request, control, (head, framed) => {
        for (const part of sealFrame(id, head, framed)) write(part);
      });
      session.settle(request.sql);
      if (control.stopped !== null)
        reply(id, { kind: 'failed', code: control.stopped, text: control.stopped });
    } catch (error) {
      session.forget(request.sql);
      if (control.stopped === null) fail(id, error);
      else reply(id, { kind: 'failed', code: control.stopped, text: String(error) });
    } finally {
      control.detach();
      running.delete(id);
      await session.end().then(
        () => sessions.give(session),
        // Its connection is left to the collector.
        () => {},
      );
    }
  }

  async function witness(id: number, sql: string, { sessions }: Instance): Promise<void> {
    const text = 'SELECT json_serialize_sql($1::VARCHAR)';
    const session = await sessions.take(text);
    try {
      const statement = await session.prepare(text);
      duckdb.bind_varchar(statement, 1, sql);
      const result = await duckdb.execute_prepared(statement);
      reply(id, { kind: 'witnessed', witness: duckdbWitness(firstText(result)) });
    } finally {
      sessions.give(session);
    }
  }

  async function describeAll(id: number, { sessions, catalog }: Instance): Promise<void> {
    const session = await sessions.take('');
    try {
      reply(id, { kind: 'described', relations: await describe(session.connection, catalog) });
    } finally {
      sessions.give(session);
    }
  }

  async function handle(id: number, request: Request): Promise<void> {
    if (request.kind === 'open') return open(id, request);
    if (request.kind === 'cancel') return running.get(id)?.stop('cancelled');
    if (request.kind === 'credit') return running.get(id)?.credit(request.bytes);
    if (instance === null) throw new Error('not opened yet');
    switch (request.kind) {
      case 'run':
        return run(id, request, instance);
      case 'witness':
        return witness(id, request.sql, instance);
      case 'describe':
        return describeAll(id, instance);
      default:
        return request satisfies never;
    }
  }

  const reader = new FrameReader(({ id, head }) => {
    handle(id, head as Request).catch((error: unknown) => fail(id, error));
  });
  socket.on('data', (piece) => reader.push(piece));
  socket.on('close', endNow);
  socket.on('error', endNow);
}

function codeOf(error: unknown, text: string): Code {
  if (error instanceof NotSelect) return 'verify_failed';
  if (error instanceof SluiceError) return error.code;
  return classify(text);
}

function firstText(result: duckdb.Result): string {
  const chunk = duckdb.result_get_chunk(result, 0);
  const slots = duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk, 0), 16);
  const length = new DataView(slots.buffer, slots.byteOffset).getUint32(0, true);
  if (length <= 12) return Buffer.from(slots.subarray(4, 4 + length)).toString();
  const bytes = duckdb.get_data_from_pointer(slots.buffer as ArrayBuffer, slots.byteOffset + 8, length);
  return Buffer.from(bytes).toString();
}

function watchMemory(most: number): void {
  setInterval(() => {
    // The signal tells the gate why.
    if (process.memoryUsage.rss() > most) process.kill(process.pid, MEMORY_SIGNAL);
  }, MEMORY_WATCH_MS).unref();
}

/** Bytes; Node gives 0 or an absurd number where no container bounds the process. */
function usable(): number {
  const bound = process.constrainedMemory();
  return bound > 0 ? Math.min(bound, totalmem()) : totalmem();
}

/** Should the machine run out before that, it is this process that goes and not the gate (Linux; elsewhere there is no such file). */
function volunteer(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {}
}

/** At once: an orderly exit waits for the engine's threads, which may be what went wrong. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

volunteer();
serve(new Socket({ fd: 3, readable: true, writable: true }));
