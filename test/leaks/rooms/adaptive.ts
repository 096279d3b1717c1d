/**
 * Sets the adversary on rooms: they ask the one world, and what they ask is asked of the other as well. Whatever the two say
 * differently has told them which one it is.
 */
import type { EngineKind, RoomWorld } from '../../clean-room/world.ts';
import type { Reply } from '../../e2e/gate.ts';
import type { TestServer } from '../../engines/postgres/server.ts';
import { random } from '../random.ts';
import { type Adversary, adversary, type Move, PROJECTS } from './adversary.ts';
import { open, said } from './campaign.ts';
import { type Secret, secretOf } from './secrets.ts';

/** What is taken away, to see that the adversary finds it: the groups' least size, or what subjects are remembered for. */
export type Weakened = 'groups' | 'ledger';

export interface AdaptiveCampaign {
  readonly seed: string;
  readonly engine: EngineKind;
  readonly firstWorld: number;
  readonly worlds: number;
  readonly perWorld: number;
  readonly servers?: readonly [TestServer, TestServer] | null;
  readonly weakened?: Weakened;
}

export interface AdaptiveTally {
  asked: number;
  answered: number;
  /** After the data changed. */
  refusedLater: number;
}

export interface AdaptiveFinding {
  readonly at: string;
  readonly move: Move;
  readonly told: readonly [string, string];
}

export async function runAdaptive(
  campaign: AdaptiveCampaign,
): Promise<{ readonly tally: AdaptiveTally; readonly findings: readonly AdaptiveFinding[] }> {
  const { seed, engine, firstWorld, worlds, servers } = campaign;
  const tally: AdaptiveTally = { asked: 0, answered: 0, refusedLater: 0 };
  const findings: AdaptiveFinding[] = [];
  for (let world = firstWorld; world < firstWorld + worlds; world++) {
    const at = `${seed}/${world}`;
    const secret = secretOf(`${at}/secret`, random);
    const rooms: RoomWorld[] = [];
    try {
      for (const [i, people] of secret.worlds.entries())
        rooms.push(await open(people, engine, servers?.[i], OTHERS(people.least)));
      const [one, other] = rooms as [RoomWorld, RoomWorld];
      findings.push(...(await attack(at, secret, [one, other], campaign, tally)));
    } finally {
      for (const room of rooms) await room.close();
    }
  }
  return { tally, findings };
}

/** The same people under other rules: cut by region alone. */
const OTHERS = (min_group_size: number) => ({
  coarse: {
    on: ['gold.members', 'gold.usage'],
    sluice: {
      members: { group: 'readers' },
      clean_room: {
        min_group_size,
        datasets: {
          'gold.members': { unit: 'member_id', dimensions: ['region'], measures: ['age'] },
          'gold.usage': { unit: 'member_id', dimensions: [], measures: ['kwh'] },
        },
      },
    },
  },
});

/** Whoever was answered from all that there is before it changes, under one rule: then they can subtract. */
const OPENING = ['SELECT count(*) FROM gold.members', 'SELECT count(*) FROM gold.usage'];

async function attack(
  at: string,
  secret: Secret,
  rooms: readonly [RoomWorld, RoomWorld],
  { perWorld, weakened }: AdaptiveCampaign,
  tally: AdaptiveTally,
): Promise<readonly AdaptiveFinding[]> {
  const { victim, region } = secret;
  const mind = adversary({ worlds: secret.worlds, victim, region }, PROJECTS, random(`${at}/mind`));
  for (const sql of OPENING) for (const room of rooms) await room.ask(sql);
  for (let i = 0; i < perWorld; i++) {
    const later = i >= perWorld / 2;
    if (i === Math.ceil(perWorld / 2)) {
      for (const room of rooms) await room.change(...secret.change);
      mind.turn({ worlds: secret.changed, victim, region });
    }
    const found = await step(mind, rooms, weakened, later, tally);
    // Whoever knows has nothing more to ask.
    if (found !== null) return [{ at: `${at}/${i}`, ...found }];
  }
  return [];
}

async function step(
  mind: Adversary,
  rooms: readonly [RoomWorld, RoomWorld],
  weakened: Weakened | undefined,
  later: boolean,
  tally: AdaptiveTally,
): Promise<Omit<AdaptiveFinding, 'at'> | null> {
  const move = mind.next();
  const replies: Reply[] = [];
  for (const { ask, gate } of rooms) {
    if (weakened === 'ledger')
      for (const room of PROJECTS) await gate.serving.open.gate.rooms.store.reset(room, null);
    const reply = await ask(move.sql, { project: move.project, limit: 500 });
    // What the room answers, answered from all of the rows.
    const bare = weakened === 'groups' && reply.status === 200;
    replies.push(bare ? await ask(move.sql, { project: null, limit: 500 }) : reply);
  }
  const [mine, theirs] = replies as [Reply, Reply];
  tally.asked += 1;
  if (mine.status === 200) tally.answered += 1;
  else if (later) tally.refusedLater += 1;
  const first = mine.body.rows?.[0]?.[0];
  mind.learn(
    move,
    mine.status === 200
      ? { told: first === undefined || first === null ? null : Number(first) }
      : { refused: String(mine.body.code) },
  );
  const told = [said(mine), said(theirs)] as const;
  return told[0] === told[1] && mine.status < 500 ? null : { move, told };
}
