/** Which function calls cannot raise: the function table's word, narrowed by what DuckDB 1.5 was seen to do. */
import type { FuncCall } from '@pgsql/types';
import type { TypeFamily } from '../../../catalogue/dataset.ts';
import type { SqlFunction } from '../../guard/function-row.ts';
import { calledName, functionNamed } from '../../guard/functions.ts';
import type { Node } from '../../tree.ts';
import { isBoolean, NUMBERS, PLAIN, type RaiseContext, typeWithParams } from './comparable.ts';
import { isConstant } from './constants.ts';

/** DuckDB 1.5 raises on the ends of the calendar for the rest: weeks, date_trunc, and fields that an INTERVAL lacks. */
const CALENDAR: ReadonlySet<string> = new Set([
  'year',
  'month',
  'day',
  'dayofmonth',
  'dayofweek',
  'dayofyear',
  'dayname',
  'monthname',
  'quarter',
  'hour',
  'minute',
  'second',
]);
const FIELDS: ReadonlySet<string> = new Set([
  'year',
  'month',
  'day',
  'quarter',
  'dow',
  'isodow',
  'doy',
  'hour',
  'minute',
  'second',
  'epoch',
]);
const MOMENTS: ReadonlySet<TypeFamily> = new Set(['date', 'timestamp', 'timestamptz']);
/** The arguments after the first are positions; a huge one is out of range. */
const POSITIONAL: ReadonlySet<string> = new Set(['left', 'right', 'substr', 'substring']);

const SIMPLE: ReadonlySet<TypeFamily> = new Set([...PLAIN, ...NUMBERS, 'interval']);

/** @param body a call whose arguments are known to be safe themselves. */
export function safeCall(body: FuncCall, context: RaiseContext): boolean {
  const entry = functionNamed(calledName(body) ?? '');
  if (entry === undefined) return false;
  const args = body.args ?? [];
  if (body.agg_filter !== undefined && !isBoolean(body.agg_filter, context)) return false;
  if (!args.every((arg, i) => entry.literals.includes(i) || acceptable(arg, entry, context))) return false;
  if (entry.group === 'date' && !safeDatePart(entry, args)) return false;
  switch (entry.raises) {
    case true:
      return false;
    case false:
      return true;
    case 'unless_constant':
      return entry.group === 'date' || safeArguments(entry, args);
    default:
      return entry.raises satisfies never;
  }
}

function safeDatePart(entry: SqlFunction, args: readonly Node[]): boolean {
  if (args.length === 0) return true;
  if (entry.duckdb !== 'date_part') return CALENDAR.has(entry.name);
  const first = args[0]!;
  return 'A_Const' in first && FIELDS.has((first.A_Const.sval?.sval ?? '').toLowerCase());
}

/** Text functions with a pattern or positions: literals of the right kind after the text. */
function safeArguments(entry: SqlFunction, args: readonly Node[]): boolean {
  const rest = args.slice(1);
  const isPosition = (arg: Node | undefined): boolean =>
    arg !== undefined && 'A_Const' in arg && arg.A_Const.ival !== undefined;
  if (POSITIONAL.has(entry.name)) return rest.every(isPosition);
  const texts = entry.name === 'split_part' ? rest.slice(0, 1) : rest;
  if (entry.name === 'split_part' && !isPosition(rest[1])) return false;
  return texts.every((arg) => 'A_Const' in arg && arg.A_Const.sval !== undefined);
}

/** Arguments of a type that the function declares: any other would be converted first. */
function acceptable(arg: Node, entry: SqlFunction, context: RaiseContext): boolean {
  const { family, precision } = typeWithParams(arg, context);
  // A literal text is converted to whatever the function wants, when the first row gets there.
  const text = isConstant(arg) && family === 'text';
  switch (entry.group) {
    case 'string':
      return family === 'text' || family === 'integer';
    case 'date':
      return MOMENTS.has(family) && precision === undefined;
    case 'numeric':
      return NUMBERS.has(family);
    case 'aggregate':
    case 'window':
    case 'statistics':
      return SIMPLE.has(family) && !(text && entry.result !== 'text');
    case 'conditional':
      return SIMPLE.has(family);
    case 'json':
    case 'array':
      return false;
    default:
      return entry.group satisfies never;
  }
}
