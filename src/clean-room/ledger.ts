/**
 * The ledger against differencing: what each subject was answered from, dataset by dataset. From another rule on the same
 * dataset they are answered nothing; from other data only where it differs from all that they were answered from by nobody or
 * by enough. It is written before a row leaves.
 */
import { SluiceError } from '../errors.ts';
import type { Answered, RoomStore, RoomSubject } from '../store/clean-rooms.ts';
import { differsByTooFew } from './compare.ts';
import { type Content, pack, unpack } from './content.ts';

/** The data of one dataset under one rule, as it stands. */
export interface Standing {
  /** For words. */
  readonly dataset: string;
  /** What it is in the warehouse: a dataset may be called otherwise tomorrow, or by two names today. */
  readonly relation: string;
  readonly room: string;
  readonly rule: string;
  readonly version: string;
  /** Seconds for which the answer is remembered. */
  readonly memory: number;
  /** Asked for where the version is a new one. */
  readonly content: () => Promise<Content>;
}

/** A subject who asks from several places at once is looked at again as often. */
const ATTEMPTS = 5;

/** @throws SluiceError clean_room_difference; resolves when it is durable */
export async function enter(
  standings: readonly Standing[],
  subjects: readonly RoomSubject[],
  at: number,
  store: RoomStore,
): Promise<void> {
  for (const one of standings) {
    // One relation under two names, in one query.
    const other = standings.find(({ relation, rule }) => relation === one.relation && rule !== one.rule);
    if (other !== undefined) throw otherRule(one, other.room);
  }
  for (const standing of standings) await keep(standing, at, store);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answers = [];
    for (const standing of standings)
      for (const subject of subjects) {
        const earlier = await store.answersOf(subject, standing.relation, at);
        await compare(standing, earlier, store);
        answers.push({
          subject,
          relation: standing.relation,
          version: standing.version,
          room: standing.room,
          at,
          until: at + standing.memory,
          compared: earlier.map(({ version }) => version),
        });
      }
    if (await store.record(answers)) return;
  }
  throw new SluiceError('clean_room_difference', 'Too many queries of the clean room at once.', {
    retryAfter: 1,
  });
}

async function keep(
  { version, relation, rule, content }: Standing,
  at: number,
  store: RoomStore,
): Promise<void> {
  if (await store.touch(version, at)) return;
  await store.saveVersion({ id: version, relation, rule, content: await pack(await content()), at });
}

async function compare(standing: Standing, earlier: readonly Answered[], store: RoomStore): Promise<void> {
  if (earlier.every(({ version }) => version === standing.version)) return;
  const other = earlier.find(({ rule }) => rule !== standing.rule);
  if (other !== undefined) throw otherRule(standing, other.room);
  const now = await contentOf(standing.version, store);
  for (const { version, room } of earlier) {
    if (version === standing.version) continue;
    if (differsByTooFew(await contentOf(version, store), now))
      throw new SluiceError(
        'clean_room_difference',
        `${standing.dataset} has changed by too few since you were answered from it.`,
        { hint: hintFor(room, standing.room) },
      );
  }
}

function otherRule({ dataset, room }: Standing, otherRoom: string): SluiceError {
  return new SluiceError(
    'clean_room_difference',
    `You were answered from ${dataset} under other rules, and the answers could be subtracted.`,
    { hint: hintFor(otherRoom, room) },
  );
}

function hintFor(...rooms: readonly string[]): string {
  const names = [...new Set(rooms)].join(' and ');
  return `It is answered again when more has changed, or when a steward resets what is remembered of you in ${names}.`;
}

async function contentOf(version: string, store: RoomStore): Promise<Content> {
  const packed = await store.version(version);
  if (packed === null) throw new SluiceError('state_unavailable', 'The record of a clean room is gone.');
  return unpack(packed);
}
