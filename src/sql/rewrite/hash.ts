/**
 * The keyed hash of masks: HMAC-SHA-256 (RFC 2104) out of plain sha256, since no engine of ours has an HMAC of its own.
 * The padded key blocks are bound as values: a literal would show in EXPLAIN and in the engine's logs.
 */
import { createHash, createHmac } from 'node:crypto';
import type { SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import { type Binder, CALLS, call, cast, type EngineKind, operation, text, whole } from './build.ts';

const BLOCK = 64;

export type HashScope = 'global' | 'dataset';

/** The key of a scope: that of a dataset is derived, so that its hashes join with no other dataset's. */
export function scopedKey(key: Uint8Array, scope: HashScope, datasetId: string): Uint8Array {
  switch (scope) {
    case 'global':
      return key;
    case 'dataset':
      return createHmac('sha256', key).update(`dataset:${datasetId}`).digest();
    default:
      return scope satisfies never;
  }
}

/** The value that a mask gives for a text, in lower-case hex: what the expression computes in the engine. */
export function keyedHash(key: Uint8Array, value: string): string {
  return createHmac('sha256', key).update(value, 'utf8').digest('hex');
}

/** Hex of the key block, each byte xored. */
function pad(key: Uint8Array, byte: number): string {
  const block = Buffer.alloc(BLOCK);
  block.set(key.length > BLOCK ? createHash('sha256').update(key).digest() : key);
  return Buffer.from(block.map((b) => b ^ byte)).toString('hex');
}

/** Whether a keyed hash can keep this type. */
export function hashable(type: SqlType): boolean {
  return (
    type.family === 'text' || type.family === 'uuid' || (type.family === 'integer' && bitsOf(type) <= 64)
  );
}

function bitsOf(type: SqlType): number {
  return type.bits ?? 128;
}

/**
 * @param value the raw column; NULL stays NULL.
 * @param type a type that is `hashable`: text becomes hex, an integer the first 63 bits as a BIGINT, a UUID the first 128.
 * The same value on every engine.
 */
export function hashExpression(
  value: Node,
  type: SqlType,
  key: Uint8Array,
  binder: Binder,
  engine: EngineKind,
): Node {
  const message = type.family === 'text' ? value : cast(value, 'text');
  const { hmac, first63 } = ENGINES[engine];
  const digest = hmac(message, key, binder);
  const first = (digits: number): Node => CALLS[engine]('left', digest, whole(digits));
  switch (type.family) {
    case 'integer':
      return first63(first(16));
    case 'uuid':
      return cast(first(32), 'uuid');
    default:
      return digest;
  }
}

interface HashEngine {
  /** In lower-case hex. */
  readonly hmac: (message: Node, key: Uint8Array, binder: Binder) => Node;
  /** Of 16 hex digits, as a BIGINT. */
  readonly first63: (hex: Node) => Node;
}

const ENGINES: Readonly<Record<EngineKind, HashEngine>> = {
  duckdb: {
    hmac: hmacDuckDb,
    first63: (hex) =>
      cast(operation('>>', cast(operation('||', text('0x'), hex), 'ubigint'), whole(1)), 'bigint'),
  },
  postgres: {
    hmac: hmacPostgres,
    first63: (hex) =>
      cast(operation('>>', cast(operation('||', text('x'), hex), 'bit', [64]), whole(1)), 'bigint'),
  },
};

/** Without pgcrypto: sha256 is the server's own since PostgreSQL 11. */
function hmacPostgres(message: Node, key: Uint8Array, binder: Binder): Node {
  const own = CALLS.postgres;
  const block = (byte: number): Node => own('decode', cast(binder.bind(pad(key, byte)), 'text'), text('hex'));
  const digest = own('sha256', operation('||', block(0x36), own('convert_to', message, text('UTF8'))));
  return own('encode', own('sha256', operation('||', block(0x5c), digest)), text('hex'));
}

function hmacDuckDb(message: Node, key: Uint8Array, binder: Binder): Node {
  const inner = call('unhex', cast(binder.bind(pad(key, 0x36)), 'text'));
  const outer = call('unhex', cast(binder.bind(pad(key, 0x5c)), 'text'));
  const digest = call('sha256', operation('||', inner, call('encode', message)));
  return call('sha256', operation('||', outer, call('unhex', digest)));
}
