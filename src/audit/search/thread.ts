/**
 * The thread that reads the audit: keeps the index at the log's heels, and answers searches once it has caught up, so that
 * whatever was acknowledged before is found. It never holds up who writes.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause, setImmediate as yieldToOthers } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteReadOnly, sqliteFault } from '../../store/sqlite.ts';
import { AUDIT_FILE, floorOf } from '../file.ts';
import { fillBlock, headOf, reachedBy } from './fill.ts';
import { type FindAsk, type Found, findEvents, seqsBetween } from './find.ts';
import { isDamage, openIndex, removeIndex } from './index-file.ts';
import { type Part, readPart } from './part.ts';

export interface ThreadData {
  readonly path: string;
  readonly indexPath: string;
  /** Milliseconds between two looks at the log where nobody asks; null to look only then. */
  readonly followMs: number | null;
  /** Milliseconds that an answer may wait for the index. */
  readonly patienceMs: number;
}

export type Question =
  | ({ readonly kind: 'find' } & FindAsk)
  | { readonly kind: 'between'; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly kind: 'part'; readonly first: number; readonly last: number };

export interface Answers {
  readonly find: Found;
  readonly between: ReturnType<typeof seqsBetween>;
  readonly part: Part | null;
}

export interface Asked {
  readonly id: number;
  readonly question: Question;
}

type Answered =
  | { readonly answer: Answers[keyof Answers] }
  /** Of a hundred, how far the index has come. */
  | { readonly behind: number };

export type Reply =
  | ({ readonly id: number } & Answered)
  | { readonly id: number; readonly fault: { readonly message: string; readonly hint: string | null } };

function serve(port: NonNullable<typeof parentPort>, data: ThreadData): void {
  let index: DatabaseSync | null = null;
  let filling: Promise<void> | null = null;

  /** One at a time; each block lets questions in that need no index. */
  async function fill(): Promise<void> {
    while (!fillOne()) await yieldToOthers();
  }

  /** Whether the index has reached the head of the log. */
  function fillOne(): boolean {
    try {
      index ??= openIndex(data.indexPath);
      const log = openSqliteReadOnly(data.path, AUDIT_FILE, 1000);
      if (log === null) return true;
      try {
        return fillBlock(index, log).seq >= headOf(log).seq;
      } finally {
        log.close();
      }
    } catch (error) {
      drop(error);
      throw error;
    }
  }

  /** Whatever was wrong with the index, the next one begins with the file; with another one where this one is damaged. */
  function drop(error: unknown): void {
    index?.close();
    index = null;
    if (isDamage(error)) removeIndex(data.indexPath);
  }

  function caughtUp(): Promise<void> {
    filling ??= fill().finally(() => {
      filling = null;
    });
    return filling;
  }

  async function answer(question: Question): Promise<Answered> {
    if (question.kind === 'part') return { answer: readPart(data.path, question) };
    const patient = Date.now() + data.patienceMs;
    for (;;) {
      const late = await isLater(caughtUp(), patient - Date.now());
      const found = withBoth((at, log): Answered | null => {
        const [reached, head] = [reachedBy(at).seq, headOf(log).seq];
        if (!late && reached >= head) return { answer: look(question, at, log) };
        return late ? { behind: Math.floor((reached / Math.max(1, head)) * 100) } : null;
      });
      if (found !== null) return found;
    }
  }

  /** Both files as they are at one moment. */
  function withBoth<T>(work: (index: DatabaseSync, log: DatabaseSync) => T): T {
    index ??= openIndex(data.indexPath);
    const log = openSqliteReadOnly(data.path, AUDIT_FILE, 1000);
    if (log === null) throw new Error('there is no log');
    try {
      // The log first: the index may know more than is asked, never less.
      log.exec('BEGIN; SELECT 1 FROM events LIMIT 1');
      index.exec('BEGIN');
      const result = work(index, log);
      index.exec('ROLLBACK');
      return result;
    } catch (error) {
      drop(error);
      throw error;
    } finally {
      log.close();
    }
  }

  port.on('message', ({ id, question }: Asked) => {
    void answer(question).then(
      (found) => port.postMessage({ id, ...found } satisfies Reply),
      (error: unknown) => {
        const { message, hint } = sqliteFault(error, AUDIT_FILE);
        port.postMessage({ id, fault: { message, hint } } satisfies Reply);
      },
    );
  });
  let seen = 0;

  /** Not while many are appending, as long as a search would soon have caught up. */
  function mayWait(): boolean {
    return withBoth((at, log) => {
      const head = headOf(log).seq;
      const busy = head - seen > BUSY;
      seen = head;
      return busy && head - reachedBy(at).seq < MOST_BEHIND;
    });
  }

  if (data.followMs !== null)
    setInterval(() => {
      try {
        // A block at a time: whoever appends faster than that needs the machine more than the next search does.
        if (filling === null && !mayWait()) fillOne();
      } catch {
        // Nobody waits for it: what is wrong shows when somebody asks.
      }
    }, data.followMs);
}

/** Events between two looks, beyond which the log is under load. */
const BUSY = 1000;
/** Events that a search can wait for: some tenths of a second. */
const MOST_BEHIND = 20_000;

/** Whether the work takes longer than that many milliseconds; it goes on all the same. */
async function isLater(work: Promise<void>, ms: number): Promise<boolean> {
  const over = new AbortController();
  try {
    const late = pause(Math.max(0, ms), true, { signal: over.signal });
    return await Promise.race([work.then(() => false), late]);
  } finally {
    over.abort();
  }
}

function look(
  question: Exclude<Question, { kind: 'part' }>,
  index: DatabaseSync,
  log: DatabaseSync,
): Answers['find'] | Answers['between'] {
  switch (question.kind) {
    case 'find':
      return findEvents(index, log, question);
    case 'between':
      return seqsBetween(index, question.from, question.to, floorOf(log));
    default:
      return question satisfies never;
  }
}

if (parentPort !== null) serve(parentPort, workerData as ThreadData);
