/**
 * An adversary in a clean room who asks as many questions as they like: what is answered is what was reckoned from whole groups,
 * and is the same, byte for byte, for a twin of the people in which each single one has other values.
 */
import { type EngineKind, openWorld, type RoomWorld, type WorldOptions } from '../../clean-room/world.ts';
import type { Reply } from '../../e2e/gate.ts';
import type { TestServer } from '../../engines/postgres/server.ts';
import { random } from '../random.ts';
import { generatePeople, type People, statementsOf, twinOf, type Value } from './people.ts';
import { other, permitted, type Question } from './questions.ts';

export interface RoomCampaign {
  readonly seed: string;
  readonly engine: EngineKind;
  readonly firstWorld: number;
  readonly worlds: number;
  readonly perWorld: number;
  /** Two servers that are there already: each world has one, and its twin the other. */
  readonly servers?: readonly [TestServer, TestServer] | null;
}

export interface RoomTally {
  asked: number;
  /** With 200. */
  answered: number;
  /** Against what was reckoned. */
  reckoned: number;
  groups: number;
}

export interface RoomFinding {
  readonly at: string;
  readonly sql: string;
  readonly why: string;
}

export async function runRooms(
  campaign: RoomCampaign,
): Promise<{ tally: RoomTally; findings: readonly RoomFinding[] }> {
  const { seed, engine, firstWorld, worlds, perWorld, servers } = campaign;
  const tally: RoomTally = { asked: 0, answered: 0, reckoned: 0, groups: 0 };
  const findings: RoomFinding[] = [];
  for (let world = firstWorld; world < firstWorld + worlds; world++) {
    const at = `${seed}/${world}`;
    const people = generatePeople(random(`${at}/people`));
    const twin = twinOf(people, random(`${at}/twin`));
    const [one, second] = [await open(people, engine, servers?.[0]), await open(twin, engine, servers?.[1])];
    try {
      for (let i = 0; i < perWorld; i++) {
        const chance = random(`${at}/${i}`);
        const question = chance.chance(0.5) ? permitted(people, chance) : other(people, chance);
        const why = await asked(question, one, second, tally);
        if (why !== null) findings.push({ at: `${at}/${i}`, sql: question.sql, why });
      }
    } finally {
      await one.close();
      await second.close();
    }
  }
  return { tally, findings };
}

async function asked(
  question: Question,
  one: RoomWorld,
  twin: RoomWorld,
  tally: RoomTally,
): Promise<string | null> {
  const [mine, theirs] = [
    await one.ask(question.sql, { limit: 500 }),
    await twin.ask(question.sql, { limit: 500 }),
  ];
  tally.asked += 1;
  if (mine.status >= 500) return `a fault: ${mine.text}`;
  if (/SECRET4242/.test(mine.text)) return `a value: ${mine.text}`;
  if (question.expected === null) {
    if (mine.status === 200) tally.answered += 1;
    return said(mine) === said(theirs) ? null : `the twin tells another:\n${said(mine)}\n${said(theirs)}`;
  }
  if (mine.status !== 200) return `it is permitted, and refused: ${mine.text}`;
  tally.answered += 1;
  tally.reckoned += 1;
  tally.groups += question.expected.length;
  const [given, wanted] = [inOrder(mine.body.rows ?? []), inOrder(question.expected)];
  if (given !== wanted) return `it is not what the groups come to:\n${given}\n${wanted}`;
  return inOrder(theirs.body.rows ?? []) === wanted ? null : 'the twin tells another';
}

/** All that is told. Ties come in whatever order threads are done with them. */
export function said({ status, body: { rows = [], ...rest } }: Reply): string {
  return [
    status,
    JSON.stringify({ ...rest, request_id: null, page: { ...rest.page, next_cursor: null } }),
    ...rows.map((row) => JSON.stringify(row)).sort(),
  ].join('\n');
}

/** Engines write numbers in more than one way. */
function inOrder(rows: readonly (readonly unknown[])[]): string {
  const plain = (value: unknown): Value =>
    typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : (value as Value);
  return rows
    .map((row) => JSON.stringify(row.map(plain)))
    .sort()
    .join('\n');
}

const on = ['gold.members', 'gold.usage', 'gold.weights'];

/** @param others exposures beside the room */
export async function open(
  people: People,
  engine: EngineKind,
  server?: TestServer,
  others: WorldOptions['exposures'] = {},
): Promise<RoomWorld> {
  return openWorld(engine, {
    server: server ?? null,
    data: statementsOf(people),
    tables: [{ schema: 'gold', name: 'weights', columns: ['member_id integer', 'label text'] }],
    exposures: {
      ...others,
      partners: {
        on,
        sluice: {
          members: { group: 'readers' },
          clean_room: {
            min_group_size: people.least,
            datasets: {
              'gold.members': {
                unit: 'member_id',
                one_row_per_unit: true,
                dimensions: ['region', { column: 'joined_on', truncate_date: 'year' }],
                measures: ['age'],
                join_keys: ['member_id'],
              },
              'gold.weights': { unit: 'member_id', dimensions: ['label'], join_keys: ['member_id'] },
              'gold.usage': {
                unit: 'member_id',
                dimensions: ['month'],
                measures: ['kwh'],
                join_keys: ['member_id'],
                joins: [
                  { dataset: 'gold.members', on: 'member_id' },
                  { dataset: 'gold.weights', on: 'member_id' },
                ],
              },
            },
          },
        },
      },
    },
  });
}
