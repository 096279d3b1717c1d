/**
 * How many rows a generate_series gives, as far as its arguments tell before it runs. What cannot be told must be
 * checked where it runs; a step that is not written out is refused, since it may move by nothing at all.
 */
import type { A_Const, TypeCast } from '@pgsql/types';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import { type Stride, strideOf } from './intervals.ts';
import { typeOf } from './types.ts';

/** An end of a series: a number, seconds since 1970, NULL, or what only the engine knows. */
export type End =
  | { readonly is: 'number'; readonly value: bigint | number }
  | { readonly is: 'moment'; readonly seconds: number }
  | { readonly is: 'null' | 'computed' };

export type Step =
  | { readonly is: 'number'; readonly forward: boolean; readonly size: bigint | number }
  | ({ readonly is: 'interval' } & Stride);

export type Series =
  | { readonly is: 'rows'; readonly rows: number }
  /** Its length hangs on data. */
  | { readonly is: 'computed'; readonly start: End; readonly stop: End; readonly step: Step }
  /** A parameter decides, and the parameters are not known yet. */
  | { readonly is: 'later' }
  | { readonly is: 'unbounded' };

/** @param params null where they are not known yet. */
export function weighSeries(args: readonly Node[], params: readonly ParamValue[] | null): Series {
  const [start, stop, by] = args;
  if (start === undefined || stop === undefined) return { is: 'unbounded' };
  const step: Step | 'later' | null =
    by === undefined ? { is: 'number', forward: true, size: 1n } : stepOf(by, params);
  if (step === null) return { is: 'unbounded' };
  const from = endOf(start, params);
  const to = endOf(stop, params);
  if (step === 'later' || from === 'later' || to === 'later') return { is: 'later' };
  if (from.is === 'null' || to.is === 'null') return { is: 'rows', rows: 0 };
  return lengthOf(from, to, step) ?? { is: 'computed', start: from, stop: to, step };
}

function lengthOf(from: End, to: End, step: Step): Series | null {
  if (from.is === 'computed' || to.is === 'computed') return null;
  const distance = distanceOf(from, to);
  if (distance === null || (step.is === 'number') !== (from.is === 'number')) return { is: 'unbounded' };
  const ahead = step.forward ? distance : -distance;
  const size = step.is === 'number' ? Math.abs(Number(step.size)) : step.least;
  return { is: 'rows', rows: ahead < 0 ? 0 : Math.floor(ahead / size) + 1 };
}

/** Null for ends of different kinds. */
function distanceOf(from: End, to: End): number | null {
  if (from.is === 'moment' && to.is === 'moment') return to.seconds - from.seconds;
  if (from.is !== 'number' || to.is !== 'number') return null;
  const whole = typeof from.value === 'bigint' && typeof to.value === 'bigint';
  return whole
    ? Number((to.value as bigint) - (from.value as bigint))
    : Number(to.value) - Number(from.value);
}

type Literal = string | number | bigint | null;

/** The value that an expression is written as; undefined for anything that has to be computed. */
function literalOf(node: Node, params: readonly ParamValue[] | null): Literal | 'later' | undefined {
  if ('ParamRef' in node) {
    if (params === null) return 'later';
    const value = params[(node.ParamRef.number ?? 0) - 1];
    return typeof value === 'object' && value !== null ? undefined : (value as Literal | undefined);
  }
  if ('TypeCast' in node) return literalOf(node.TypeCast.arg!, params);
  if ('A_Expr' in node && node.A_Expr.lexpr === undefined && operatorOf(node) === '-') {
    const value = literalOf(node.A_Expr.rexpr!, params);
    return typeof value === 'number' || typeof value === 'bigint' ? -value : undefined;
  }
  if (!('A_Const' in node)) return undefined;
  const { isnull, sval, ival, fval }: A_Const = node.A_Const;
  if (isnull === true) return null;
  if (sval !== undefined) return sval.sval ?? '';
  if (ival !== undefined) return BigInt(ival.ival ?? 0);
  if (fval === undefined) return undefined;
  const text = fval.fval ?? '';
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
}

