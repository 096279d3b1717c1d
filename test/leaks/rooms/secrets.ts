/**
 * Two worlds that differ in what one person is, and that the rules of a room do not let anybody tell apart; and how the data
 * changes next, by that one person, in ways that a ledger must see through.
 */
import type { Random } from '../random.ts';
import { type Cut, cutMembers, cutUsage, generatePeople, type People, type Row } from './people.ts';

export interface Secret {
  /** The same but for one person, or for two of one group who have each other's values. */
  readonly worlds: readonly [People, People];
  /** Who it is. */
  readonly victim: number;
  readonly region: string;
  /** Of a group of theirs that is shown, and where they are to be next, or are no more. */
  readonly year: number;
  /** What changes next: the same statements in both worlds. */
  readonly change: readonly string[];
  /** The two worlds after it. */
  readonly changed: readonly [People, People];
}

/** Null where these people hold none: ask for others. */
function secretAmong(people: People, random: Random): Secret | null {
  const { members } = people;
  const { shown, beneath } = cutMembers(people);
  const group = shown.find(({ dims, sum }) => typeof dims.region === 'string' && sum !== null);
  if (group === undefined) return null;
  const { region, joined_on } = group.dims as { readonly region: string; readonly joined_on: string };
  const year = Number(joined_on.slice(0, 4));
  const single = ({ id }: Row): boolean => id !== null && members.filter((one) => one.id === id).length === 1;
  const withAge = (ages: ReadonlyMap<number, number | null>): People => ({
    ...people,
    members: members.map((row, at) => (ages.has(at) ? { ...row, age: ages.get(at) ?? null } : row)),
  });
  const moved = ({ members: rows, ...rest }: People, id: number): People => ({
    ...rest,
    members: rows.map((row) => (row.id === id ? { ...row, year } : row)),
  });
  const gone = ({ members: rows, ...rest }: People, id: number): People => ({
    ...rest,
    members: rows.filter((row) => row.id !== id),
  });
  if (random.chance(0.35)) {
    // Who of two in one group has which value; then one of them goes.
    const [one, other] = random.shuffled(group.of.filter((at) => members[at]?.age !== null));
    if (one === undefined || other === undefined) return null;
    const [a, b] = [members[one]!, members[other]!];
    if (a.age === b.age) return null;
    const worlds = [
      people,
      withAge(
        new Map([
          [one, b.age],
          [other, a.age],
        ]),
      ),
    ] as const;
    const id = a.id!;
    const change = [`DELETE FROM gold.members WHERE member_id = ${id}`, ...disguise(region, random)];
    return { worlds, victim: id, region, year, change, changed: [gone(worlds[0], id), gone(worlds[1], id)] };
  }
  // What somebody is whose group is too small; then they come to one that is shown.
  const hidden = beneath.filter((at) => single(members[at]!) && members[at]?.region === region);
  const [at] = random.shuffled(hidden);
  if (at === undefined) return null;
  const age = random.between(18, 60);
  const worlds = [
    withAge(new Map([[at, age]])),
    withAge(new Map([[at, age + random.between(7, 30)]])),
  ] as const;
  const id = members[at]!.id!;
  const change = [
    `UPDATE gold.members SET joined_on = date '${year}-05-05' WHERE member_id = ${id}`,
    ...disguise(region, random),
  ];
  return { worlds, victim: id, region, year, change, changed: [moved(worlds[0], id), moved(worlds[1], id)] };
}

/** What makes much look changed, so that one who did stands among many. */
function disguise(region: string, random: Random): readonly string[] {
  return random.pick([
    [],
    ['ALTER TABLE gold.members ALTER COLUMN age TYPE bigint'],
    [`UPDATE gold.members SET region = 'ZZ' WHERE region = '${region}'`],
    ["INSERT INTO gold.members VALUES (901, 'IS', date '1999-01-01', 1, 'x')"],
  ]);
}

const told = ({ shown }: Cut): string => JSON.stringify(shown.map(({ of: _, ...rest }) => rest));

export function secretOf(seed: string, random: (seed: string) => Random): Secret {
  for (let i = 0; i < 200; i++) {
    const secret = secretAmong(generatePeople(random(`${seed}/${i}`)), random(`${seed}/${i}/secret`));
    if (secret === null) continue;
    const [one, other] = secret.worlds;
    const alike = [cutMembers, cutUsage].every((cut) => told(cut(one)) === told(cut(other)));
    if (alike) return secret;
  }
  throw new Error(`no secret among the people of ${seed}`);
}
