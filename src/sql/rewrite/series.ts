/** Puts a bound on a generate_series whose length hangs on data: its step is only given out where the series is short enough. */

import { SluiceError } from '../../errors.ts';
import { DEFAULT_BOUNDS } from '../guard/bounds.ts';
import { type End, type Step, weighSeries } from '../guard/series.ts';
import { SERIES_STEP, SERIES_STEP_HINT, seriesTooLong } from '../guard/sets.ts';
import type { ParamValue } from '../stages.ts';
import type { Node } from '../tree.ts';
import { open, walk } from '../walk.ts';
import { CALLS, cast, type EngineKind, numeral, operation, text, whole } from './build.ts';
import { unlessTooMany } from './too-many.ts';

/**
 * @param args as resolved: they are weighed, then lowered.
 * @returns start, stop and step in the engine's dialect.
 * @throws SluiceError sql_bound
 */
export function boundedSeries(
  args: readonly Node[],
  params: readonly ParamValue[],
  lower: (node: Node) => Node,
  engine: EngineKind,
): readonly Node[] {
  const weight = weighSeries(args, params);
  const [start, stop, step = whole(1)] = args.map(lower) as [Node, Node, Node?];
  const given = args.length === 2 ? [start, stop] : [start, stop, step];
  switch (weight.is) {
    case 'rows':
      if (weight.rows > DEFAULT_BOUNDS.series) throw tooLong(DEFAULT_BOUNDS.series);
      return given;
    case 'computed': {
      const most = hangsOnRow(args) ? DEFAULT_BOUNDS.seriesOfRow : DEFAULT_BOUNDS.series;
      const [from, to] = weight.step.forward
        ? [side(weight.start, start, weight.step, engine), side(weight.stop, stop, weight.step, engine)]
        : [side(weight.stop, stop, weight.step, engine), side(weight.start, start, weight.step, engine)];
      const tooFar = operation('>', operation('-', to, from), numeral(reach(weight.step) * most));
      // Under a CASE a text would stay one.
      const bare = args[2] !== undefined && ('A_Const' in args[2] || 'ParamRef' in args[2]);
      const typed = weight.step.is === 'interval' && bare ? cast(step, 'interval') : step;
      return [start, stop, unlessTooMany(tooFar, typed, engine)];
    }
    case 'later':
    case 'unbounded':
      throw new SluiceError('sql_bound', SERIES_STEP, { hint: SERIES_STEP_HINT });
    default:
      return weight satisfies never;
  }
}

function tooLong(rows: number): SluiceError {
  return new SluiceError('sql_bound', seriesTooLong(rows), {
    hint: 'Take a longer step, or a shorter range.',
  });
}

function reach(step: Step): number {
  return step.is === 'number' ? Math.abs(Number(step.size)) : step.least;
}

/** An end of the series as a number that cannot overflow: as it is, or in seconds. */
function side(end: End, node: Node, step: Step, engine: EngineKind): Node {
  if (end.is === 'number') return numeral(end.value);
  if (end.is === 'moment') return numeral(end.seconds);
  const postgres = engine === 'postgres';
  if (step.is === 'number') return cast(node, postgres ? 'decimal' : 'hugeint');
  if (postgres) return CALLS.postgres('date_part', text('epoch'), cast(node, 'timestamptz'));
  return CALLS.duckdb('epoch', cast(node, 'timestamp'));
}

/** Whether a series is made anew for each row of something around it. */
function hangsOnRow(args: readonly Node[]): boolean {
  return args.some((arg) => {
    const inside = new Set<string>();
    const used = new Set<string>();
    walk(arg, (node) => {
      if ('ColumnRef' in node) used.add(open(node.ColumnRef.fields![0]!).body.sval as string);
      if ('RangeVar' in node) inside.add(node.RangeVar.alias?.aliasname ?? '');
      if ('RangeSubselect' in node) inside.add(node.RangeSubselect.alias?.aliasname ?? '');
      if ('RangeFunction' in node) inside.add(node.RangeFunction.alias?.aliasname ?? '');
      return undefined;
    });
    return [...used].some((range) => !inside.has(range));
  });
}
