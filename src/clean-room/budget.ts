/** What a query of a clean room costs, and whose budget pays: charged before it runs, and never paid back, since an error is an answer too. */
import type { CleanRoomLimits } from '../catalogue/clean-room.ts';
import { SluiceError } from '../errors.ts';
import type { Charge, RoomStore, RoomSubject } from '../store/clean-rooms.ts';

export interface Left {
  readonly room: string;
  /** Null where there is no bound. */
  readonly queries: number | null;
  readonly epsilon: number | null;
  /** When the period ends. ISO 8601, UTC. */
  readonly until: string;
}

interface Period {
  readonly beganAt: number;
  readonly endsAt: number;
}

/** Whole periods since the epoch: no query moves the beginning of its own. */
function periodAt(per: number, at: number): Period {
  const beganAt = Math.floor(at / per) * per;
  return { beganAt, endsAt: beganAt + per };
}

/**
 * One for each room and subject, whatever a query reads in the room; none where the room bounds nothing. A project and a policy
 * may have one name: each has its own bounds, and they spend from one purse.
 */
export function chargesFor(
  rules: readonly CleanRoomLimits[],
  subjects: readonly RoomSubject[],
  at: number,
): readonly Charge[] {
  const byRoom = new Map<string, CleanRoomLimits[]>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.room, rule.budget]);
    byRoom.set(key, [...(byRoom.get(key) ?? []), rule]);
  }
  return [...byRoom.values()].flatMap((own) => {
    const { room, budget } = own[0]!;
    if (budget.queries === null && budget.epsilon === null) return [];
    const epsilon = own.reduce((sum, { noise }) => sum + (noise?.epsilon ?? 0), 0);
    return subjects.map((subject) => ({
      room,
      subject,
      ...periodAt(budget.per, at),
      queries: 1,
      epsilon,
      mostQueries: budget.queries,
      mostEpsilon: budget.epsilon,
    }));
  });
}

/** @throws SluiceError clean_room_budget */
export async function charge(charges: readonly Charge[], at: number, store: RoomStore): Promise<void> {
  if (charges.length === 0) return;
  const beyond = await store.charge(charges, at);
  if (beyond === null) return;
  const { room, mostQueries, mostEpsilon, endsAt } = beyond;
  const bounds = [
    ...(mostQueries === null ? [] : [`${mostQueries} queries`]),
    ...(mostEpsilon === null ? [] : [`epsilon ${mostEpsilon}`]),
  ];
  throw new SluiceError('clean_room_budget', `The budget of the clean room ${room} is used up.`, {
    hint: `It is ${bounds.join(' and ')}, until ${new Date(endsAt * 1000).toISOString()}.`,
    retryAfter: endsAt - at,
  });
}

/** What the subject may still spend in a room. */
export async function leftOf(
  { room, budget }: Pick<CleanRoomLimits, 'room' | 'budget'>,
  subject: RoomSubject,
  at: number,
  store: Pick<RoomStore, 'spent'>,
): Promise<Left> {
  const { beganAt, endsAt } = periodAt(budget.per, at);
  const { queries, epsilon } = await store.spent(room, subject, beganAt);
  return {
    room,
    queries: budget.queries === null ? null : Math.max(0, budget.queries - queries),
    epsilon: budget.epsilon === null ? null : Math.max(0, Number((budget.epsilon - epsilon).toFixed(9))),
    until: new Date(endsAt * 1000).toISOString(),
  };
}
