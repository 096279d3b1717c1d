/**
 * An adversary who knows both worlds and wants to know which one it is. They look where a group was told with fewer people than
 * they know of, halve it, ask the same in other words where they were refused, and set thresholds between what the two worlds
 * would come to.
 */
import type { Random } from '../random.ts';
import type { People, Row } from './people.ts';

/** Some of the people, as far as the room's dimensions can say who. */
export interface Box {
  /** Null for all. */
  readonly region: string | null;
  readonly from: number;
  readonly to: number;
}

export interface Move {
  readonly sql: string;
  readonly project: string;
  readonly form: string;
  readonly box: Box;
}

/** What came of it: refused, or the first number of the answer. */
export type Outcome = { readonly refused: string } | { readonly told: number | null };

export interface Knowledge {
  readonly worlds: readonly [People, People];
  readonly victim: number;
  readonly region: string;
}

const EVERYBODY: Box = { region: null, from: 2020, to: 2023 };

const within = ({ region, from, to }: Box, row: Row): boolean =>
  (region === null || row.region === region) && row.year >= from && row.year <= to;

const conditionOf = ({ region, from, to }: Box, range = ''): string =>
  [
    `${range}joined_on >= date '${from}-01-01'`,
    `${range}joined_on < date '${to + 1}-01-01'`,
    ...(region === null ? [] : [`${range}region = '${region}'`]),
  ].join(' AND ');

/** How many, and the sum of their ages, as the rows have it. */
function reckoned({ members }: People, box: Box): { readonly n: number; readonly sum: number } {
  const own = members.filter((row) => row.id !== null && within(box, row));
  return { n: own.length, sum: own.reduce((sum, { age }) => sum + (age ?? 0), 0) };
}

/** Where it would be told which world it is, if people were simply added up. */
const tells = ({ worlds: [one, other] }: Knowledge, box: Box): boolean =>
  reckoned(one, box).sum !== reckoned(other, box).sum;

function halves(box: Box, { region }: Knowledge): readonly Box[] {
  if (box.region === null) return [{ ...box, region }];
  if (box.from === box.to) return [];
  const middle = Math.floor((box.from + box.to) / 2);
  return [
    { ...box, to: middle },
    { ...box, from: middle + 1 },
  ];
}

type Form = (box: Box, known: Knowledge) => string;

const SUMS = 'count(*) AS n, sum(age) AS s, count(age) AS c';
const M = 'FROM gold.members';

/** Between what the two worlds would come to: its other side is the other world. */
const middle = ({ worlds }: Knowledge, box: Box): string =>
  String((reckoned(worlds[0], box).sum + reckoned(worlds[1], box).sum) / 2);

const smaller = (box: Box, known: Knowledge): Box =>
  halves(box, known).find((half) => tells(known, half)) ?? box;

const FORMS: Readonly<Record<string, Form>> = {
  where: (box) => `SELECT ${SUMS} ${M} WHERE ${conditionOf(box)}`,
  filter: (box) =>
    `SELECT count(*) FILTER (WHERE ${conditionOf(box)}), sum(age) FILTER (WHERE ${conditionOf(box)}) ${M}`,
  groups: (box) =>
    `SELECT count(*), region, joined_on, sum(age) ${M} WHERE ${conditionOf(box)} GROUP BY region, joined_on`,
  regions: (box) => `SELECT count(*), region, sum(age) ${M} WHERE ${conditionOf(box)} GROUP BY region`,
  rest: (box) =>
    `SELECT a.n - b.n, a.s - b.s FROM (SELECT ${SUMS} ${M}) a, (SELECT ${SUMS} ${M} WHERE NOT (${conditionOf(box)})) b`,
  pair: (box, known) =>
    `SELECT a.n - b.n, a.s - b.s FROM (SELECT ${SUMS} ${M} WHERE ${conditionOf(box)}) a, (SELECT ${SUMS} ${M} WHERE ${conditionOf(box)} AND NOT (${conditionOf(smaller(box, known))})) b`,
  having: (box, known) =>
    `SELECT count(*) ${M} WHERE ${conditionOf(box)} HAVING sum(age) > ${middle(known, box)}`,
  fails: (box, known) =>
    `SELECT count(*), 1 / (CASE WHEN sum(age) > ${middle(known, box)} THEN 0 ELSE 1 END) ${M} WHERE ${conditionOf(box)}`,
  average: (box) => `SELECT count(age), avg(age) * count(age) ${M} WHERE ${conditionOf(box)}`,
  used: (box) =>
    `SELECT count(*), sum(u.kwh) FROM gold.usage u JOIN gold.members m ON u.member_id = m.member_id WHERE ${conditionOf(box, 'm.')}`,
  'unused by others': () => 'SELECT count(*), sum(kwh), month FROM gold.usage GROUP BY month',
  case: (box) => `SELECT sum(CASE WHEN ${conditionOf(box)} THEN age END) ${M}`,
  extreme: (box) => `SELECT max(age) ${M} WHERE ${conditionOf(box)}`,
  'all but one': (_, { victim }) => `SELECT sum(age) ${M} WHERE member_id <> ${victim}`,
  row: (box, { victim }) => `SELECT age ${M} WHERE member_id = ${victim} AND ${conditionOf(box)}`,
};

export const PROJECTS = ['partners', 'coarse'] as const;

export interface Adversary {
  next(): Move;
  learn(move: Move, outcome: Outcome): void;
  /** The data is another now. */
  turn(known: Knowledge): void;
}

export function adversary(first: Knowledge, projects: readonly string[], random: Random): Adversary {
  let known = first;
  let box = EVERYBODY;
  /** How well a way of asking has done: what was refused is asked seldom, and yet again. */
  const hopes = new Map<string, number>();
  const hopeOf = (project: string, form: string): number => hopes.get(`${project} ${form}`) ?? 1;
  const choose = <T>(list: readonly T[], hope: (one: T) => number): T => {
    let left = random.next() * list.reduce((sum, one) => sum + hope(one), 0);
    for (const one of list) {
      left -= hope(one);
      if (left <= 0) return one;
    }
    return list.at(-1)!;
  };
  const ways = projects.flatMap((project) => Object.keys(FORMS).map((form) => ({ project, form })));
  return {
    next() {
      const { project, form } = choose(ways, (way) => hopeOf(way.project, way.form));
      return { project, form, box, sql: FORMS[form]!(box, known) };
    },
    learn({ project, form, box: asked }, outcome) {
      const hope = hopeOf(project, form);
      if ('refused' in outcome) {
        // The same people in other words.
        hopes.set(`${project} ${form}`, Math.max(0.05, hope / 2));
        return;
      }
      const missing = reckoned(known.worlds[0], asked).n - (outcome.told ?? 0);
      hopes.set(`${project} ${form}`, Math.min(4, hope * (missing > 0 ? 1.2 : 0.9)));
      // Where somebody is missing, or the worlds differ, further in; where there is nothing left to halve, from the beginning.
      const further = halves(asked, known).filter((half) => tells(known, half));
      box = further.length === 0 ? EVERYBODY : random.pick(further);
    },
    turn(next) {
      known = next;
      box = EVERYBODY;
      hopes.clear();
    },
  };
}
