/**
 * Numbers as multiples: buckets (the lower bound) and rounding (the nearest, half away from zero). Integers and decimals are
 * computed exactly, by the remainder; what the type cannot hold, NaN and what is beyond a float's whole numbers is NULL.
 */
import type { SqlType } from '../../stages.ts';
import type { Node } from '../../tree.ts';
import {
  CALLS,
  type CastTarget,
  cast,
  choose,
  type EngineKind,
  every,
  operation,
  text,
  when,
  whole,
} from '../build.ts';
import { fits as literalFits } from '../literals.ts';
import { castTarget, type Target } from './literal-types.ts';

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'float']);

/** Digits after the point, of a number that is written without an exponent. */
function digitsAfter(value: number): number {
  return String(value).split('.')[1]?.length ?? 0;
}

/** A number that every engine reads the same, and that no step of the arithmetic overflows with. */
export const isSize = (n: number): boolean => n >= 1e-6 && n <= 1e15 && Number(n.toFixed(6)) === n;
export const isPlace = (n: number): boolean => n === 0 || isSize(Math.abs(n));

function numeric(type: SqlType): boolean {
  return NUMBERS.has(type.family) && (type.family !== 'integer' || (type.bits ?? 0) > 0);
}

/** Whether `origin + n * step` are values of the type, and fewer than it has. */
export function multiplesFit(step: number, origin: number, type: SqlType): boolean {
  if (!numeric(type) || !isSize(step) || !isPlace(origin)) return false;
  if (type.family === 'integer')
    return (
      Number.isInteger(step) &&
      Number.isInteger(origin) &&
      step > 1 &&
      literalFits(String(step), { family: 'integer', bits: Math.min(type.bits!, 64) })
    );
  if (type.family === 'float' || type.scale === undefined || type.precision === undefined) return true;
  const scale = Math.max(digitsAfter(step), digitsAfter(origin));
  // Three steps have to fit besides.
  return scale <= type.scale && step > 10 ** -type.scale && step * 3 < 10 ** (type.precision - type.scale);
}

export function boundariesFit(boundaries: readonly number[], type: SqlType): boolean {
  if (!numeric(type) || !boundaries.every(isPlace)) return false;
  const exact = type.family === 'integer' || type.precision !== undefined;
  const held = type.family === 'integer' && type.bits === 128 ? { ...type, bits: 64 } : type;
  return !exact || boundaries.every((boundary) => literalFits(String(boundary), held));
}

interface Numbers {
  readonly of: (value: string) => Node;
  readonly least: Node;
  readonly most: Node;
  /** Back to the column's type. */
  readonly back: (value: Node) => Node;
}

export interface StepOptions {
  readonly type: SqlType;
  /** The column's type text. */
  readonly written: string | null;
  readonly engine: EngineKind;
}

export function bucketMask(step: number, origin: number, value: Node, options: StepOptions): Node {
  if (options.type.family === 'float') return floatSteps(step, origin, value, options, 'down');
  const numbers = exactNumbers(options, Math.max(digitsAfter(step), digitsAfter(origin)));
  const { of } = numbers;
  const width = of(String(step));
  // Between minus and plus one step; then between none and three, and so between none and one.
  const remainder = operation('%', value, width);
  const shift = exactly(step, origin);
  const above = operation('%', operation('+', remainder, of(shift)), width);
  const atLeast = operation('+', numbers.least, above);
  return bounded(numbers, value, atLeast, numbers.back(operation('-', value, above)));
}

/** Two steps less the origin's own remainder, as a number without exponent. */
function exactly(step: number, origin: number): string {
  const digits = Math.max(digitsAfter(step), digitsAfter(origin));
  const scaled = (value: number): bigint => BigInt(value.toFixed(digits).replace('.', ''));
  const width = scaled(step);
  const own = ((scaled(origin) % width) + width) % width;
  const whole = String(2n * width - own).padStart(digits + 1, '0');
  return digits === 0 ? whole : `${whole.slice(0, -digits)}.${whole.slice(-digits)}`;
}

export function roundMask(step: number, value: Node, options: StepOptions): Node {
  if (options.type.family === 'float') return floatSteps(step, 0, value, options, 'nearest');
  const numbers = exactNumbers(options, digitsAfter(step));
  const { of, least, most } = numbers;
  const width = of(String(step));
  const remainder = operation('%', value, width);
  const towardsZero = operation('-', value, remainder);
  const twice = operation('+', remainder, remainder);
  const up = numbers.back(operation('+', towardsZero, width));
  const down = numbers.back(operation('-', towardsZero, width));
  const rounded = choose(
    [
      [
        operation('>=', twice, width),
        when(operation('<=', towardsZero, operation('-', most, width)), up, null),
      ],
      [
        operation('<=', twice, of(String(-step))),
        when(operation('>=', towardsZero, operation('+', least, width)), down, null),
      ],
    ],
    numbers.back(towardsZero),
  );
  return bounded(numbers, value, least, rounded);
}

