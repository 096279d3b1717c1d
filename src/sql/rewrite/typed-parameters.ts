/**
 * Gives the caller's parameters their types in the text. Numbers, booleans and lists say the type that they are bound with
 * wherever they stand; a text stays what a literal is, to be read as the other side's type. In DuckDB a parameter without a
 * type takes that of its first use, and where that is a function of anything (`typeof`) the second use ends the instance
 * (1.5.6: INTERNAL Error, "Invalid PhysicalType"): there a text, too, says what it is.
 */
import type { SqlFunction } from '../guard/function-row.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { type CastTarget, cast, castList, type EngineKind } from './build.ts';

/** Their functions declare no type of text or moment for what they take. */
const OF_ANYTHING: ReadonlySet<SqlFunction['group']> = new Set([
  'aggregate',
  'window',
  'statistics',
  'json',
  'array',
  'conditional',
]);
const ALSO: ReadonlySet<string> = new Set(['concat', 'concat_ws', 'contains', 'format']);

/** A list of texts stays one literal in PostgreSQL, which reads it as the other side's type. */
export function typedParameter(node: Node, params: readonly ParamValue[], engine: EngineKind): Node {
  const value = boundTo(node, params);
  switch (typeof value) {
    case 'boolean':
      return cast(node, 'boolean');
    case 'number':
    case 'bigint':
      return cast(node, numberType(value));
    case 'object':
      if (value === null) return node;
      return engine === 'postgres' && isTexts(value) ? node : typedList(node, value);
    default:
      return node;
  }
}

/** A list, or the text of one, that has to be one by itself. */
export function typedAlone(node: Node, params: readonly ParamValue[]): Node {
  const value = boundTo(node, params);
  return Array.isArray(value) ? typedList(node, value as readonly unknown[]) : node;
}

function typedList(node: Node, items: readonly unknown[]): Node {
  return castList(node, elementType(items));
}

function isTexts(items: readonly unknown[]): boolean {
  return elementType(items) === 'text';
}

/** @param index of the argument */
export function typedArgument(
  node: Node,
  index: number,
  entry: Pick<SqlFunction, 'name' | 'group' | 'literals'>,
  params: readonly ParamValue[],
): Node {
  const anything = OF_ANYTHING.has(entry.group) || ALSO.has(entry.name);
  return anything && !entry.literals.includes(index) ? typedText(node, params) : node;
}

/** A text, or NULL, that stands where anything may. */
export function typedText(node: Node, params: readonly ParamValue[]): Node {
  if (!('ParamRef' in node)) return node;
  const value = boundTo(node, params);
  return value === null || typeof value === 'string' ? cast(node, 'text') : node;
}

function boundTo(node: Node, params: readonly ParamValue[]): ParamValue | undefined {
  return 'ParamRef' in node ? params[(node.ParamRef.number ?? 0) - 1] : undefined;
}

/** As it is bound: engines/duckdb/bind.ts. */
function numberType(value: number | bigint): CastTarget {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? 'bigint' : 'hugeint';
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return 'double';
  return value === (value | 0) ? 'integer' : 'bigint';
}

function elementType(items: readonly unknown[]): CastTarget {
  if (items.length === 0) return 'text';
  if (items.every((item) => typeof item === 'boolean')) return 'boolean';
  if (items.every((item) => Number.isSafeInteger(item))) return 'bigint';
  return items.every((item) => typeof item === 'number') ? 'double' : 'text';
}
