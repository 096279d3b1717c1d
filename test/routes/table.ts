/** The table of routes.yaml, read strictly: a row that leaves a persona out, or names one twice, is no row. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { EVERYONE, PERSONAS, type Person, REFUSED } from './persons.ts';

const person = z.enum(EVERYONE as readonly [Person, ...Person[]]);
const words = z.partialRecord(person, z.array(z.string())).default({});
const rowSchema = z.strictObject({
  route: z.string(),
  ask: z.string().optional(),
  path: z.string().optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  answers: z.record(
    z.string().regex(/^\d{3}( [a-z_]+)?$/),
    z.union([z.literal('everyone'), z.literal('others'), z.array(z.union([person, z.literal('others')]))]),
  ),
  tells: words,
  hides: words,
});

type RawRow = z.output<typeof rowSchema>;

export interface Row extends Omit<RawRow, 'answers'> {
  /** `403 access_denied`, or the status alone of what is no problem. */
  readonly answers: ReadonlyMap<Person, string>;
}

export const titleOf = ({ route, ask }: Pick<Row, 'route' | 'ask'>): string =>
  ask === undefined ? route : `${route}: ${ask}`;

export function readTable(): Row[] {
  const text = readFileSync(join(import.meta.dirname, 'routes.yaml'), 'utf8');
  return z
    .array(rowSchema)
    .parse(parse(text))
    .map((row) => ({ ...row, answers: answersOf(row) }));
}

function answersOf(row: RawRow): Map<Person, string> {
  const answers = new Map<Person, string>();
  const put = (who: Person, answer: string): void => {
    if (answers.has(who)) throw new Error(`${titleOf(row)}: ${who} stands there twice`);
    answers.set(who, answer);
  };
  let others: string | null = null;
  for (const [answer, list] of Object.entries(row.answers)) {
    for (const who of list === 'everyone' ? EVERYONE : list === 'others' ? [] : list)
      if (who !== 'others') put(who, answer);
    if (list !== 'others' && !list.includes('others')) continue;
    if (others !== null) throw new Error(`${titleOf(row)}: others stand there twice`);
    others = answer;
  }
  for (const who of PERSONAS) {
    if (answers.has(who)) continue;
    if (others === null) throw new Error(`${titleOf(row)}: say what ${who} gets`);
    put(who, others);
  }
  for (const [who, answer] of Object.entries(REFUSED) as [Person, string][])
    if (!answers.has(who)) put(who, answer);
  return answers;
}
