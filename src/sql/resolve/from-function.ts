/** Resolves a function in FROM: its arguments see what stands before it, and its columns are named as PostgreSQL names them. */
import type { FuncCall, RangeFunction } from '@pgsql/types';
import type { TypeFamily } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import { calledName } from '../guard/functions.ts';
import { type SetFunction, setFunctionNamed } from '../guard/set-functions.ts';
import type { SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, open, walk } from '../walk.ts';
import { addRange, type Context, isMasked, type QueryColumn, string } from './context.ts';
import { resolveExpression } from './expression.ts';
import { named } from './named.ts';
import type { Namespace, Scope } from './scope.ts';
import { typeOf, UNKNOWN } from './types.ts';

/** @param before what it may see besides `outer`, with or without LATERAL. */
export function resolveFunction(
  item: RangeFunction,
  before: Namespace,
  outer: Scope | null,
  context: Context,
): { readonly node: Node; readonly namespace: Namespace } {
  const written = callOf(item);
  const entry = setFunctionNamed(calledName(written) ?? '');
  if (entry === undefined)
    throw new SluiceError('rewrite_failed', undefined, { cause: 'a function in FROM' });
  const scope: Scope = { namespace: before, outer };
  const call = open(resolveExpression(close('FuncCall', written), scope, null, context)).body as FuncCall;
  const range = context.fresh('t');
  const columns = columnsOf(item, call, entry, context);
  const node: Node = close('RangeFunction', {
    ...(looksBack(call, before) ? { lateral: true } : {}),
    ...(item.ordinality === true ? { ordinality: true } : {}),
    functions: [{ List: { items: [close('FuncCall', call), {} as Node] } }],
    alias: { aliasname: range, colnames: columns.map((column) => string(column.printed)) },
  });
  const offered = addRange(columns, range, context);
  const namespace = named(entry.name, [], offered, item.alias, written.location, context);
  const [only, more] = namespace.columns;
  const ranges = namespace.ranges.map((one) => ({
    ...one,
    ...(only !== undefined && more === undefined ? { itself: only } : {}),
  }));
  return { node, namespace: { ...namespace, ranges } };
}

function callOf({ functions }: RangeFunction): FuncCall {
  const [first] = functions ?? [];
  const [call] = first === undefined ? [] : (open(first).body.items as Node[]);
  return open(call!).body as FuncCall;
}

function columnsOf(
  item: RangeFunction,
  call: FuncCall,
  entry: SetFunction,
  context: Context,
): readonly QueryColumn[] {
  const args = call.args ?? [];
  const masked = args.some((arg) => isMasked(arg, context));
  const several = entry.name === 'unnest' && args.length > 1;
  const names =
    entry.columns ?? (several ? args.map(() => entry.name) : [item.alias?.aliasname ?? entry.name]);
  const columns = names.map((name, i) => ({
    name,
    insensitive: false,
    printed: `c${i + 1}`,
    type: entry.series ? seriesType(args, context) : typeFor(entry.result, i),
    masked,
  }));
  if (item.ordinality !== true) return columns;
  const type: SqlType = { family: 'integer', bits: 64 };
  const printed = `c${columns.length + 1}`;
  return [...columns, { name: 'ordinality', insensitive: false, printed, type, masked: false }];
}

function typeFor(families: readonly TypeFamily[], index: number): SqlType {
  const family = families[index] ?? families.at(-1) ?? 'unknown';
  return family === 'integer' ? { family, bits: 64 } : { family };
}

function seriesType(args: readonly Node[], context: Context): SqlType {
  const whole = args.every((arg) => typeOf(arg, context.ranges).family === 'integer');
  return whole ? { family: 'integer', bits: 64 } : UNKNOWN;
}

/** Whether an argument refers to what stands before it in FROM: then it is evaluated for each row of that. */
function looksBack(call: FuncCall, before: Namespace): boolean {
  const own = new Set<string>();
  for (const column of before.columns) for (const range of rangesIn(column.ref)) own.add(range);
  for (const { columns } of before.ranges)
    for (const column of columns) for (const range of rangesIn(column.ref)) own.add(range);
  return (call.args ?? []).some((arg) => rangesIn(arg).some((range) => own.has(range)));
}

function rangesIn(node: Node): readonly string[] {
  const found: string[] = [];
  walk(node, (at) => {
    if ('ColumnRef' in at) found.push(open(at.ColumnRef.fields![0]!).body.sval as string);
    return undefined;
  });
  return found;
}
