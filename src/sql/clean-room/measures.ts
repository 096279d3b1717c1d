/**
 * What is summed of a measure, held to the rule's bounds. What would make a sum fail (NaN, infinities, numbers near the end
 * of the type) counts as no value, since an error would tell of rows that are left out.
 */
import { CALLS, cast, choose, type EngineKind, every, operation, text } from '../rewrite/build.ts';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import type { LatticeMeasure, Member } from './lattice.ts';
import { inOrder } from './nodes.ts';
import { numbersOf } from './numbers.ts';
import { type RoomWorld, shownValue } from './values.ts';

export function measureValue(measure: LatticeMeasure, member: Member, world: RoomWorld): Node {
  const value = heldValue(measure, member, world);
  if (measure.steps === null) return value;
  const { power } = measure.steps;
  const scaled = operation(
    power > 0 ? '/' : '*',
    cast(value, 'double'),
    cast(text(String(10 ** Math.abs(power))), 'double'),
  );
  // Halves go one way on every engine.
  return cast(CALLS[world.engine]('floor', operation('+', scaled, cast(text('0.5'), 'double'))), 'bigint');
}

/**
 * Floats are added up from the least to the greatest: in another order the last digits of the sum are others, so that it would tell
 * how rows lie, and two readings of the same rows would differ.
 */
export function sumOf(value: Node, { column: { family }, steps }: LatticeMeasure, engine: EngineKind): Node {
  const sum = CALLS[engine]('sum', value);
  if (family !== 'float' || steps !== null) return sum;
  return { FuncCall: { ...open(sum).body, agg_order: [inOrder(value)] } };
}

function heldValue({ column, bounds }: LatticeMeasure, member: Member, world: RoomWorld): Node {
  const numbers = numbersOf(column, member.governed, world.engine)!;
  const shown = shownValue(column, member, world);
  const value = numbers.in(shown);
  const typed = (number: string): Node => {
    if (numbers.family === 'float') return cast(text(number), 'double');
    if (numbers.family === 'integer') return numbers.in(text(number));
    return world.engine === 'duckdb'
      ? cast(text(number), 'decimal', [38, numbers.scale ?? 0])
      : cast(text(number), 'decimal');
  };
  const held: (readonly [Node, Node])[] = [];
  const { min, max } = bounds;
  // What no value can reach bounds nothing.
  if (min !== undefined && min > -numbers.holds) {
    const least = typed(written(min, numbers.scale, Math.ceil));
    held.push([operation('<', value, least), least]);
  }
  if (max !== undefined && max < numbers.holds) {
    const most = typed(written(max, numbers.scale, Math.floor));
    held.push([operation('>', value, most), most]);
  }
  const inBounds = held.length === 0 ? value : choose(held, value);
  if (numbers.most === null) return inBounds;
  const inside = every([
    operation('>=', value, typed(`-${numbers.most}`)),
    operation('<=', value, typed(numbers.most)),
  ]);
  return choose([[inside, inBounds]], null);
}

/** Rounded inward to what the type holds. */
function written(bound: number, scale: number | null, round: (value: number) => number): string {
  if (scale === null) return String(bound);
  const digits = Math.min(scale, 6);
  return digits === 0 ? BigInt(round(bound)).toString() : bound.toFixed(digits);
}
