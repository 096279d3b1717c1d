/** What only stewards, publishers or auditors may do: whoever has not said who they are is asked for that first. */
import { SluiceError } from '../errors.ts';
import type { Gate, Permission } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';

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
