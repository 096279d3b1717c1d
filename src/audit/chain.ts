/** The hash chain: each stored event names the hash of the one before, so that any change breaks every later link. */
import { hash } from 'node:crypto';
import type { AuditEvent, StoredAuditEvent } from './event.ts';

/** `prev_hash` of the first event. */
export const GENESIS = '0'.repeat(64);

/** Where a chain ends. `seq` counts from 1 without gaps; 0 is the empty chain. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const EMPTY_HEAD: Head = Object.freeze({ seq: 0, hash: GENESIS });

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * JSON in one form only, as RFC 8785 (JCS) has it: keys sorted by UTF-16 code units, no space, ECMAScript's numbers.
 * Keys without value are left out. Anyone with a JCS library can recompute the hashes of an export.
 */
export function canonicalise(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalise(item)).join(',')}]`;
  if (value === null || typeof value !== 'object') {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new RangeError('no JSON form for this number');
    return JSON.stringify(value);
  }
  const members = value as { readonly [key: string]: Json | undefined };
  const parts: string[] = [];
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalise(member)}`);
  }
  return `{${parts.join(',')}}`;
}

/** Whether the text is the canonical one of the value that was read from it; as `canonicalise` would tell, and faster. */
export function isCanonical(text: string, value: Json): boolean {
  // Keys that look like numbers come back in another order: those are for the long way.
  return JSON.stringify(value) === text ? isSorted(value) : canonicalise(value) === text;
}

function isSorted(value: Json): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(isSorted);
  const members = value as { readonly [key: string]: Json | undefined };
  let before: string | null = null;
  // Without a list of entries: this runs for every event of a check. What JSON.parse gives inherits nothing that shows here.
  for (const key in members) {
    if (before !== null && key <= before) return false;
    const member = members[key];
    if (typeof member === 'object' && !isSorted(member)) return false;
    before = key;
  }
  return true;
}

/** An event as a row of the log: `body` is what the hash covers, position in the chain included. */
export interface ChainedRow extends Head {
  readonly body: string;
}

/** Puts an event behind `head`. */
export function link(event: AuditEvent, head: Head): ChainedRow {
  const seq = head.seq + 1;
  const body = canonicalise({ ...event, seq, prev_hash: head.hash });
  return { seq, body, hash: hashOf(body) };
}

export function hashOf(body: string): string {
  return hash('sha256', body, 'hex');
}

/** The event as readers get it. */
export function readRow(row: { readonly body: string; readonly hash: string }): StoredAuditEvent {
  return { ...(JSON.parse(row.body) as Omit<StoredAuditEvent, 'hash'>), hash: row.hash };
}

/** The same as one line: its body with its hash, so that whoever receives it can check and deduplicate. */
export function lineOf({ body, hash }: Pick<ChainedRow, 'body' | 'hash'>): string {
  // The body is an object in canonical form: the hash joins it as one more member.
  return `${body.slice(0, -1)},"hash":"${hash}"}`;
}
