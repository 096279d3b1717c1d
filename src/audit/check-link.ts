/** Whether one event is whole and follows the one before: the step that every check of a chain repeats. */
import { type Head, hashOf, isCanonical, type Json } from './chain.ts';

export type AuditProblemKind =
  /** A seq is not there: an event was deleted. */
  | 'event_missing'
  /** An event's content does not give its hash. */
  | 'event_altered'
  /** An event does not name the hash of the one before: reordered, replaced or inserted. */
  | 'link_broken'
  /** The log ends before its head record: the tail was deleted. */
  | 'tail_missing'
  /** Events stand behind the head record: the tail was inserted, or the head put back. */
  | 'head_behind'
  /** The head record is gone or names another hash than the last event's. */
  | 'head_altered'
  /** A head that was noted elsewhere is not in this chain: the chain was rebuilt or cut. */
  | 'head_unexpected'
  /** A checkpoint is not as it was made, is not in its place, or was left out. */
  | 'checkpoint_altered'
  /** A checkpoint does not carry the signature of a key that counts. */
  | 'checkpoint_unsigned'
  /** A checkpoint that was kept elsewhere does not fit this chain: it was cut, rebuilt, or is another one. */
  | 'checkpoint_unexpected'
  | 'unreadable';

export interface AuditProblem {
  readonly kind: AuditProblemKind;
  /** Where the first problem shows; null where it is not in one event. */
  readonly seq: number | null;
  readonly message: string;
}

export interface EventRow {
  readonly seq: number;
  readonly body: string;
  readonly hash: string;
}

export type Content = { readonly [key: string]: Json };

export type Checked =
  | { readonly problem: AuditProblem; readonly content?: never }
  | { readonly problem?: never; readonly content: Content };

export function checkLink(row: EventRow, before: Head): Checked {
  const { seq } = row;
  const due = before.seq + 1;
  if (seq < due) return problem('link_broken', due, 'An event stands before the first one');
  if (seq !== due) return problem('event_missing', due, `Event ${due} is missing; the next one is ${seq}`);
  if (hashOf(row.body) !== row.hash)
    return problem('event_altered', seq, `Event ${seq} does not match its hash: it was altered`);
  const content = parseObject(row.body);
  // One content, one text: else two readers could see different values in what one hash covers.
  if (content === null || !isCanonical(row.body, content))
    return problem('event_altered', seq, `Event ${seq} is not in canonical form`);
  if (content.seq !== seq || content.prev_hash !== before.hash) {
    const moved = `Event ${seq} does not follow event ${before.seq}: one of them was moved, replaced or inserted`;
    return problem('link_broken', seq, moved);
  }
  return { content };
}

function problem(kind: AuditProblemKind, seq: number, message: string): Checked {
  return { problem: { kind, seq, message } };
}

/** Null for what is no JSON object. */
export function parseObject(text: string): Content | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Content) : null;
  } catch {
    return null;
  }
}
