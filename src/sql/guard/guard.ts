/**
 * Admits a parsed query when it is made of nothing but accepted nodes, fields, functions, operators and types, within
 * the bounds; the first thing that is not ends it with a stable code and a position.
 */
import type { Node, SelectStmt } from '@pgsql/types';
import type { GuardedQuery, ParsedQuery } from '../stages.ts';
import { DEFAULT_BOUNDS, type GuardBounds } from './bounds.ts';
import { type Inspection, inspection, type Place, refuse } from './inspection.ts';
import { isTag, NODES, type Slot, type Tag } from './nodes.ts';
import { REFUSED_NODES } from './refuse.ts';
import { checkRules } from './rules.ts';
import { checkFunctionInFrom, setsBelow } from './sets.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Checks a whole query. Throws SluiceError of the 3xxx range. */
export function guard(parsed: ParsedQuery, bounds: GuardBounds = DEFAULT_BOUNDS): GuardedQuery {
  const seen = inspection(parsed.text, bounds);
  const root = parsed.statement as { readonly SelectStmt: SelectStmt };
  checkNode(root as Node, ['SelectStmt'], seen, {
    parent: null,
    parentBody: {},
    field: '',
    location: 0,
    depth: 0,
    sets: null,
  });
  const { text } = parsed;
  return { text, select: root.SelectStmt, paramCount: seen.paramCount } as unknown as GuardedQuery;
}

function checkNode(node: Node, accepted: readonly Tag[], seen: Inspection, place: Place): void {
  const keys = Object.keys(node);
  const tag = keys[0] ?? '';
  const named = REFUSED_NODES[tag];
  const body = (node as unknown as Record<string, Fields>)[tag] ?? {};
  const here = { ...place, location: locationOf(body, place.location) };
  if (named !== undefined) {
    const at = { location: firstOffset(body) ?? here.location };
    refuse(seen, at, named.code, `Not accepted: ${named.what}`, named.hint);
  }
  if (keys.length !== 1 || !isTag(tag) || !accepted.includes(tag)) {
    refuse(
      seen,
      here,
      'sql_construct_refused',
      `Not accepted here: ${tag || 'an empty element'}`,
      GENERAL_HINT,
    );
  }
  if (tag === 'RangeFunction') checkFunctionInFrom(body, seen, here);
  checkBody(tag, body, seen, here);
}

const GENERAL_HINT = 'The reference lists the SQL that the gate accepts.';

function checkBody(tag: Tag, body: Fields, seen: Inspection, place: Place): void {
  seen.nodes += 1;
  if (seen.nodes > seen.bounds.nodes) {
    refuse(seen, place, 'sql_too_large', `The query has more than ${seen.bounds.nodes} parts`, SMALLER);
  }
  if (place.depth > seen.bounds.depth) {
    refuse(
      seen,
      place,
      'sql_too_deep',
      `The query nests deeper than ${seen.bounds.depth} levels`,
      'Split it with CTEs.',
    );
  }
  const slots = NODES[tag];
  for (const field of Object.keys(body)) {
    const slot = slots[field];
    if (slot === undefined) {
      refuse(seen, place, 'sql_construct_refused', `Not accepted: ${tag}.${field}`, GENERAL_HINT);
    }
    const below = {
      parent: tag,
      parentBody: body,
      field,
      location: place.location,
      depth: place.depth + 1,
      sets: setsBelow(tag, body, field, place.sets),
    };
    checkSlot(slot, body[field], seen, below);
  }
  checkRules(tag, body, seen, place);
}

const SMALLER = 'Split the query, or pass long lists as parameters.';

function checkSlot(slot: Slot, value: unknown, seen: Inspection, place: Place): void {
  switch (slot.is) {
    case 'node':
      checkNode(value as Node, slot.of, seen, place);
      return;
    case 'bare':
      checkBody(slot.of, value as Fields, seen, {
        ...place,
        location: locationOf(value as Fields, place.location),
      });
      return;
    case 'list':
      checkList(slot, value, seen, place);
      return;
    case 'names':
      checkNames(slot.star, value, seen, place);
      return;
    case 'literal':
      checkLiteral(slot.key, value, seen, place);
      return;
    case 'enum':
      if (typeof value === 'string' && slot.of.includes(value)) return;
      refuse(
        seen,
        place,
        slot.code ?? 'sql_construct_refused',
        `Not accepted: ${String(value)}`,
        GENERAL_HINT,
      );
      break;
    case 'text':
      expectType('string', value, seen, place);
      return;
    case 'flag':
      expectType('boolean', value, seen, place);
      return;
    case 'int':
    case 'offset':
      expectType('number', value, seen, place);
      return;
    case 'refused':
      refuse(seen, place, slot.code, `Not accepted: ${slot.what}`, slot.hint);
      break;
    default:
      slot satisfies never;
  }
}

function checkList(
  slot: Extract<Slot, { is: 'list' }>,
  value: unknown,
  seen: Inspection,
  place: Place,
): void {
  if (!Array.isArray(value)) malformed(seen, place);
  const items = value as readonly Node[];
  if (items.length > seen.bounds.items) {
    refuse(seen, place, 'sql_too_large', `A list has more than ${seen.bounds.items} elements`, SMALLER);
  }
  const last = items.at(-1);
  const blank = last !== undefined && Object.keys(last).length === 0;
  const admitted =
    slot.blank === 'alone' ? items.length === 1 : slot.blank === 'last' && place.sets === 'from';
  for (const item of blank && admitted ? items.slice(0, -1) : items) checkNode(item, slot.of, seen, place);
}

function checkNames(star: boolean, value: unknown, seen: Inspection, place: Place): void {
  if (!Array.isArray(value) || value.length === 0) malformed(seen, place);
  value.forEach((part: Node, index) => {
    if ('String' in part && typeof (part.String.sval ?? '') === 'string') return;
    if (star && 'A_Star' in part && index === value.length - 1) return;
    malformed(seen, place);
  });
}

const LITERAL_TYPES = { ival: 'number', fval: 'string', boolval: 'boolean', sval: 'string' } as const;

function checkLiteral(key: keyof typeof LITERAL_TYPES, value: unknown, seen: Inspection, place: Place): void {
  const body = value as Fields;
  if (Object.keys(body).some((other) => other !== key)) malformed(seen, place);
  if (body[key] !== undefined) expectType(LITERAL_TYPES[key], body[key], seen, place);
}

function expectType(
  type: 'string' | 'number' | 'boolean',
  value: unknown,
  seen: Inspection,
  place: Place,
): void {
  if (typeof value !== type) malformed(seen, place);
}

function malformed(seen: Inspection, place: Place): never {
  return refuse(
    seen,
    place,
    'sql_construct_refused',
    `Not accepted: the form of ${place.parent}.${place.field}`,
    GENERAL_HINT,
  );
}

/** The first offset below a node that has none itself, as a function in FROM has not. */
function firstOffset(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { location } = value as Fields;
  if (typeof location === 'number' && location >= 0) return location;
  for (const inner of Object.values(value)) {
    const found = firstOffset(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The tree leaves an offset of zero out, and writes -1 where it does not know. */
function locationOf(body: Fields, inherited: number | undefined): number | undefined {
  const { location } = body;
  return typeof location === 'number' && location >= 0 ? location : inherited;
}
