/** The grants that hold for somebody, read from the state with each request: what another process approved or revoked counts at once. */
import type { GrantRow, RequestStore } from '../store/requests.ts';
import type { Grants, HeldGrant } from './grant.ts';

export function grantsIn(requests: Pick<RequestStore, 'activeGrants'>): Grants {
  return {
    async activeFor({ sub, issuer, kind }, now) {
      if (issuer === null || kind === 'anonymous') return NONE;
      const rows = await requests.activeGrants({ sub, issuer }, Math.floor(now.getTime() / 1000));
      return rows.length === 0 ? NONE : rows.map(heldGrant);
    },
  };
}

const NONE: readonly HeldGrant[] = Object.freeze([]);

/** What a row of the state keeps in its body. */
export type GrantBody = Omit<HeldGrant, 'id' | 'subject' | 'until' | 'request'>;

export function heldGrant(row: GrantRow): HeldGrant {
  const { kind, dataset, project, policies, columns, purpose, approvers, binding } = JSON.parse(
    row.body,
  ) as GrantBody;
  return {
    id: row.id,
    subject: { sub: row.sub, issuer: row.issuer },
    kind,
    dataset,
    project,
    policies,
    columns,
    purpose,
    until: row.until,
    request: row.request,
    approvers,
    binding,
  };
}
