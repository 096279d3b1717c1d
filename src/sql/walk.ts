/**
 * Walks and rebuilds trees made of accepted nodes, driven by guard/nodes.ts: a node that the table does not list is a
 * fault, so no stage can step over a part of the tree that it does not know. Trees are never changed in place.
 */
import type { Node } from '@pgsql/types';
import { SluiceError } from '../errors.ts';
import { CHILD_SLOTS, type ChildSlot, isTag, type Tag } from './guard/nodes.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A node with its type at hand: `{"A_Const": body}` as `{tag: "A_Const", body}`. */
export interface Opened {
  readonly tag: Tag;
  readonly body: Fields;
}

/** Opens a wrapped node; throws on anything that is not one accepted node. */
export function open(node: Node): Opened {
  const keys = Object.keys(node);
  const tag = keys[0];
  if (keys.length !== 1 || tag === undefined || !isTag(tag)) {
    throw new SluiceError('rewrite_failed', 'A tree holds a node that is not accepted', {
      cause: keys.join(),
    });
  }
  return { tag, body: (node as unknown as Record<string, Fields>)[tag]! };
}

/** Wraps a body again. The caller vouches that the body fits the tag: the table is checked by guard and verify. */
export function close(tag: Tag, body: object): Node {
  return { [tag]: body } as unknown as Node;
}

/** PostgreSQL writes an empty list element as `{}` (plain DISTINCT). */
export function isBlank(node: Node): boolean {
  return Object.keys(node).length === 0;
}

function slotsOf(tag: Tag): readonly ChildSlot[] {
  return CHILD_SLOTS.get(tag) ?? [];
}

/** Calls `visit` for each child, in the table's order; bare children (`withClause`, `larg`, `over`) come wrapped. */
export function eachChild(node: Node, visit: (child: Node, field: string) => void): void {
  const { tag, body } = open(node);
  for (const { field, slot } of slotsOf(tag)) {
    const value = body[field];
    if (value === undefined) continue;
    if (slot.is === 'node') visit(value as Node, field);
    else if (slot.is === 'bare') visit(close(slot.of, value as object), field);
    else for (const item of value as readonly Node[]) if (!isBlank(item)) visit(item, field);
  }
}

/**
 * Rebuilds a node with its children mapped; returns the same object where no child changed. Bare children are handed
 * over wrapped and must come back as the same node type.
 */
export function mapChildren(node: Node, map: (child: Node, field: string) => Node): Node {
  const { tag, body } = open(node);
  let changed: Record<string, unknown> | null = null;
  for (const { field, slot } of slotsOf(tag)) {
    const value = body[field];
    if (value === undefined) continue;
    const mapped = mapSlot(slot, value, (child) => map(child, field));
    if (mapped !== value) {
      changed ??= { ...body };
      changed[field] = mapped;
    }
  }
  return changed === null ? node : close(tag, changed);
}

function mapSlot(slot: ChildSlot['slot'], value: unknown, map: (child: Node) => Node): unknown {
  switch (slot.is) {
    case 'node':
      return map(value as Node);
    case 'bare': {
      const before = close(slot.of, value as object);
      const after = map(before);
      if (after === before) return value;
      const opened = open(after);
      if (opened.tag !== slot.of) {
        throw new SluiceError('rewrite_failed', 'A tree was rebuilt with a wrong node', {
          cause: opened.tag,
        });
      }
      return opened.body;
    }
    case 'list': {
      const items = value as readonly Node[];
      const after = items.map((item) => (isBlank(item) ? item : map(item)));
      return after.every((item, i) => item === items[i]) ? value : after;
    }
  }
}

/** Depth first, parents before children. Return `false` from `visit` to leave out what is below. */
export function walk(node: Node, visit: (node: Node) => boolean | undefined): void {
  if (visit(node) === false) return;
  eachChild(node, (child) => walk(child, visit));
}

/** Depth first, children before parents. */
export function transform(node: Node, map: (node: Node) => Node): Node {
  return map(mapChildren(node, (child) => transform(child, map)));
}
