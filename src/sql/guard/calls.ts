/** Holds a function call to its row of the table: name, place, number of arguments, literals, sizes. */
import type { A_Const, FuncCall, NamedArgExpr, Node } from '@pgsql/types';
import { nearest } from '../../nearest.ts';
import { LONGEST, type SqlFunction } from './function-row.ts';
import { calledName, FUNCTIONS, functionNamed } from './functions.ts';
import { type Inspection, type Place, refuse } from './inspection.ts';
import { insteadOf } from './instead.ts';
import { checkSetCall } from './sets.ts';

/** What PostgreSQL's own syntax may turn into: EXTRACT, POSITION, SUBSTRING, TRIM, AT TIME ZONE and their kin. */
const SYNTAX_FUNCTIONS = new Set([
  'btrim',
  'extract',
  'is_normalized',
  'ltrim',
  'normalize',
  'overlaps',
  'overlay',
  'position',
  'rtrim',
  'substring',
  'timezone',
]);
/** What stands right of LIKE … ESCAPE and SIMILAR TO, and nowhere else. */
const PATTERN_FUNCTIONS: ReadonlyMap<string, { kinds: readonly string[]; arities: readonly number[] }> =
  new Map([
    ['like_escape', { kinds: ['AEXPR_LIKE', 'AEXPR_ILIKE'], arities: [2] }],
    ['similar_to_escape', { kinds: ['AEXPR_SIMILAR'], arities: [1, 2] }],
  ]);
const NAMES = FUNCTIONS.map((f) => f.name);

export function checkCall(call: FuncCall, seen: Inspection, place: Place): void {
  if (isPatternCall(call, place) || checkSetCall(call, seen, place)) return;
  const name = calledName(call);
  const entry = name === null ? undefined : functionNamed(name);
  const bySyntax = call.funcformat === 'COERCE_SQL_SYNTAX';
  if (entry === undefined || (bySyntax && !SYNTAX_FUNCTIONS.has(entry.name))) {
    refuse(
      seen,
      place,
      'sql_function_refused',
      `The function ${shown(call)} is not accepted`,
      alternative(name ?? ''),
    );
  }
  if (isHypothetical(call, entry)) return;
  checkPlace(call, entry, seen, place);
  checkArity(call, entry, seen, place);
  checkArguments(call, entry, seen, place);
}

/** What `make_interval` calls its arguments; nobody writes them by position. */
const NAMED = new Set(['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs']);

export function checkNamed(argument: NamedArgExpr, seen: Inspection, place: Place): void {
  const call = place.parent === 'FuncCall' && place.field === 'args' ? (place.parentBody as FuncCall) : {};
  const names = (call.args ?? []).map((one) =>
    'NamedArgExpr' in one ? (one.NamedArgExpr.name ?? '') : null,
  );
  const first = names.findIndex((name) => name !== null);
  const known =
    calledName(call) === 'make_interval' &&
    NAMED.has(argument.name ?? '') &&
    names.slice(first).every((name, i) => name !== null && names.indexOf(name) === first + i);
  if (known) return;
  refuse(
    seen,
    place,
    'sql_construct_refused',
    'Not accepted: a named argument',
    'Give arguments by position; make_interval takes names.',
  );
}

function isPatternCall(call: FuncCall, place: Place): boolean {
  const pattern = PATTERN_FUNCTIONS.get(calledName(call) ?? '');
  return (
    pattern !== undefined &&
    call.funcname?.length === 2 &&
    place.parent === 'A_Expr' &&
    place.field === 'rexpr' &&
    pattern.kinds.includes(String(place.parentBody.kind)) &&
    pattern.arities.includes(call.args?.length ?? 0) &&
    call.over === undefined
  );
}

const HYPOTHETICAL = new Set(['cume_dist', 'dense_rank', 'percent_rank', 'rank']);

/** `rank(5) WITHIN GROUP (ORDER BY x)`: where a value would stand. As many values as are sorted by. */
function isHypothetical(call: FuncCall, { name }: SqlFunction): boolean {
  const count = call.args?.length ?? 0;
  return (
    call.agg_within_group === true &&
    HYPOTHETICAL.has(name) &&
    call.over === undefined &&
    call.agg_star !== true &&
    call.agg_distinct !== true &&
    count > 0 &&
    count === call.agg_order?.length
  );
}

function shown(call: FuncCall): string {
  const name = (call.funcname ?? []).map((part) => ('String' in part ? part.String.sval : '?')).join('.');
  return name.slice(0, 80);
}

