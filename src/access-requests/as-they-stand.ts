/** Requests as they stand now: whoever is refused by now has approved nothing of what is still open. */
import type { Gate } from '../gate.ts';
import { type AccessRequest, requestOf, type Someone } from '../requests/request.ts';
import type { RequestWithApprovals } from '../store/requests.ts';
import { epoch } from './recorded.ts';

/** Reads who is refused once, for all of them. @throws SluiceError state_unavailable */
export async function requestsAsTheyStand(gate: Gate): Promise<(row: RequestWithApprovals) => AccessRequest> {
  const refused = new Set(
    (await gate.denials.list(epoch(gate))).flatMap(({ denied }) =>
      denied.kind === 'subject' ? [keyOf(denied)] : [],
    ),
  );
  return (row) => {
    const request = requestOf(row);
    if (request.state !== 'open' || refused.size === 0) return request;
    const approvals = request.approvals.map((one) =>
      [one.by, ...one.through].some((giver) => refused.has(keyOf(giver))) ? { ...one, keys: [] } : one,
    );
    return { ...request, approvals };
  };
}

const keyOf = ({ sub, issuer }: Pick<Someone, 'sub' | 'issuer'>): string => JSON.stringify([issuer, sub]);
