/** Requests as each may see them: their own, those that they have a word on, and all of them for stewards. */
import { setImmediate } from 'node:timers/promises';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Caller } from '../request/ask.ts';
import { type AccessRequest, requestOf } from '../requests/request.ts';
import { type RequestView, requestView } from '../requests/view.ts';
import type { After } from '../store/requests.ts';
import { decidingOn, type Looker, type Opened, seenBy } from './deciding.ts';
import { afterOf, cursorOf, lookerOf } from './paging.ts';

const PAGE = 50;
const BATCH = 200;
/** Others' are looked at on the way to one's own: of a page, no more than so many. */
const MOST_LOOKED_AT = 2000;

export interface RequestFilter {
  readonly state?: AccessRequest['state'] | undefined;
  readonly mine?: boolean | undefined;
  /** Those that wait for a word of the caller's. */
  readonly to_decide?: boolean | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Newest first. @throws SluiceError token_missing, cursor_invalid */
export async function listRequests(
  caller: Caller,
  filter: RequestFilter,
  gate: Gate,
): Promise<{ readonly requests: readonly RequestView[]; readonly next_cursor: string | null }> {
  const looker = await lookerOf(caller, gate);
  const { sub, issuer } = looker.identity;
  const { state = null, mine = false, to_decide: toDecide = false, limit = PAGE } = filter;
  const found: { readonly view: RequestView; readonly after: After }[] = [];
  let after = afterOf(filter.cursor);
  for (let looked = 0; ; looked += BATCH) {
    // Others have their turn in between.
    if (looked > 0) await setImmediate();
    if (looked >= MOST_LOOKED_AT)
      return { requests: found.map((one) => one.view), next_cursor: cursorOf(after) };
    const rows = await gate.requests.store.list({
      state: toDecide ? 'open' : state,
      subject: mine ? { sub, issuer: issuer ?? '' } : null,
      after,
      limit: BATCH,
    });
    for (const row of rows) {
      const view = viewFor(seenBy(requestOf(row), looker, gate), looker, gate);
      after = { createdAt: row.createdAt, id: row.id };
      if (view === null || (toDecide && !view.may.includes('approve'))) continue;
      found.push({ view, after });
      if (found.length > limit) {
        const page = found.slice(0, limit);
        return { requests: page.map((one) => one.view), next_cursor: cursorOf(page.at(-1)?.after) };
      }
    }
    if (rows.length < BATCH) return { requests: found.map((one) => one.view), next_cursor: null };
  }
}

/** @throws SluiceError token_missing, request_not_found */
export async function showRequest(caller: Caller, id: string, gate: Gate): Promise<RequestView> {
  const looker = await lookerOf(caller, gate);
  const row = await gate.requests.store.find(id);
  const view = row === null ? null : viewFor(seenBy(requestOf(row), looker, gate), looker, gate);
  if (view === null) throw new SluiceError('request_not_found', `No such access request: ${id}`);
  return view;
}

/** Whoever asked is told no policy, a steward among them as well: what they asked for is decided by others. */
function viewFor(seen: Opened | null, looker: Looker, gate: Gate): RequestView | null {
  if (seen === null) return null;
  const { request, requirements, own } = seen;
  if (own)
    return requestView(request, {
      may: request.state === 'open' ? ['withdraw'] : [],
      requirements: null,
    });
  const may = request.state === 'open' ? (['approve', 'deny'] as const) : [];
  return requestView(request, {
    may: may.filter((word) => allowed(() => decidingOn(seen, looker, gate, word))),
    requirements,
  });
}

function allowed(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (thrown) {
    if (thrown instanceof SluiceError) return false;
    throw thrown;
  }
}
