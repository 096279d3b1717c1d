/** A part of the log as NDJSON: each line is an event with its place in the chain, so that the lines verify without the log. */
import { openSqliteReadOnly } from '../../store/sqlite.ts';
import { lineOf } from '../chain.ts';
import { AUDIT_FILE } from '../file.ts';

export interface Part {
  readonly bytes: Uint8Array;
  /** Seq of its last event. */
  readonly last: number;
  readonly events: number;
}

/** Events a part. */
const PART = 1000;

/** From `first`, as many as fit a part, at most up to `last`; null where there are none. */
export function readPart(
  path: string,
  asked: { readonly first: number; readonly last: number },
): Part | null {
  const db = openSqliteReadOnly(path, AUDIT_FILE, 1000);
  if (db === null) return null;
  try {
    const rows = db
      .prepare('SELECT seq, body, hash FROM events WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT ?')
      .all(asked.first, asked.last, PART);
    const last = rows.at(-1);
    if (last === undefined) return null;
    const text = rows
      .map(({ body, hash }) => `${lineOf({ body: String(body), hash: String(hash) })}\n`)
      .join('');
    return { bytes: new TextEncoder().encode(text), last: Number(last.seq), events: rows.length };
  } finally {
    db.close();
  }
}
