/** Checks an exported part of the chain by itself: that its lines are whole events, one behind the other. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SluiceError } from '../errors.ts';
import { canonicalise, EMPTY_HEAD, type Head } from './chain.ts';
import { type AuditProblem, checkLink, parseObject } from './check-link.ts';
import type { AuditVerification } from './verify.ts';

/** @throws SluiceError usage where the file cannot be read */
export async function verifyExport(
  path: string,
  {
    expectHead,
    onProgress,
  }: { readonly expectHead?: string; readonly onProgress?: (events: number) => void } = {},
): Promise<AuditVerification> {
  let before: Head | null = null;
  let from = 1;
  let events = 0;
  let expected = expectHead === undefined;
  let problem: AuditProblem | null = null;
  // A line break inside of a text is escaped in JSON; what else breaks lines elsewhere does not here.
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  try {
    for await (const line of lines) {
      const row = rowOf(line);
      if (row === null) {
        const message = `Line ${events + 1} is no exported event`;
        problem = { kind: 'unreadable', seq: before === null ? null : before.seq + 1, message };
        break;
      }
      if (before === null) {
        from = row.seq;
        before = row.seq === 1 ? EMPTY_HEAD : { seq: row.seq - 1, hash: row.before };
      }
      problem = checkLink(row, before).problem ?? null;
      if (problem !== null) break;
      before = { seq: row.seq, hash: row.hash };
      events += 1;
      expected ||= row.hash === expectHead;
      onProgress?.(events);
    }
  } catch (cause) {
    throw new SluiceError('usage', `${path} cannot be read.`, { cause });
  }
  if (problem === null && !expected) {
    const message = 'The expected head is not in this export';
    problem = { kind: 'head_unexpected', seq: null, message };
  }
  const head = before ?? EMPTY_HEAD;
  const ok = problem === null;
  return {
    ok,
    events,
    from,
    head,
    checkpoints: 0,
    proved: ok
      ? `${events} exported events (${from} to ${head.seq}) are unaltered, without a gap and in order.`
      : `Only that ${events} exported events before the break are whole and in order.`,
    unproved: ok
      ? [
          'that they are those of the log, and that none is missing before the first or behind the last: compare with a head or a checkpoint of the log (--expect-head)',
        ]
      : [],
    ...(problem === null ? {} : { problem }),
  };
}

function rowOf(line: string): { seq: number; body: string; hash: string; before: string } | null {
  const content = parseObject(line);
  if (content === null) return null;
  const { hash, ...rest } = content;
  const { seq, prev_hash: before } = rest;
  if (typeof hash !== 'string' || typeof seq !== 'number' || typeof before !== 'string') return null;
  return { seq, hash, before, body: canonicalise(rest) };
}
