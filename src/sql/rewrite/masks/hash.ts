/**
 * The keyed hash of masks: HMAC-SHA-256 (RFC 2104) out of plain sha256, since no engine of ours has an HMAC of its own.
 * The padded key blocks are bound as values: a literal would show in EXPLAIN and in the engine's logs.
 */
import { createHash, createHmac } from 'node:crypto';
import type { HashScope } from '../../../policies/policy.ts';
import type { SqlType } from '../../stages.ts';
import type { Node } from '../../tree.ts';
import { type Binder, CALLS, call, cast, type EngineKind, operation, text, whole } from '../build.ts';

const BLOCK = 64;

/** Where the value of a hash holds good. */
export interface HashPlace {
  readonly datasetId: string;
  /** The project that the caller acts in, null for none. */
  readonly project: string | null;
}

/** The key of a scope: that of a dataset or a project is derived, so that its hashes join with no other's. Without a project, the dataset's. */
export function scopedKey(key: Uint8Array, scope: HashScope, { datasetId, project }: HashPlace): Uint8Array {
  const derived = (of: string): Uint8Array => createHmac('sha256', key).update(of).digest();
  switch (scope) {
    case 'global':
      return key;
    case 'dataset':
      return derived(`dataset:${datasetId}`);
    case 'project':
      return derived(project === null ? `dataset:${datasetId}` : `project:${project}`);
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
  const digest = keyedHmac(key, binder, engine)(utf8(message, engine));
  const first = (digits: number): Node => CALLS[engine]('left', digest, whole(digits));
  switch (type.family) {
    case 'integer':
      return first63(first(16), engine);
    case 'uuid':
      return cast(first(32), 'uuid');
    default:
      return digest;
  }
}

/** The bytes of a text. */
export function utf8(message: Node, engine: EngineKind): Node {
  return engine === 'duckdb' ? call('encode', message) : CALLS.postgres('convert_to', message, text('UTF8'));
}

/** The bytes that hex digits stand for. */
export function fromHex(digits: Node, engine: EngineKind): Node {
  return engine === 'duckdb' ? call('unhex', digits) : CALLS.postgres('decode', digits, text('hex'));
}

/** Of bytes, in lower-case hex. The key is bound once, however often it is used. PostgreSQL has sha256 since 11, without pgcrypto. */
export function keyedHmac(key: Uint8Array, binder: Binder, engine: EngineKind): (message: Node) => Node {
  const block = (byte: number): Node => fromHex(cast(binder.bind(pad(key, byte)), 'text'), engine);
  const inner = block(0x36);
  const outer = block(0x5c);
  switch (engine) {
    case 'duckdb': {
      // In hex already.
      const sha256 = (bytes: Node): Node => call('sha256', bytes);
      return (message) =>
        sha256(operation('||', outer, call('unhex', sha256(operation('||', inner, message)))));
    }
    case 'postgres': {
      const own = CALLS.postgres;
      const sha256 = (bytes: Node): Node => own('sha256', bytes);
      return (message) =>
        own('encode', sha256(operation('||', outer, sha256(operation('||', inner, message)))), text('hex'));
    }
    default:
      return engine satisfies never;
  }
}

/** Of 16 hex digits, as a BIGINT. */
function first63(hex: Node, engine: EngineKind): Node {
  const bits =
    engine === 'duckdb'
      ? cast(operation('||', text('0x'), hex), 'ubigint')
      : cast(operation('||', text('x'), hex), 'bit', [64]);
  return cast(operation('>>', bits, whole(1)), 'bigint');
}
