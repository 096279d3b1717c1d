/** What a gate keeps for clean rooms. */
import type { BoundedCache } from '../cache.ts';
import type { RoomStore } from '../store/clean-rooms.ts';

export interface Rooms {
  readonly store: RoomStore;
  /** Keys the digests of a census. */
  readonly secret: string;
  /** Tells it from another without telling it. */
  readonly secretName: string;
  /** By rule and name of the data: which version it is. Neither ever means anything else. */
  readonly versions: BoundedCache<string, string>;
  /** What is read of an engine in this moment, by rule and name of the data: for all who ask for the same. */
  readonly underWay: Map<string, Promise<unknown>>;
}
