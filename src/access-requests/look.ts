/** Requests as each may see them: their own, those that they have a word on, and all of them for stewards. */
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Caller } from '../request/ask.ts';
import type { AccessRequest } from '../requests/request.ts';
import { type RequestView, requestView } from '../requests/view.ts';
import { requestsAsTheyStand } from './as-they-stand.ts';
import { decidingOn, type Looker, type Opened, seenBy } from './deciding.ts';
import { lookerOf, pageOf } from './paging.ts';

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
  const { state = null, mine = false, to_decide: toDecide = false, limit, cursor } = filter;
  const asItStands = await requestsAsTheyStand(gate);
  const { page, next_cursor } = await pageOf({
    limit,
    cursor,
    read: (after, most) =>
      gate.requests.store.list({
        state: toDecide ? 'open' : state,
        subject: mine ? { sub, issuer: issuer ?? '' } : null,
        after,
        limit: most,
      }),
    view(row) {
      const view = viewFor(seenBy(asItStands(row), looker, gate), looker, gate);
      return view === null || (toDecide && !view.may.includes('approve')) ? null : view;
    },
  });
  return { requests: page, next_cursor };
}

/** @throws SluiceError token_missing, request_not_found */
export async function showRequest(caller: Caller, id: string, gate: Gate): Promise<RequestView> {
  const looker = await lookerOf(caller, gate);
  const row = await gate.requests.store.find(id);
  const view =
    row === null ? null : viewFor(seenBy((await requestsAsTheyStand(gate))(row), looker, gate), looker, gate);
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