function alternative(name: string): string {
  const instead = insteadOf(name);
  if (instead !== undefined) return instead;
  const near = nearest(name, NAMES, 2);
  return near === null ? 'The reference lists the functions that are accepted.' : `Did you mean ${near}?`;
}

function wrong(entry: SqlFunction, what: string, seen: Inspection, place: Place): never {
  return refuse(
    seen,
    place,
    'sql_arguments',
    `The function ${entry.name} ${what}`,
    'See the reference of functions.',
  );
}

function checkPlace(call: FuncCall, entry: SqlFunction, seen: Inspection, place: Place): void {
  const aggregate = entry.kind === 'aggregate' || entry.kind === 'ordered';
  if (call.agg_star === true && entry.name !== 'count') wrong(entry, 'does not take *', seen, place);
  if (!aggregate) {
    if (call.agg_distinct || call.agg_filter || call.agg_order || call.agg_within_group) {
      wrong(entry, 'is not an aggregate', seen, place);
    }
    if (entry.kind === 'scalar' && call.over) wrong(entry, 'cannot have OVER', seen, place);
  }
  if (entry.kind === 'window' && !call.over) wrong(entry, 'needs OVER', seen, place);
  if (entry.kind === 'ordered' && !call.agg_within_group) wrong(entry, 'needs WITHIN GROUP', seen, place);
  if (call.agg_within_group && (entry.within === null || call.over || call.agg_order?.length !== 1)) {
    wrong(entry, 'cannot have this WITHIN GROUP', seen, place);
  }
}

function checkArity(call: FuncCall, entry: SqlFunction, seen: Inspection, place: Place): void {
  if (call.agg_star === true) {
    if (call.args !== undefined) wrong(entry, 'takes * alone', seen, place);
    return;
  }
  const count = call.args?.length ?? 0;
  const [min, max] = call.agg_within_group ? [entry.within ?? 0, entry.within ?? 0] : [entry.min, entry.max];
  if (count >= min && count <= max) return;
  wrong(entry, `takes ${min === max ? min : `${min} to ${max}`} arguments, not ${count}`, seen, place);
}

function checkArguments(call: FuncCall, entry: SqlFunction, seen: Inspection, place: Place): void {
  const args = call.args ?? [];
  for (const index of entry.literals) {
    const argument = args[index];
    if (argument !== undefined && !('A_Const' in argument) && !('ParamRef' in argument)) {
      const what = `Argument ${index + 1} of ${entry.name} must be a literal or a parameter`;
      refuse(seen, place, 'sql_bound', what, 'Write the value itself.');
    }
  }
  if (entry.name === 'format') checkWidths(args[0], seen, place);
  if (entry.sized === null) return;
  const argument = args[entry.sized.argument];
  if (argument === undefined) return;
  const size = wholeNumber(argument);
  if (size === null || size < 0 || size > entry.sized.max) {
    refuse(
      seen,
      place,
      'sql_bound',
      `Argument ${entry.sized.argument + 1} of ${entry.name} must be a literal from 0 to ${entry.sized.max}`,
      'It sizes the result: write the number itself.',
    );
  }
  if (!entry.sized.multiplies) return;
  seen.repetition *= Math.max(size, 1);
  if (seen.repetition > seen.bounds.repetition) {
    refuse(seen, place, 'sql_bound', 'The query repeats text too often', 'Repeat less.');
  }
}

/** `%9999s` fills a text up, and `%*s` takes the width from an argument. */
function checkWidths(pattern: Node | undefined, seen: Inspection, place: Place): void {
  const written = pattern !== undefined && 'A_Const' in pattern ? pattern.A_Const.sval?.sval : undefined;
  const widths = [...(written ?? '').matchAll(/%(?:\d+\$)?-*(\d+|\*)/g)].map(([, width]) => Number(width));
  const sum = widths.reduce((all, width) => all + width, 0);
  if (written !== undefined && sum <= LONGEST) return;
  refuse(
    seen,
    place,
    'sql_bound',
    `The pattern of format must be a literal whose widths are ${LONGEST} at most in all`,
    'It sizes the result: write the pattern itself.',
  );
}

function wholeNumber(node: Node): number | null {
  if (!('A_Const' in node)) return null;
  const constant: A_Const = node.A_Const;
  return constant.ival === undefined ? null : (constant.ival.ival ?? 0);
}
