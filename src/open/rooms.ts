/** What the gate keeps for clean rooms: the ledger of the state, and the secret of the digests in it. */
import { createHash, createHmac } from 'node:crypto';
import { BoundedCache } from '../cache.ts';
import type { Rooms } from '../clean-room/rooms.ts';
import type { Store } from '../store/store.ts';

/** Names of data and rules. */
const VERSIONS = 10_000;

/** @param key of masks: whoever has it reads what it hashes anyway */
export function openRooms(store: Pick<Store, 'rooms'>, key: Uint8Array): Rooms {
  const secret = createHmac('sha256', key).update('clean rooms').digest('hex');
  return {
    store: store.rooms,
    secret,
    secretName: createHash('sha256').update(secret).digest('hex').slice(0, 16),
    versions: new BoundedCache(VERSIONS),
    underWay: new Map(),
  };
}