const operatorOf = (node: { A_Expr: { name?: Node[] } }): string =>
  open(node.A_Expr.name![0]!).body.sval as string;

const MOMENTS: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz']);
const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'float']);
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?(Z|[+-]\d{2}(?::\d{2})?)?$/;

function endOf(node: Node, params: readonly ParamValue[] | null): End | 'later' {
  const value = literalOf(node, params);
  if (value === 'later' || value === undefined) return value ?? { is: 'computed' };
  if (value === null) return { is: 'null' };
  const family = 'TypeCast' in node ? typeOf((node.TypeCast as TypeCast).typeName!)?.family : undefined;
  if (typeof value === 'string') {
    if (family !== undefined && NUMBERS.has(family)) return numberOf(value);
    return family === undefined || MOMENTS.has(family) ? momentOf(value) : { is: 'computed' };
  }
  const number = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  return family === undefined || NUMBERS.has(family) ? { is: 'number', value: number } : { is: 'computed' };
}

function numberOf(text: string): End {
  if (/^\s*-?\d{1,19}\s*$/.test(text)) return { is: 'number', value: BigInt(text) };
  return { is: 'computed' };
}

/** A zone moves it by a day at the most, which no bound minds. */
function momentOf(text: string): End {
  const [, zone] = MOMENT.exec(text) ?? [];
  const plain = zone === undefined ? text : text.slice(0, -zone.length);
  const milliseconds = MOMENT.test(text)
    ? Date.parse(`${plain.replace(' ', 'T')}${plain.length > 10 ? 'Z' : ''}`)
    : NaN;
  return Number.isFinite(milliseconds) ? { is: 'moment', seconds: milliseconds / 1000 } : { is: 'computed' };
}

/** Null for a step that is not written out, does not move, or moves both ways. */
function stepOf(node: Node, params: readonly ParamValue[] | null): Step | 'later' | null {
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_OP') return computedStep(node.A_Expr, params);
  const value = literalOf(node, params);
  if (value === 'later') return 'later';
  if (typeof value === 'number' || typeof value === 'bigint') {
    return Number(value) === 0 || !Number.isFinite(Number(value))
      ? null
      : { is: 'number', forward: value > 0, size: value };
  }
  if (typeof value !== 'string') return null;
  const type = 'TypeCast' in node ? node.TypeCast.typeName : undefined;
  if (type !== undefined && typeOf(type)?.family !== 'interval') return null;
  const stride = strideOf(value, type);
  return stride === null || stride.least <= 0 ? null : { is: 'interval', ...stride };
}

/** `-interval '1 day'`, `7 * interval '1 day'`. */
function computedStep(
  expression: { name?: Node[]; lexpr?: Node; rexpr?: Node },
  params: readonly ParamValue[] | null,
): Step | 'later' | null {
  const operator = operatorOf({ A_Expr: expression });
  const { lexpr: left, rexpr: right } = expression;
  if (left === undefined && operator === '-') {
    const step = stepOf(right!, params);
    if (step === null || step === 'later') return step;
    return step.is === 'number'
      ? { ...step, forward: !step.forward, size: -step.size }
      : { ...step, forward: !step.forward };
  }
  if (left === undefined || operator !== '*') return null;
  const steps = [stepOf(left, params), stepOf(right!, params)];
  if (steps.includes('later')) return 'later';
  const times = steps.find((step) => step !== null && step !== 'later' && step.is === 'number');
  const stride = steps.find((step) => step !== null && step !== 'later' && step.is === 'interval');
  if (times === undefined || stride === undefined) return null;
  const { size } = times as Step & { is: 'number' };
  // A fraction of a month is days, counted in months of thirty.
  if (!Number.isInteger(Number(size))) return null;
  const { forward, least } = stride as Step & { is: 'interval' };
  return { is: 'interval', forward: forward === size > 0, least: least * Math.abs(Number(size)) };
}
