/** Tokens as an engine computes them, in plain SQL: byte for byte what token.ts makes. Keys are bound; only the key's id stands in the text. */
import type { Node } from '../../tree.ts';
import { type Binder, CALLS, call, cast, type EngineKind, operation, text, when, whole } from '../build.ts';
import { fromHex, keyedHmac, utf8 } from './hash.ts';
import {
  BLOCK_BYTES,
  domainKeys,
  END_BYTE,
  IV_BYTES,
  LONGEST,
  type TokenDomain,
  type TokenKey,
} from './token.ts';

const concat = (left: Node, right: Node): Node => operation('||', left, right);
const BLOCKS = (LONGEST + 1) / BLOCK_BYTES;
const BLOCK_BITS = Math.log2(BLOCK_BYTES);

export function tokenMask(
  value: Node,
  key: TokenKey,
  domain: TokenDomain,
  { binder, engine }: { readonly binder: Binder; readonly engine: EngineKind },
): Node {
  const own = CALLS[engine];
  const keys = domainKeys(key, domain);
  const lengthOf = (text: Node): Node => own(engine === 'duckdb' ? 'strlen' : 'octet_length', text);
  // Not around the whole: what stands in a CASE, DuckDB computes anew wherever it stands.
  const short = when(operation('<=', lengthOf(value), whole(LONGEST)), value, null);
  const bytes = utf8(short, engine);
  const length = lengthOf(short);
  const iv = own('left', keyedHmac(keys.iv, binder, engine)(bytes), whole(2 * IV_BYTES));
  const hmac = keyedHmac(keys.stream, binder, engine);
  const block = (counter: number): Node => hmac(fromHex(concat(iv, text(byte(counter))), engine));
  // Blocks beyond the value are not computed.
  const stream = Array.from({ length: BLOCKS }, (_, i) =>
    i === 0 ? block(0) : when(operation('>=', length, whole(i * BLOCK_BYTES)), block(i), text('')),
  ).reduce(concat);
  // Whole blocks, two digits a byte: (length / 32 + 1) * 64.
  const digits = operation(
    '<<',
    operation('+', operation('>>', cast(length, 'integer'), whole(BLOCK_BITS)), whole(1)),
    whole(BLOCK_BITS + 1),
  );
  const padded = own('rpad', concat(toHex(bytes, engine), text(byte(END_BYTE))), digits, text('0'));
  return [text(`tok_${key.id}_`), iv, xored(padded, stream, engine)].reduce(concat);
}

const byte = (value: number): string => Buffer.of(value).toString('hex');

function toHex(bytes: Node, engine: EngineKind): Node {
  return engine === 'duckdb'
    ? call('lower', call('hex', bytes))
    : CALLS.postgres('encode', bytes, text('hex'));
}

/** Two texts of as many hex digits, xored. */
function xored(left: Node, right: Node, engine: EngineKind): Node {
  switch (engine) {
    case 'duckdb': {
      const bits = (digits: Node): Node => cast(fromHex(digits, engine), 'bitstring');
      return toHex(cast(call('xor', bits(left), bits(right)), 'bytes'), engine);
    }
    case 'postgres': {
      const bits = (digits: Node): Node => cast(concat(text('x'), digits), 'varbit');
      // What a bit string is sent as: four bytes of its length, then the bits.
      const sent = CALLS.postgres('varbit_send', operation('#', bits(left), bits(right)));
      return toHex(CALLS.postgres('substr', sent, whole(5)), engine);
    }
    default:
      return engine satisfies never;
  }
}
