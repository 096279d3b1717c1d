/** Holds functions that give rows to their table, their places and their bounds; what stands in FROM is one of them and nothing else. */
import type { FuncCall, Node } from '@pgsql/types';
import { calledName, functionNamed } from './functions.ts';
import { type Inspection, type Place, refuse, type SetsPlace } from './inspection.ts';
import type { Tag } from './nodes.ts';
import { REFUSED_NODES } from './refuse.ts';
import { weighSeries } from './series.ts';
import { SET_FUNCTIONS, type SetFunction, setFunctionNamed } from './set-functions.ts';

const NAMES = SET_FUNCTIONS.map((f) => f.name).join(', ');

/** Before anything below is looked at: `FROM f(…)` is one call, and the grammar's empty list of column definitions. */
export function checkFunctionInFrom(
  body: Readonly<Record<string, unknown>>,
  seen: Inspection,
  place: Place,
): void {
  const functions = (body.functions ?? []) as readonly Node[];
  const [first, ...others] = functions;
  const items = first !== undefined && 'List' in first ? (first.List.items ?? []) : [];
  const [called, definition] = items;
  const call = called !== undefined && 'FuncCall' in called ? called.FuncCall : undefined;
  const name = call === undefined ? null : calledName(call);
  const accepted = name !== null && setFunctionNamed(name) !== undefined;
  const plain = others.length === 0 && items.length === 2 && Object.keys(definition ?? { x: 1 }).length === 0;
  if (accepted && plain && body.is_rowsfrom !== true && body.coldeflist === undefined) {
    countRelation(seen, place);
    return;
  }
  const { what, code } = REFUSED_NODES.RangeTableFunc!;
  const location = locationIn(called) ?? place.location;
  const hint = accepted ? 'Write one function, with a plain alias.' : `Functions that give rows: ${NAMES}.`;
  refuse(seen, { location }, code, `Not accepted: ${what}`, hint);
}

function locationIn(node: Node | undefined): number | undefined {
  const [body] = Object.values(node ?? {}) as { location?: unknown }[];
  return typeof body?.location === 'number' && body.location >= 0 ? body.location : undefined;
}

function countRelation(seen: Inspection, place: Place): void {
  seen.relations += 1;
  if (seen.relations > seen.bounds.relations) {
    refuse(
      seen,
      place,
      'sql_too_large',
      `The query reads more than ${seen.bounds.relations} relations`,
      'Split the query.',
    );
  }
}

/** In the select list a function that gives rows may stand under what PostgreSQL computes row by row, and nothing else. */
export function setsBelow(
  tag: Tag,
  body: Readonly<Record<string, unknown>>,
  field: string,
  here: SetsPlace,
): SetsPlace {
  switch (tag) {
    case 'RangeFunction':
      return field === 'functions' ? 'from' : null;
    case 'List':
      return here === 'from' ? 'from' : null;
    case 'ResTarget':
      return 'target';
    case 'TypeCast':
      return here === 'target' ? 'target' : null;
    case 'A_Expr':
      return here === 'target' && body.kind === 'AEXPR_OP' ? 'target' : null;
    case 'FuncCall':
      return here === 'target' && field === 'args' && isScalar(body as FuncCall) ? 'target' : null;
    default:
      return null;
  }
}

function isScalar(call: FuncCall): boolean {
  const name = calledName(call);
  return call.over === undefined && name !== null && functionNamed(name)?.kind === 'scalar';
}

/** @returns whether the call is one of a function that gives rows; then it has been checked. */
export function checkSetCall(call: FuncCall, seen: Inspection, place: Place): boolean {
  const entry = setFunctionNamed(calledName(call) ?? '');
  if (entry === undefined) return false;
  checkPlace(call, entry, seen, place);
  const args = call.args ?? [];
  if (args.length < entry.min || args.length > entry.max) {
    const wanted = entry.min === entry.max ? entry.min : `${entry.min} to ${entry.max}`;
    wrong(`takes ${wanted} arguments, not ${args.length}`, entry, seen, place);
  }
  for (const index of entry.literals) {
    const argument = args[index];
    if (argument === undefined || 'A_Const' in argument || 'ParamRef' in argument) continue;
    const what = `Argument ${index + 1} of ${entry.name} must be a literal or a parameter`;
    refuse(seen, place, 'sql_bound', what, 'Write the value itself.');
  }
  if (entry.series) checkSeries(args, seen, place);
  return true;
}

function checkPlace(call: FuncCall, entry: SetFunction, seen: Inspection, place: Place): void {
  const plain =
    call.over === undefined &&
    call.agg_filter === undefined &&
    call.agg_order === undefined &&
    call.agg_star !== true &&
    call.agg_distinct !== true &&
    call.agg_within_group !== true &&
    call.funcformat !== 'COERCE_SQL_SYNTAX';
  if (!plain) wrong('is not an aggregate', entry, seen, place);
  if (place.sets === 'from') return;
  const one = entry.result.length === 1 && !(entry.name === 'unnest' && call.args?.length !== 1);
  if (place.sets === 'target' && one) return;
  refuse(
    seen,
    place,
    'sql_function_refused',
    `The function ${entry.name} is not accepted here: it gives rows`,
    `Put it into FROM: FROM …, ${entry.name}(…) AS x.`,
  );
}

function checkSeries(args: readonly Node[], seen: Inspection, place: Place): void {
  const weight = weighSeries(args, null);
  if (weight.is === 'unbounded') {
    refuse(seen, place, 'sql_bound', SERIES_STEP, SERIES_STEP_HINT);
  }
  if (weight.is === 'rows' && weight.rows > seen.bounds.series) {
    refuse(
      seen,
      place,
      'sql_bound',
      seriesTooLong(seen.bounds.series),
      'Take a longer step, or a shorter range.',
    );
  }
}

export const SERIES_STEP = 'The step of generate_series must be written out, and lead one way';
export const SERIES_STEP_HINT = "Write a number, or an interval such as interval '1 day'.";
export const seriesTooLong = (rows: number): string => `generate_series gives more than ${rows} rows`;

function wrong(what: string, entry: SetFunction, seen: Inspection, place: Place): never {
  return refuse(
    seen,
    place,
    'sql_arguments',
    `The function ${entry.name} ${what}`,
    'See the reference of functions.',
  );
}
