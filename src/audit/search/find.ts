/** Finds events through the index, newest first: block by block the terms' bits are laid over each other. */
import type { DatabaseSync } from 'node:sqlite';
import { readRow } from '../chain.ts';
import type { StoredAuditEvent } from '../event.ts';
import { decode, fullBitmap, keepCommon, offsetsOf } from './bits.ts';
import { type AuditFilter, matches, type Person } from './filter.ts';
import { blockOf, seqOf } from './index-file.ts';
import { termsWanted } from './terms.ts';

export interface FindAsk {
  readonly filter: AuditFilter;
  /** Only what they did, or what was done on their behalf. */
  readonly concerning: readonly Person[];
  /** Only events before this seq. */
  readonly before: number | null;
  readonly limit: number;
}

export interface Found {
  /** Newest first. */
  readonly events: readonly StoredAuditEvent[];
  readonly more: boolean;
}

/** The index is at the log's head: both are read in transactions of the caller's. */
export function findEvents(index: DatabaseSync, log: DatabaseSync, ask: FindAsk): Found {
  const { filter, concerning, limit } = ask;
  const read = log.prepare('SELECT body, hash FROM events WHERE seq = ?');
  const events: StoredAuditEvent[] = [];
  for (const seq of candidates(index, ask)) {
    const row = read.get(seq);
    // Retention was here in the meantime.
    if (row === undefined) continue;
    const event = readRow({ body: String(row.body), hash: String(row.hash) });
    if (!matches(event, filter) || !concerning.every((person) => concerns(event, person))) continue;
    if (events.length === limit) return { events, more: true };
    events.push(event);
  }
  return { events, more: false };
}

/** Whether they did it, or it was done on their behalf. A steward who has somebody's view explained acts for themselves. */
export function concerns(event: StoredAuditEvent, { sub, issuer }: Person): boolean {
  const is = (one: Person | undefined) => one?.sub === sub && one.issuer === issuer;
  return is(event.subject) || (event.action !== 'explain' && is(event.on_behalf_of));
}

/** Seqs, highest first. */
function* candidates(index: DatabaseSync, { filter, concerning, before }: FindAsk): Generator<number> {
  const terms = termsWanted(filter, concerning);
  const from = filter.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(filter.from);
  const to = filter.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(filter.to);
  const bits = index.prepare('SELECT bits FROM postings WHERE block = ? AND term = ?');
  const blocks = index.prepare(
    `SELECT block, first_time, last_time FROM blocks
     WHERE block <= ? AND last_time >= ? AND first_time < ? ORDER BY block DESC`,
  );
  const highest = before === null ? Number.MAX_SAFE_INTEGER : blockOf(Math.max(1, before - 1));
  for (const row of blocks.iterate(highest, from, to)) {
    const block = Number(row.block);
    const common = fullBitmap();
    const all = terms.every((term) => {
      const found = bits.get(block, term);
      if (found !== undefined) keepCommon(common, decode(found.bits as Uint8Array));
      return found !== undefined;
    });
    if (!all) continue;
    const whole = Number(row.first_time) >= from && Number(row.last_time) < to;
    const times = whole && terms.length > 0 ? null : timesOf(index, block);
    for (const offset of offsetsOf(common)) {
      const seq = seqOf(block, offset);
      if (before !== null && seq >= before) continue;
      const time = times === null ? null : (times[offset] ?? 0);
      // Zero is where there is no event.
      if (time !== null && (time === 0 || time < from || time >= to)) continue;
      yield seq;
    }
  }
}

function timesOf(index: DatabaseSync, block: number): Float64Array {
  const row = index.prepare('SELECT times FROM blocks WHERE block = ?').get(block);
  return new Float64Array(Uint8Array.from(row?.times as Uint8Array).buffer);
}

/**
 * First and last seq of what happened from `from` until before `to`; null where nothing did.
 *
 * @param gone up to here events were given up: a block of the index may still tell of them
 */
export function seqsBetween(
  index: DatabaseSync,
  from: string | undefined,
  to: string | undefined,
  gone: number,
): { readonly first: number; readonly last: number } | null {
  const least = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from);
  const most = to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to);
  const outermost = (order: 'ASC' | 'DESC'): number | null => {
    const blocks = index.prepare(
      `SELECT block FROM blocks WHERE last_time >= ? AND first_time < ? ORDER BY block ${order}`,
    );
    for (const { block } of blocks.iterate(least, most)) {
      const times = timesOf(index, Number(block));
      const inside = (time: number, offset: number) =>
        time !== 0 && time >= least && time < most && seqOf(Number(block), offset) > gone;
      const offset = order === 'ASC' ? times.findIndex(inside) : times.findLastIndex(inside);
      if (offset >= 0) return seqOf(Number(block), offset);
    }
    return null;
  };
  const first = outermost('ASC');
  const last = outermost('DESC');
  return first === null || last === null ? null : { first, last };
}
