/** What only stewards, publishers or auditors may do: whoever has not said who they are is asked for that first. */
import { SluiceError } from '../errors.ts';
import type { Gate, Permission } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import type { Caller } from './ask.ts';
import { teller } from './teller.ts';

/** @throws SluiceError token_missing, or access_denied with the message, where the identity has none of the permissions */
export function demand(
  identity: Identity,
  permissions: readonly Permission[],
  message: string,
  gate: Pick<Gate, 'permits'>,
): void {
  if (permissions.some((permission) => gate.permits(identity, permission))) return;
  if (identity.kind === 'anonymous') throw new SluiceError('token_missing');
  const needed = permissions.map((permission) => `identity.permissions.${permission}`).join(' or ');
  throw new SluiceError('access_denied', message, { hint: `See ${needed} in the configuration.` });
}

export interface Demand {
  /** As the audit names what was asked for. */
  readonly action: string;
  readonly permissions: readonly Permission[];
  readonly message: string;
}

/**
 * Of a look that is not on record itself: its refusal is, before it is told.
 *
 * @throws SluiceError as `demand`, audit_unavailable
 */
export async function demandOrTell(
  caller: Caller,
  { action, permissions, message }: Demand,
  gate: Pick<Gate, 'authenticate' | 'permits' | 'now' | 'audit'>,
): Promise<Identity> {
  const identity = await gate.authenticate(caller.token, caller);
  try {
    demand(identity, permissions, message, gate);
  } catch (thrown) {
    const error_code = thrown instanceof SluiceError ? thrown.code : 'internal';
    await teller(
      { event: 'admin', action, subject: identity, caller },
      gate,
    )({ decision: 'deny', error_code });
    throw thrown;
  }
  return identity;
}
