/** The grants that held at a moment of the past, as far as the state still tells of them. */

import type { Gate } from '../gate.ts';
import type { HeldGrant } from '../requests/grant.ts';
import { heldGrant } from '../requests/held.ts';
import type { GrantRow, RequestStore } from '../store/requests.ts';

/** Of one subject. */
const MOST = 1_000;
const NONE: readonly HeldGrant[] = Object.freeze([]);

/** Each subject's grants are read once. */
export function grantsThen(store: Pick<RequestStore, 'listGrants'>): Gate['grants'] {
  const known = new Map<string, Promise<readonly GrantRow[]>>();
  return {
    async activeFor({ sub, issuer, kind }, at) {
      if (issuer === null || kind === 'anonymous') return NONE;
      const key = JSON.stringify([issuer, sub]);
      const rows =
        known.get(key) ??
        store.listGrants({ subject: { issuer, sub }, activeAt: null, after: null, limit: MOST });
      known.set(key, rows);
      const second = Math.floor(at.getTime() / 1000);
      const held = (await rows).filter(
        ({ createdAt, until, revokedAt }) =>
          createdAt <= second && until > second && (revokedAt === null || revokedAt > second),
      );
      return held.length === 0 ? NONE : held.map(heldGrant);
    },
  };
}
