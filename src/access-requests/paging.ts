/** Who looks, and from where on: the newest first, by moment and id. */
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

export function cursorOf(after: After | null | undefined): string | null {
  return after === undefined || after === null
    ? null
    : Buffer.from(`${after.createdAt} ${after.id}`).toString('base64url');
}

/** It holds nothing that the caller may not know, and gives nothing that they may not see. @throws SluiceError cursor_invalid */
export function afterOf(cursor: string | undefined): After | null {
  if (cursor === undefined) return null;
  const [, at, id] =
    /^(\d{1,15}) ([a-z]{2}_[0-9a-f]{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at === undefined || id === undefined) throw new SluiceError('cursor_invalid');
  return { createdAt: Number(at), id };
}
