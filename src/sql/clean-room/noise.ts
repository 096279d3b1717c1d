/**
 * Noise in SQL: two-sided geometric (discrete Laplace) on whole numbers, by inversion of uniform numbers that a keyed hash
 * gives. The key is a nonce of this one query, so that an answer is the same wherever the engine computes it again, and
 * another with the next query. A noisy number is a function of the noisy whole number alone.
 *
 * Uniform numbers have 52 bits, so that beyond 36 times the scale there is no noise: a chance of 2^-52.
 */

import {
  type Binder,
  CALLS,
  cast,
  choose,
  type EngineKind,
  operation,
  text,
  whole,
} from '../rewrite/build.ts';
import { keyedHmac, utf8 } from '../rewrite/masks/hash.ts';
import type { Node } from '../tree.ts';
import { isNotNull } from './nodes.ts';

export interface NoiseOptions {
  readonly nonce: Uint8Array;
  readonly binder: Binder;
  readonly engine: EngineKind;
}

/** Gives noise of a label and of values: each pair of them its own. */
export type Noise = (label: string, values: readonly Node[], scale: number) => Node;

/** @returns a maker of BIGINTs; of a scale (sensitivity by epsilon) at most 10^12 */
export function noiseOf({ nonce, binder, engine }: NoiseOptions): Noise {
  const hmac = keyedHmac(nonce, binder, engine);
  const call = CALLS[engine];
  return (label, values, scale) => {
    const message = values.reduce<Node>(
      (all, value) => operation('||', all, spelled(value, engine)),
      text(`${label}.`),
    );
    const digest = hmac(utf8(message, engine));
    const geometric = (digits: Node): Node => {
      const logarithm = call('ln', uniform(digits, engine));
      return call('floor', operation('*', logarithm, cast(text(String(-scale)), 'double')));
    };
    const first = call('left', digest, whole(16));
    const second = call('right', digest, whole(16));
    return cast(operation('-', geometric(first), geometric(second)), 'bigint');
  };
}

/** Of 16 hex digits: a multiple of 2^-52, above none and up to one. */
function uniform(hex: Node, engine: EngineKind): Node {
  const bits =
    engine === 'duckdb'
      ? cast(operation('||', text('0x'), hex), 'ubigint')
      : cast(operation('||', text('x'), hex), 'bit', [64]);
  const number = cast(cast(operation('>>', bits, whole(12)), 'bigint'), 'double');
  return operation(
    '/',
    operation('+', number, cast(text('1'), 'double')),
    cast(text(String(2 ** 52)), 'double'),
  );
}

/** Its length first, so that no two lists of values are written alike. */
function spelled(value: Node, engine: EngineKind): Node {
  const written = cast(value, 'text');
  const length = cast(CALLS[engine]('length', written), 'text');
  const told = operation('||', operation('||', length, text(':')), written);
  return choose([[isNotNull(value), told]], text('-'));
}
