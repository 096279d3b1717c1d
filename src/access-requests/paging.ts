/** Who looks, and from where on: the newest first, by moment and id, a page of what may be seen. */
import { setImmediate } from 'node:timers/promises';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Caller } from '../request/ask.ts';
import type { After } from '../store/requests.ts';
import type { Looker } from './deciding.ts';

/** @throws SluiceError token_missing */
export async function lookerOf(caller: Caller, gate: Gate): Promise<Looker> {
  const identity = await gate.authenticate(caller.token, caller);
  if (identity.kind === 'anonymous') throw new SluiceError('token_missing');
  const { snapshot } = await gate.metadata.current();
  return { caller, identity, snapshot };
}

function cursorOf(after: After | null | undefined): string | null {
  return after === undefined || after === null
    ? null
    : Buffer.from(`${after.createdAt} ${after.id}`).toString('base64url');
}

/** It holds nothing that the caller may not know, and gives nothing that they may not see. @throws SluiceError cursor_invalid */
function afterOf(cursor: string | undefined): After | null {
  if (cursor === undefined) return null;
  const [, at, id] =
    /^(\d{1,15}) ([a-z]{2}_[0-9a-f]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at === undefined || id === undefined) throw new SluiceError('cursor_invalid');
  return { createdAt: Number(at), id };
}

const PAGE = 50;
const BATCH = 200;
/** Others' are looked at on the way to one's own: of a page, no more than so many. */
const MOST_LOOKED_AT = 2000;

interface Paging<Row, View> {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly read: (after: After | null, limit: number) => Promise<readonly Row[]>;
  /** Null for what is not to be seen. */
  readonly view: (row: Row) => View | null | Promise<View | null>;
}

/** @throws SluiceError cursor_invalid */
export async function pageOf<Row extends After, View>({
  limit = PAGE,
  cursor,
  read,
  view,
}: Paging<Row, View>): Promise<{ readonly page: readonly View[]; readonly next_cursor: string | null }> {
  const found: { readonly view: View; readonly after: After }[] = [];
  const page = (): readonly View[] => found.slice(0, limit).map((one) => one.view);
  let after = afterOf(cursor);
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += BATCH) {
    // Others have their turn in between.
    if (looked > 0) await setImmediate();
    const rows = await read(after, BATCH);
    for (const row of rows) {
      after = { createdAt: row.createdAt, id: row.id };
      const seen = await view(row);
      if (seen === null) continue;
      found.push({ view: seen, after });
      if (found.length > limit) return { page: page(), next_cursor: cursorOf(found[limit - 1]?.after) };
    }
    if (rows.length < BATCH) return { page: page(), next_cursor: null };
  }
  return { page: page(), next_cursor: cursorOf(after) };
}
