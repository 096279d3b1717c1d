/** What a signed post carries, as https://www.standardwebhooks.com has it: the receiver can tell who sent it, and that it is not an old one. */
import { createHmac } from 'node:crypto';

export interface SignedPost {
  /** The same however often it is sent. */
  readonly id: string;
  /** Epoch seconds, of this attempt. */
  readonly time: number;
  readonly body: string;
}

/**
 * `v1,` and the base64 of HMAC-SHA-256 over `id.time.body`.
 *
 * @param secret used as it is written (UTF-8), or decoded from base64 where it begins with `whsec_`; null signs nothing
 */
export function signedHeaders(
  { id, time, body }: SignedPost,
  secret: string | null,
): Readonly<Record<string, string>> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(time) };
  if (secret === null) return headers;
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${time}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}

function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
}
