/** Which part of a result is asked for, and the cursor for the part after it. */
import { createHash } from 'node:crypto';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import { openCursor, signCursor } from '../results/cursor.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Acting } from './acting.ts';
import type { Ask, Delivery } from './ask.ts';

/** As the answer tells it. `limit` and `offset` count rows. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
  readonly returned: number;
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export interface PageAsked {
  readonly limit: number;
  readonly offset: number;
}

/** Whose page it is, of which state, and what they act in: a cursor is good for that alone. */
export interface PageFrom {
  /** The caller, not whoever else is decided for with them. */
  readonly identity: Identity;
  readonly snapshot: Snapshot;
  readonly acting: Pick<Acting, 'project' | 'purpose'>;
}

/** A page is held in the gate's memory until it is whole, unlike a stream; what is cut off is on the next page. */
const MOST_PAGE_BYTES = 32 << 20;

/** Bytes of rows that one answer may have. */
export function bytesOf({ mode }: Delivery, gate: Gate): number {
  return mode === 'page' ? Math.min(MOST_PAGE_BYTES, gate.limits.maxBytes) : gate.limits.maxBytes;
}

/** @throws SluiceError bad_request beyond the maximum, cursor_invalid */
export function pageOf(ask: Ask, delivery: Delivery, from: PageFrom, gate: Gate): PageAsked {
  const most = delivery.mode === 'page' ? gate.limits.maxPageRows : gate.limits.maxStreamRows;
  const usual = delivery.mode === 'page' ? gate.limits.pageRows : gate.limits.maxStreamRows;
  if (ask.cursor !== undefined) {
    if (ask.limit !== undefined || ask.offset !== undefined)
      throw new SluiceError('bad_request', 'A cursor excludes limit and offset: it carries both.');
    return openCursor(gate.keys.cursor, ask.cursor, bindingOf(ask, from));
  }
  const limit = ask.limit ?? Math.min(usual, most);
  if (limit > most)
    throw new SluiceError('bad_request', `At most ${most} rows can be asked for at once.`, {
      hint:
        delivery.mode === 'page'
          ? 'Follow next_cursor, or stream with Accept: application/x-ndjson.'
          : 'Ask for less.',
    });
  return { limit, offset: ask.offset ?? 0 };
}

/** The cursor for what follows `returned` rows of this page. */
export function cursorFor(page: PageAsked, returned: number, ask: Ask, from: PageFrom, gate: Gate): string {
  return signCursor(gate.keys.cursor, {
    ...bindingOf(ask, from),
    offset: page.offset + returned,
    limit: page.limit,
  });
}

function bindingOf(
  ask: Ask,
  { identity, snapshot, acting }: PageFrom,
): { identity: string; query: string; snapshot: string } {
  const asked = [ask.text, ask.params ?? [], acting.project?.name ?? null, acting.purpose];
  return {
    identity: JSON.stringify([identity.issuer, identity.sub]),
    query: createHash('sha256').update(JSON.stringify(asked)).digest('base64url'),
    snapshot: snapshot.hash,
  };
}
