/** The grants of everyone who is decided for in a request, as they stand in its snapshot: each party has its own. */
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import { type Grant, standing } from '../requests/grant.ts';
import type { Snapshot } from '../snapshot.ts';

/** @throws SluiceError state_unavailable */
export async function grantsOf(
  identity: Identity,
  snapshot: Snapshot,
  now: Date,
  gate: Pick<Gate, 'grants'>,
): Promise<(party: Identity) => readonly Grant[]> {
  const known = new Map<Identity, readonly Grant[]>();
  for (const one of everyone(identity))
    known.set(one, standing(await gate.grants.activeFor(one, now), snapshot));
  return (party) => known.get(party) ?? [];
}

function everyone(identity: Identity): readonly Identity[] {
  const { actor, members = [] } = identity;
  return [identity, ...(actor === undefined ? [] : everyone(actor)), ...members.flatMap(everyone)];
}
