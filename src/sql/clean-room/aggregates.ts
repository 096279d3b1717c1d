/** The aggregates that a clean room answers, each as one over atoms: all come down to counts and sums of whole groups. */
import type { FuncCall } from '@pgsql/types';
import type { SluiceError } from '../../errors.ts';
import { calledName } from '../guard/functions.ts';
import { bareCall, cast, column, type EngineKind, operation, whole } from '../rewrite/build.ts';
import type { Node } from '../tree.ts';
import { open } from '../walk.ts';
import { type Block, columnIn } from './block.ts';
import { type LatticeMeasure, ROWS } from './lattice.ts';
import { sumsToBigint } from './numbers.ts';

export interface AggregateOptions {
  readonly block: Block;
  readonly engine: EngineKind;
  /** `range.column` of those that may be grouped by. */
  readonly dimensions: ReadonlyMap<string, string>;
  /** Maps an expression of dimensions. @throws SluiceError for any other */
  readonly ofDimensions: (node: Node) => Node;
  readonly refuse: (message: string) => SluiceError;
}

/** @returns in the caller's dialect. @throws SluiceError clean_room_shape */
export function overAtoms(call: FuncCall, options: AggregateOptions): Node {
  const { block, engine, refuse } = options;
  const { range, lattice } = block;
  const name = calledName(call) ?? '';
  const { agg_filter, args = [], agg_order = [] } = call;
  if (agg_order.length > 0 || call.agg_within_group === true)
    throw refuse('Aggregates of a clean room have no ORDER BY inside');
  const sum = (of: string): Node => {
    const { FuncCall: made } = bareCall('sum', [column(range, of)]) as { FuncCall: FuncCall };
    const filter = agg_filter === undefined ? {} : { agg_filter: options.ofDimensions(agg_filter) };
    return { FuncCall: { ...made, ...filter } };
  };
  const count = (of: string): Node => ({
    CoalesceExpr: { args: [cast(sum(of), 'bigint'), whole(0)] },
  });
  const [argument, second] = args;
  const measure = measureOf(argument, block);
  const told = (one: LatticeMeasure): boolean => sumsToBigint(one.column, lattice.fact.governed, engine);
  if (second === undefined && call.agg_distinct !== true) {
    if (name === 'count' && (call.agg_star === true || isConstant(argument))) return count(ROWS);
    if (name === 'count' && measure !== null) return count(measure.known);
    if (name === 'sum' && measure !== null) {
      const total = sum(measure.sum);
      return told(measure) ? cast(total, 'bigint') : total;
    }
    if ((name === 'avg' || name === 'mean') && measure !== null) {
      const target = engine === 'postgres' && measure.column.family !== 'float' ? 'decimal' : 'double';
      return operation('/', cast(sum(measure.sum), target), {
        A_Expr: {
          kind: 'AEXPR_NULLIF',
          name: [{ String: { sval: '=' } }],
          lexpr: cast(sum(measure.known), target),
          rexpr: whole(0),
        },
      });
    }
  }
  if (name === 'count' && second === undefined && call.agg_distinct === true) {
    const counted = argument === undefined ? null : columnIn(argument);
    const { unit, rule } = lattice.fact;
    if (counted?.range === range && counted.name === unit.name) {
      if (rule.one_row_per_unit) return count(ROWS);
      throw refuse(`"${unit.name}" may stand in several rows here, so that it cannot be counted apart`);
    }
    const cut = counted !== null && options.dimensions.has(`${counted.range}.${counted.name}`);
    if (cut && argument !== undefined) {
      const { FuncCall: made } = bareCall('count', [options.ofDimensions(argument)]) as {
        FuncCall: FuncCall;
      };
      const filter = agg_filter === undefined ? {} : { agg_filter: options.ofDimensions(agg_filter) };
      return { FuncCall: { ...made, agg_distinct: true, ...filter } };
    }
  }
  throw refuse(
    `A clean room answers count(*), and sum, avg and count of a measure by itself: not this ${name}`,
  );
}

function measureOf(argument: Node | undefined, { range, lattice }: Block): LatticeMeasure | null {
  const name = argument === undefined ? null : columnIn(argument);
  if (name === null || name.range !== range) return null;
  return lattice.measures.find(({ column: of }) => of.name === name.name) ?? null;
}

function isConstant(argument: Node | undefined): boolean {
  return argument !== undefined && 'A_Const' in argument && open(argument).body.isnull !== true;
}
