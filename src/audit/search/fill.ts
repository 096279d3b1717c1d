/** Brings the index up to the log, a block at a time; begins anew where the log is not the one that it was made from. */
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from '../../store/sqlite.ts';
import { EMPTY_HEAD, type Head } from '../chain.ts';
import { floorOf } from '../file.ts';
import { BLOCK, encode, extend } from './bits.ts';
import type { Searched } from './filter.ts';
import { blockOf, offsetOf } from './index-file.ts';
import { termsOf } from './terms.ts';

/** How far the index has come. */
export function reachedBy(index: DatabaseSync): Head {
  const row = index.prepare('SELECT seq, hash FROM reached WHERE id = 1').get();
  return row === undefined ? EMPTY_HEAD : { seq: Number(row.seq), hash: String(row.hash) };
}

/** The newest event of the log. */
export function headOf(log: DatabaseSync): Head {
  const row = log.prepare('SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1').get();
  return row === undefined ? EMPTY_HEAD : { seq: Number(row.seq), hash: String(row.hash) };
}

/** @returns how far the index has come: the head of the log, or less where there is more to do */
export function fillBlock(index: DatabaseSync, log: DatabaseSync): Head {
  return inTransaction(index, () => {
    let reached = reachedBy(index);
    if (!isOf(reached, log)) {
      index.exec('DELETE FROM postings; DELETE FROM blocks; DELETE FROM reached');
      reached = EMPTY_HEAD;
    }
    const gone = floorOf(log);
    forget(index, gone);
    const first = Math.max(reached.seq, gone) + 1;
    const rows = log
      .prepare('SELECT seq, body, hash FROM events WHERE seq >= ? AND seq <= ? ORDER BY seq')
      .all(first, (blockOf(first) + 1) * BLOCK);
    const last = rows.at(-1);
    if (last === undefined) return reached;
    add(index, blockOf(first), rows as unknown as readonly Row[]);
    const now = { seq: Number(last.seq), hash: String(last.hash) };
    index
      .prepare(
        'INSERT INTO reached (id, seq, hash) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash',
      )
      .run(now.seq, now.hash);
    return now;
  });
}

interface Row {
  readonly seq: number;
  readonly body: string;
}

/** Whether the index was made from this log: what it reached is there, or was given up since. */
function isOf(reached: Head, log: DatabaseSync): boolean {
  if (reached.seq === 0) return true;
  const row = log.prepare('SELECT hash FROM events WHERE seq = ?').get(reached.seq);
  if (row !== undefined) return row.hash === reached.hash;
  return reached.seq <= floorOf(log);
}

function forget(index: DatabaseSync, gone: number): void {
  const kept = blockOf(gone + 1);
  if (kept === 0) return;
  index.prepare('DELETE FROM postings WHERE block < ?').run(kept);
  index.prepare('DELETE FROM blocks WHERE block < ?').run(kept);
}

function add(index: DatabaseSync, block: number, rows: readonly Row[]): void {
  const offsets = new Map<number, number[]>();
  const before = index.prepare('SELECT times FROM blocks WHERE block = ?').get(block);
  const times = new Float64Array(BLOCK);
  if (before !== undefined) times.set(new Float64Array(Uint8Array.from(before.times as Uint8Array).buffer));
  for (const { seq, body } of rows) {
    const event = JSON.parse(body) as Searched;
    const offset = offsetOf(seq);
    times[offset] = Date.parse(event.time);
    for (const term of termsOf(event)) {
      const known = offsets.get(term);
      if (known === undefined) offsets.set(term, [offset]);
      else known.push(offset);
    }
  }
  const there = index.prepare('SELECT bits FROM postings WHERE block = ? AND term = ?');
  const write = index.prepare('INSERT OR REPLACE INTO postings (block, term, bits) VALUES (?, ?, ?)');
  // In the order of the key each page is written once.
  for (const term of [...offsets.keys()].sort((a, b) => a - b)) {
    const fresh = offsets.get(term) ?? [];
    const known = before === undefined ? undefined : there.get(block, term);
    write.run(block, term, known === undefined ? encode(fresh) : extend(known.bits as Uint8Array, fresh));
  }
  const told = times.filter((time) => time !== 0);
  index
    .prepare('INSERT OR REPLACE INTO blocks (block, first_time, last_time, times) VALUES (?, ?, ?, ?)')
    .run(
      block,
      told.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
      told.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
      new Uint8Array(times.buffer),
    );
}
