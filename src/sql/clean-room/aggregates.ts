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

export type Aggregate =
  /** Of rows, or of those with a value: the column of the atoms that is added up. */
  | { readonly kind: 'count'; readonly of: string }
  | { readonly kind: 'sum' | 'avg'; readonly measure: LatticeMeasure }
  /** How many values of a dimension the groups have. */
  | { readonly kind: 'different'; readonly argument: Node };

/** @throws SluiceError clean_room_shape */
export function aggregateOf(call: FuncCall, { block, dimensions, refuse }: AggregateOptions): Aggregate {
  const { range, lattice } = block;
  const name = calledName(call) ?? '';
  const { args = [], agg_order = [] } = call;
  if (agg_order.length > 0 || call.agg_within_group === true)
    throw refuse('Aggregates of a clean room have no ORDER BY inside');
  const [argument, second] = args;
  const measure = measureOf(argument, block);
  if (second === undefined && call.agg_distinct !== true) {
    if (name === 'count' && (call.agg_star === true || isConstant(argument)))
      return { kind: 'count', of: ROWS };
    if (name === 'count' && measure !== null) return { kind: 'count', of: measure.known };
    if (name === 'sum' && measure !== null) return { kind: 'sum', measure };
    if ((name === 'avg' || name === 'mean') && measure !== null) return { kind: 'avg', measure };
  }
  if (name === 'count' && second === undefined && argument !== undefined && call.agg_distinct === true) {
    const counted = columnIn(argument);
    const { unit, rule } = lattice.fact;
    if (counted?.range === range && counted.name === unit.name) {
      if (rule.one_row_per_unit) return { kind: 'count', of: ROWS };
      throw refuse(`"${unit.name}" may stand in several rows here, so that it cannot be counted apart`);
    }
    const cut = counted !== null && dimensions.has(`${counted.range}.${counted.name}`);
    if (cut && lattice.noise === null) return { kind: 'different', argument };
  }
  throw refuse(
    `A clean room answers count(*), and sum, avg and count of a measure by itself: not this ${name}`,
  );
}

/** A sum of a column of the atoms, under the filter of the call. @returns in the caller's dialect */
export function summed(of: string, { agg_filter }: FuncCall, options: AggregateOptions): Node {
  const { FuncCall: made } = bareCall('sum', [column(options.block.range, of)]) as { FuncCall: FuncCall };
  return { FuncCall: { ...made, ...filterOf(agg_filter, options) } };
}

/** The same for a count, of which there is one where there are no rows too. */
export function counted(of: string, call: FuncCall, options: AggregateOptions): Node {
  return { CoalesceExpr: { args: [cast(summed(of, call, options), 'bigint'), whole(0)] } };
}

/** @returns in the caller's dialect. @throws SluiceError clean_room_shape */
export function overAtoms(call: FuncCall, options: AggregateOptions): Node {
  const { block, engine } = options;
  const aggregate = aggregateOf(call, options);
  switch (aggregate.kind) {
    case 'count':
      return counted(aggregate.of, call, options);
    case 'sum': {
      const { measure } = aggregate;
      const total = summed(measure.sum, call, options);
      const plain = sumsToBigint(measure.column, block.lattice.fact.governed, engine);
      return plain ? cast(total, 'bigint') : total;
    }
    case 'avg': {
      const { measure } = aggregate;
      const target = engine === 'postgres' && measure.column.family !== 'float' ? 'decimal' : 'double';
      return operation('/', cast(summed(measure.sum, call, options), target), {
        A_Expr: {
          kind: 'AEXPR_NULLIF',
          name: [{ String: { sval: '=' } }],
          lexpr: cast(summed(measure.known, call, options), target),
          rexpr: whole(0),
        },
      });
    }
    case 'different': {
      const argument = options.ofDimensions(aggregate.argument);
      const { FuncCall: made } = bareCall('count', [argument]) as { FuncCall: FuncCall };
      return { FuncCall: { ...made, agg_distinct: true, ...filterOf(call.agg_filter, options) } };
    }
    default:
      return aggregate satisfies never;
  }
}

function filterOf(filter: Node | undefined, { ofDimensions }: AggregateOptions): Partial<FuncCall> {
  return filter === undefined ? {} : { agg_filter: ofDimensions(filter) };
}

function measureOf(argument: Node | undefined, { range, lattice }: Block): LatticeMeasure | null {
  const name = argument === undefined ? null : columnIn(argument);
  if (name === null || name.range !== range) return null;
  return lattice.measures.find(({ column: of }) => of.name === name.name) ?? null;
}

function isConstant(argument: Node | undefined): boolean {
  return argument !== undefined && 'A_Const' in argument && open(argument).body.isnull !== true;
}
