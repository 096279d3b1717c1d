/**
 * Tokens: reversible pseudonyms of texts, keyed and deterministic, `tok_<key id>_<iv and ciphertext in hex>`. A synthetic
 * initialisation vector (as in RFC 5297): iv = HMAC(k1, value) cut to 16 bytes; ciphertext = padded value xor HMAC(k2, iv, counter).
 * Two values give one token only where HMAC collides, and a changed token is told from a true one by its iv.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TokenScope } from '../../../policies/policy.ts';

/** In bytes of UTF-8; a longer value has no token. */
export const LONGEST = 255;
export const IV_BYTES = 16;
/** Values are padded to whole blocks, so that a token tells their length no nearer than this. */
export const BLOCK_BYTES = 32;
/** Ends the value; zeros follow. */
export const END_BYTE = 0x80;

export interface TokenKey {
  /** Shown in each token. */
  readonly id: string;
  readonly secret: Uint8Array;
}

export interface TokenKeys {
  /** With which tokens are made. */
  readonly current: TokenKey;
  /** By id: those that tokens may still have been made with, the current one too. */
  readonly all: ReadonlyMap<string, TokenKey>;
}

/** Within what a value has one token: what one policy covers, or of that one dataset. */
export interface TokenDomain {
  readonly policy: string;
  readonly scope: TokenScope;
  readonly datasetId: string;
}

interface DomainKeys {
  readonly iv: Uint8Array;
  readonly stream: Uint8Array;
}

/** Under another policy the same value has another token: what one policy lets someone reverse says nothing of another's. */
export function domainKeys({ secret }: TokenKey, { policy, scope, datasetId }: TokenDomain): DomainKeys {
  const domain = JSON.stringify([policy, scope === 'dataset' ? datasetId : null]);
  const derived = (use: string): Uint8Array =>
    createHmac('sha256', secret).update(`tokenise ${use} ${domain}`).digest();
  return { iv: derived('iv'), stream: derived('stream') };
}

/** The token that the expression in an engine makes of a value; null where it is too long. */
export function makeToken(value: string, key: TokenKey, domain: TokenDomain): string | null {
  const plain = Buffer.from(value, 'utf8');
  if (plain.length > LONGEST) return null;
  const keys = domainKeys(key, domain);
  const iv = vectorOf(plain, keys);
  const padded = Buffer.alloc((Math.floor(plain.length / BLOCK_BYTES) + 1) * BLOCK_BYTES);
  padded.set(plain);
  padded[plain.length] = END_BYTE;
  return `tok_${key.id}_${Buffer.concat([iv, xorStream(padded, iv, keys)]).toString('hex')}`;
}

const TOKEN = /^tok_([a-z0-9]{1,16})_((?:[0-9a-f]{2})+)$/;

/** The value, or null for whatever is no token of this domain and these keys. */
export function reverseToken(token: string, keys: TokenKeys, domain: TokenDomain): string | null {
  const [, id = '', hex = ''] = TOKEN.exec(token) ?? [];
  const key = keys.all.get(id);
  const bytes = Buffer.from(hex, 'hex');
  const blocks = (bytes.length - IV_BYTES) / BLOCK_BYTES;
  if (key === undefined || !Number.isInteger(blocks) || blocks < 1 || blocks > (LONGEST + 1) / BLOCK_BYTES)
    return null;
  const own = domainKeys(key, domain);
  const iv = bytes.subarray(0, IV_BYTES);
  const padded = xorStream(bytes.subarray(IV_BYTES), iv, own);
  const end = padded.lastIndexOf(END_BYTE);
  const plain = padded.subarray(0, Math.max(end, 0));
  const sound = timingSafeEqual(vectorOf(plain, own), iv);
  // What follows the value is told by the vector only as far as the value goes.
  return sound &&
    end >= 0 &&
    padded.subarray(end + 1).every((byte) => byte === 0) &&
    blocks === Math.floor(end / BLOCK_BYTES) + 1
    ? plain.toString('utf8')
    : null;
}

function vectorOf(plain: Uint8Array, { iv }: DomainKeys): Buffer {
  return createHmac('sha256', iv).update(plain).digest().subarray(0, IV_BYTES);
}

function xorStream(bytes: Uint8Array, iv: Uint8Array, { stream }: DomainKeys): Buffer {
  return Buffer.concat(
    Array.from({ length: bytes.length / BLOCK_BYTES }, (_, counter) => {
      const block = createHmac('sha256', stream).update(iv).update(Buffer.of(counter)).digest();
      return block.map((byte, i) => byte ^ (bytes[counter * BLOCK_BYTES + i] ?? 0));
    }),
  );
}
