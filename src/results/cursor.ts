/** Cursors for the next page: signed, and bound to the identity, the query and the snapshot that they came from. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { SluiceError } from '../errors.ts';

/** What a cursor stands for. `identity` and `query` are digests. */
export interface CursorPosition {
  readonly identity: string;
  readonly query: string;
  readonly snapshot: string;
  readonly offset: number;
  readonly limit: number;
}

type Binding = Omit<CursorPosition, 'offset' | 'limit'>;

const MAC_BYTES = 32;

function mac(key: Uint8Array, body: Buffer, bound: Binding): Buffer {
  const hmac = createHmac('sha256', key).update(body);
  for (const part of [bound.identity, bound.query, bound.snapshot]) hmac.update('\0').update(part);
  return hmac.digest();
}

/** @returns base64url; holds offset and limit in clear, the rest only in its signature. */
export function signCursor(key: Uint8Array, position: CursorPosition): string {
  const body = Buffer.from(JSON.stringify([position.offset, position.limit]));
  return Buffer.concat([mac(key, body, position), body]).toString('base64url');
}

/** @throws SluiceError cursor_invalid: forged, another caller's, another query's, or from before a push. */
export function openCursor(key: Uint8Array, text: string, bound: Binding): { offset: number; limit: number } {
  const invalid = new SluiceError('cursor_invalid', undefined, {
    hint: 'A cursor belongs to one caller, one query and one state of the metadata; ask for the first page again.',
  });
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length <= MAC_BYTES || bytes.length > MAC_BYTES + 64) throw invalid;
  const body = bytes.subarray(MAC_BYTES);
  if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac(key, body, bound))) throw invalid;
  const [offset, limit] = JSON.parse(body.toString()) as [number, number];
  return { offset, limit };
}
