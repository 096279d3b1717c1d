/** The path of what clean rooms remember of their readers: what is left of a budget, and forgetting it, on record before it counts. */
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { nearest } from './nearest.ts';
import type { Author } from './request/on-record.ts';
import { permitted } from './request/permitted.ts';
import { cleanRoomsIn } from './snapshot.ts';
import type { RoomSubject } from './store/clean-rooms.ts';

const MOST_NAME = 200;

export interface RoomSpending {
  readonly room: string;
  readonly subjects: readonly {
    readonly sub: string;
    readonly issuer: string;
    readonly queries: number;
    readonly epsilon: number;
    /** When the period ends. */
    readonly until: string;
  }[];
}

export interface ResetAsk {
  /** Without an issuer it is the only one that is configured; without a subject it is everyone. */
  readonly subject?: { readonly sub: string; readonly issuer?: string | undefined } | undefined;
}

export interface RoomReset {
  readonly room: string;
  /** How many subjects are forgotten. */
  readonly subjects: number;
}

/** What every subject has spent in the present period. @throws SluiceError token_missing, access_denied, not_found, audit_unavailable */
export async function roomSpending(author: Author, room: string, gate: Gate): Promise<RoomSpending> {
  return permitted(author, stewards('room_budget'), gate, async ({ tell }) => {
    await demandRoom(room, gate);
    const at = Math.floor(gate.now().getTime() / 1000);
    const spending = await gate.rooms.store.spendingIn(room, at);
    await tell({ reasons: [`room ${room}`] });
    return {
      room,
      subjects: spending.map(({ sub, issuer, queries, epsilon, endsAt }) => ({
        sub,
        issuer,
        queries,
        epsilon,
        until: new Date(endsAt * 1000).toISOString(),
      })),
    };
  });
}

/**
 * Whoever is forgotten has their budget again, and can subtract what they are answered now from what they were answered before.
 *
 * @throws SluiceError token_missing, access_denied, bad_request, not_found, audit_unavailable
 */
export async function resetRoom(
  author: Author,
  room: string,
  { subject: asked }: ResetAsk,
  gate: Gate,
): Promise<RoomReset> {
  return permitted(author, stewards('room_reset'), gate, async ({ tell }) => {
    await demandRoom(room, gate);
    const subject = asked === undefined ? null : subjectOf(asked, gate);
    const whom = subject === null ? 'all subjects' : `subject ${subject.sub} of ${subject.issuer}`;
    await tell({ reasons: [`room ${room}`, whom] });
    return { room, subjects: await gate.rooms.store.reset(room, subject) };
  });
}

/** A room that was taken away is one for as long as it remembers somebody. */
async function demandRoom(room: string, gate: Gate): Promise<void> {
  if (await gate.rooms.store.remembers(room)) return;
  const { snapshot } = await gate.metadata.current();
  const rooms = cleanRoomsIn(snapshot).map(({ rules }) => rules.room);
  if (rooms.includes(room)) return;
  const meant = nearest(room, rooms);
  throw new SluiceError('not_found', `No such clean room: ${room.slice(0, MOST_NAME)}`, {
    hint: `A room goes by its project's name, or by its policy's id${meant === null ? '' : `: is \`${meant}\` meant?`}`,
  });
}

const stewards = (action: string) => ({
  action,
  permissions: ['steward'] as const,
  refusal: 'What a clean room remembers is up to stewards.',
});

function subjectOf({ sub, issuer }: NonNullable<ResetAsk['subject']>, gate: Gate): RoomSubject {
  const [only, second] = gate.issuers();
  const known = issuer ?? (second === undefined ? only : undefined);
  if (known !== undefined) return { sub, issuer: known };
  throw new SluiceError('bad_request', 'Name the issuer of the subject: there are several, or none.', {
    hint: `Configured are ${gate.issuers().join(', ')}.`,
  });
}