/** NaN is greater than all that a type can hold. */
function bounded({ most }: Numbers, value: Node, atLeast: Node, result: Node): Node {
  return when(every([operation('<=', value, most), operation('>=', value, atLeast)]), result, null);
}

/** PostgreSQL's decimals without a size: far beyond what is counted, and short of what cannot be. */
const SIZELESS = `1${'0'.repeat(30)}`;

/** The arithmetic of a type in which no step overflows. @param digits after the point that a result may show */
function exactNumbers({ type, written, engine }: StepOptions, digits: number): Numbers {
  const target = castTarget(type, written, engine);
  const as = (name: CastTarget, typmods: readonly number[] = []) => {
    return (value: string): Node => cast(text(value), name, typmods);
  };
  if (type.family === 'integer') {
    const bits = type.bits ?? 64;
    const of = as(bits > 64 ? 'hugeint' : 'bigint');
    const limit = 1n << BigInt(bits - 1);
    const back = (value: Node): Node => (target === null ? value : cast(value, target.name));
    return { of, least: of(String(-limit)), most: of(String(limit - 1n)), back };
  }
  const { precision, scale } = type;
  if (precision === undefined || scale === undefined) {
    const of = as('decimal');
    // The zeros after the point would tell how many digits there were.
    const back = (value: Node): Node => CALLS[engine]('round', value, whole(digits));
    return { of, least: of(`-${SIZELESS}`), most: of(SIZELESS), back };
  }
  const of = as('decimal', [precision, scale]);
  const most = `${'9'.repeat(precision - scale) || '0'}${scale === 0 ? '' : `.${'9'.repeat(scale)}`}`;
  const back = (value: Node): Node => cast(value, 'decimal', [precision, scale]);
  return { of, least: of(`-${most}`), most: of(most), back };
}

/** Integers are computed with in 64 bits or more. */
export function widened(value: Node, { type }: StepOptions): Node {
  return type.family === 'integer' && (type.bits ?? 64) <= 64 ? cast(value, 'bigint') : value;
}

const FLOAT_MOST = 1e15;
/** PostgreSQL raises where a quotient underflows. */
const FLOAT_LEAST = 1e-100;

function floatSteps(
  step: number,
  origin: number,
  value: Node,
  { type, written, engine }: StepOptions,
  which: 'down' | 'nearest',
): Node {
  const call = CALLS[engine];
  const of = (number: number): Node => cast(text(String(number)), 'double');
  const given = cast(value, 'double');
  const zero = of(0);
  const plain = choose(
    [
      [every([operation('<', given, zero), operation('>', given, of(-FLOAT_LEAST))]), of(-FLOAT_LEAST)],
      [every([operation('>=', given, zero), operation('<', given, of(FLOAT_LEAST))]), zero],
    ],
    given,
  );
  // A tenth is no float, ten is.
  const inverse = Math.round(1 / step);
  const byInverse = step < 1 && Math.abs(inverse * step - 1) < 1e-12;
  const count = (one: Node): Node => operation(byInverse ? '*' : '/', one, of(byInverse ? inverse : step));
  const back = (one: Node): Node => operation(byInverse ? '/' : '*', one, of(byInverse ? inverse : step));
  const target: Target = castTarget(type, written, engine) ?? { name: 'double', typmods: [] };
  const half = of(0.5);
  const nearest = (one: Node): Node => back(call('floor', operation('+', count(one), half)));
  const result =
    which === 'down'
      ? operation('+', back(call('floor', count(operation('-', plain, of(origin))))), of(origin))
      : when(
          operation('>=', plain, zero),
          nearest(plain),
          operation('-', zero, nearest(operation('-', zero, plain))),
        );
  const inside = [operation('>=', given, of(-FLOAT_MOST)), operation('<=', given, of(FLOAT_MOST))];
  return when(every(inside), cast(result, target.name), null);
}

/** The greatest boundary that is not above the value; below the first there is none. */
export function boundaryMask(boundaries: readonly number[], value: Node, options: StepOptions): Node {
  const { type, written, engine } = options;
  const target: Target = castTarget(type, written, engine) ?? {
    name: type.family === 'integer' ? 'hugeint' : type.family === 'float' ? 'double' : 'decimal',
    typmods: [],
  };
  const of = (boundary: string): Node => cast(text(boundary), target.name, target.typmods);
  const steps = [...boundaries].reverse().map((boundary): readonly [Node, Node] => {
    const at = of(String(boundary));
    return [operation('>=', value, at), at];
  });
  const nan = type.family === 'float' || (type.family === 'decimal' && engine === 'postgres');
  const notANumber = operation('=', value, cast(text('NaN'), type.family === 'float' ? 'double' : 'decimal'));
  return choose(
    [
      ...(nan
        ? [[notANumber, cast({ A_Const: { isnull: true } }, target.name, target.typmods)] as const]
        : []),
      ...steps,
    ],
    null,
  );
}
