/** The physical relation of a node: its `relation_name` as dbt prints it, with quoted parts as written and the others as the adapter folds them. */
import { type At, type Json, textIn, textOrNullIn } from './json.ts';
import type { DbtRelation } from './project.ts';

/** How the adapter spells an unquoted name. */
export type Unquoted = (name: string) => string;

export function readRelation(node: Json, place: At, unquoted: Unquoted): DbtRelation {
  const database = textOrNullIn(node, 'database', place);
  const schema = textIn(node, 'schema', place);
  const key = node.resource_type === 'source' ? 'identifier' : 'alias';
  const identifier = textOrNullIn(node, key, place) ?? textIn(node, 'name', place);
  const text = textOrNullIn(node, 'relation_name', place);
  if (text === null) return { database, schema, identifier, named: true };
  const parts = parseRelationName(text)?.map((part) => (part.quoted ? part.name : unquoted(part.name)));
  if (parts === undefined) return { database, schema, identifier, named: false };
  const [last = identifier, second = schema, third = database] = parts.reverse();
  return { database: third, schema: second, identifier: last, named: true };
}

interface NamePart {
  readonly name: string;
  readonly quoted: boolean;
}

/** One to three parts, quoted by `"`, `` ` `` or `[]`, or bare; null for anything else, function calls and paths included. */
export function parseRelationName(text: string): NamePart[] | null {
  const parts: NamePart[] = [];
  // Bare BigQuery projects hold dashes; doubled quotes stand for one.
  const part = /"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|\[((?:[^\]]|\]\])+)\]|([\p{L}_][\p{L}\p{N}_$-]*)/uy;
  let index = 0;
  for (;;) {
    part.lastIndex = index;
    const found = part.exec(text);
    if (found === null) return null;
    const [whole, double, tick, bracket, bare] = found;
    if (double !== undefined) parts.push({ name: double.replaceAll('""', '"'), quoted: true });
    else if (tick !== undefined) parts.push(...backticked(tick.replaceAll('``', '`')));
    else if (bracket !== undefined) parts.push({ name: bracket.replaceAll(']]', ']'), quoted: true });
    else parts.push({ name: bare ?? '', quoted: false });
    index += whole.length;
    if (index === text.length) return parts.length <= 3 ? parts : null;
    if (text[index] !== '.') return null;
    index += 1;
  }
}

/** BigQuery also takes the whole path in one pair of backticks. */
function backticked(name: string): NamePart[] {
  return name.split('.').map((part) => ({ name: part, quoted: true }));
}
