/**
 * Whether two trees mean the same: compared field by field along the table of nodes, so that nothing is left out; only
 * offsets into the text, and the ways in which PostgreSQL's parser writes a default, do not count.
 */
import type { Node, SelectStmt } from '@pgsql/types';
import { asRead } from '../catalogue/fold.ts';
import { isTag, NODES, type Slot, type Tag } from './guard/nodes.ts';
import { isBlank } from './walk.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Exact for trees of accepted nodes; false for anything that holds another node or field. */
export function sameTree(left: SelectStmt, right: SelectStmt): boolean {
  return sameBody('SelectStmt', left as Fields, right as Fields);
}

function sameNode(left: Node, right: Node): boolean {
  if (isBlank(left) || isBlank(right)) return isBlank(left) && isBlank(right);
  const [tag, ...more] = Object.keys(left);
  const [other, ...others] = Object.keys(right);
  if (tag === undefined || tag !== other || !isTag(tag) || more.length + others.length > 0) return false;
  return sameBody(tag, flattened(left, tag), flattened(right, tag));
}

function sameBody(tag: Tag, left: Fields, right: Fields): boolean {
  const slots = NODES[tag];
  for (const field of Object.keys(left)) if (slots[field] === undefined) return false;
  for (const field of Object.keys(right)) if (slots[field] === undefined) return false;
  for (const [field, slot] of Object.entries(slots)) {
    const [a, b] = [left[field], right[field]];
    if (a !== b && !sameSlot(slot, a, b)) return false;
  }
  return true;
}

function sameSlot(slot: Slot, a: unknown, b: unknown): boolean {
  switch (slot.is) {
    case 'offset':
      return true;
    case 'node':
      return a !== undefined && b !== undefined && sameNode(a as Node, b as Node);
    case 'bare':
      return a !== undefined && b !== undefined && sameBody(slot.of, a as Fields, b as Fields);
    case 'list':
      return sameList((a ?? []) as readonly Node[], (b ?? []) as readonly Node[]);
    case 'names':
      return sameNames((a ?? []) as readonly Node[], (b ?? []) as readonly Node[]);
    case 'literal':
      return a !== undefined && b !== undefined && sameLiteral(slot.key, a as Fields, b as Fields);
    case 'enum':
      return (a ?? slot.of[0]) === (b ?? slot.of[0]);
    case 'flag':
      return (a ?? false) === (b ?? false);
    case 'int':
      return (a ?? 0) === (b ?? 0);
    case 'text':
      return sameWord(a as string | undefined, b as string | undefined);
    case 'refused':
      return false;
    default:
      return slot satisfies never;
  }
}

function sameList(left: readonly Node[], right: readonly Node[]): boolean {
  return left.length === right.length && left.every((item, i) => sameNode(item, right[i]!));
}

function sameNames(left: readonly Node[], right: readonly Node[]): boolean {
  return (
    left.length === right.length &&
    left.every((part, i) => {
      const other = right[i]!;
      if ('A_Star' in part) return 'A_Star' in other;
      return 'String' in part && 'String' in other && sameWord(part.String.sval, other.String.sval);
    })
  );
}

/** The grammar cuts names that are too long, so a tree that was read back has them cut; the engine gets them whole. */
function sameWord(meant = '', read = ''): boolean {
  return meant === read || asRead(meant) === read;
}

const DEFAULTS = { ival: 0, fval: '', boolval: false, sval: '' } as const;

function sameLiteral(key: keyof typeof DEFAULTS, left: Fields, right: Fields): boolean {
  return (left[key] ?? DEFAULTS[key]) === (right[key] ?? DEFAULTS[key]);
}

/** PostgreSQL's parser flattens `(a AND b) AND c` on sight, and so must a tree that was built. */
function flattened(node: Node, tag: Tag): Fields {
  const body = (node as unknown as Record<string, Fields>)[tag]!;
  if (tag !== 'BoolExpr' || body.boolop === 'NOT_EXPR') return body;
  const [first, ...rest] = body.args as readonly Node[];
  if (first === undefined || !('BoolExpr' in first) || first.BoolExpr.boolop !== body.boolop) return body;
  const inner = flattened(first, 'BoolExpr').args as readonly Node[];
  return { ...body, args: [...inner, ...rest] };
}
