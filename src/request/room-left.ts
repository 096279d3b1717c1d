/** What a member may still spend in a clean room. */
import type { CleanRoom } from '../catalogue/clean-room.ts';
import { type Left, leftOf } from '../clean-room/budget.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';

/** Null where the room bounds nothing. */
export async function leftIn(room: CleanRoom, identity: Identity, gate: Gate): Promise<Left | null> {
  const [rules] = Object.values(room.datasets);
  if (rules === undefined) return null;
  const { queries, epsilon } = rules.budget;
  if (queries === null && epsilon === null) return null;
  const subject = { issuer: identity.issuer ?? '', sub: identity.sub };
  return leftOf(rules, subject, Math.floor(gate.now().getTime() / 1000), gate.rooms.store);
}
