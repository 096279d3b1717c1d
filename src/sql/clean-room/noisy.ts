/**
 * Answers with noise: the groups that the atoms make, whatever rows are filtered out of them, with a noisy number for each
 * aggregate. The caller's own SELECT is left over these, so that nothing of it ever sees an exact number.
 */
import type { FuncCall, SelectStmt } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';
import { typeOf } from '../resolve/types.ts';
import { CALLS, cast, column, type EngineKind, operation, text, whole } from '../rewrite/build.ts';
import type { RangeColumn } from '../stages.ts';
import type { Node } from '../tree.ts';
import { type AggregateOptions, aggregateOf, counted } from './aggregates.ts';
import { inOrder, named, plain, subquery, targets } from './nodes.ts';
import type { Noise } from './noise.ts';
import type { Steps } from './steps.ts';

interface Answer {
  /** Its column among the exact sums, and among the noisy ones. */
  readonly as: string;
  /** What one unit can change of it. */
  readonly sensitivity: number;
  /** Null for a count. */
  readonly steps: Steps | null;
  /** Whether it is told as a whole number. */
  readonly isWhole: boolean;
}

/** What stands in the place of a range: exact sums, to be made noisy before anything reads them. */
export interface NoisyGroups {
  /** The range of the atoms. */
  readonly of: string;
  /** In the caller's dialect, over atoms. */
  readonly select: SelectStmt;
  readonly groups: readonly string[];
  readonly answers: readonly Answer[];
  readonly epsilon: number;
  /** Tells the blocks of a query apart. */
  readonly block: number;
}

export interface Collected {
  /** What a grouped expression, and what an aggregate becomes. */
  readonly group: (place: number) => Node;
  readonly answer: (call: FuncCall, asking: AggregateOptions) => Node;
  /** Once all have been asked for. */
  readonly finish: () => {
    readonly range: string;
    readonly groups: NoisyGroups;
    readonly columns: ReadonlyMap<string, RangeColumn>;
  };
}

export interface CollectOptions extends AggregateOptions {
  readonly range: string;
  /** Over atoms, in their order. */
  readonly grouped: readonly Node[];
  readonly conditions: readonly Node[];
  readonly from: Node;
  readonly number: number;
  readonly ranges: ReadonlyMap<string, ReadonlyMap<string, RangeColumn>>;
}

const groupName = (place: number): string => `g${place + 1}`;

export function collectAnswers(options: CollectOptions): Collected {
  const { range, grouped, conditions, from, number, ranges, block } = options;
  const { lattice } = block;
  const noise = lattice.noise;
  if (noise === null)
    throw new SluiceError('rewrite_failed', undefined, { cause: 'noise without its terms' });
  const answers = new Map<string, Answer & { readonly exact: Node }>();
  /** The same aggregate is one answer, however often it is written. */
  const add = (of: string, call: FuncCall, steps: Steps | null, isWhole: boolean): Node => {
    const exact = counted(of, call, options);
    const key = spelled(exact);
    const known = answers.get(key);
    const as = known?.as ?? `a${answers.size + 1}`;
    if (known === undefined)
      answers.set(key, { as, exact, sensitivity: noise.rows * (steps?.most ?? 1), steps, isWhole });
    return column(range, as);
  };
  return {
    group: (place) => column(range, groupName(place)),
    answer(call, asking) {
      const aggregate = aggregateOf(call, asking);
      switch (aggregate.kind) {
        case 'count':
          return add(aggregate.of, call, null, true);
        case 'sum':
        case 'avg': {
          const { measure } = aggregate;
          const isWhole = measure.column.family === 'integer';
          const sum = add(measure.sum, call, measure.steps, isWhole);
          if (aggregate.kind === 'sum') return sum;
          const known: Node = {
            MinMaxExpr: { op: 'IS_GREATEST', args: [add(measure.known, call, null, true), whole(1)] },
          };
          return operation('/', cast(sum, 'double'), cast(known, 'double'));
        }
        default:
          throw asking.refuse('With noise, values are not counted apart');
      }
    },
    finish() {
      const all = [...answers.values()];
      const select = plain({
        targetList: targets({
          ...named(grouped.map((node, i) => [groupName(i), node])),
          ...named(all.map(({ as, exact }) => [as, exact])),
        }),
        fromClause: [from],
        ...(conditions.length === 0
          ? {}
          : {
              whereClause:
                conditions.length === 1
                  ? conditions[0]!
                  : { BoolExpr: { boolop: 'AND_EXPR', args: [...conditions] } },
            }),
        ...(grouped.length === 0 ? {} : { groupClause: grouped.map((_, i) => whole(i + 1)) }),
      });
      const columns = new Map<string, RangeColumn>([
        ...grouped.map((node, i) => [groupName(i), { type: typeOf(node, ranges), masked: true }] as const),
        ...all.map(
          ({ as, isWhole }) =>
            [
              as,
              {
                type: isWhole ? ({ family: 'integer', bits: 64 } as const) : ({ family: 'float' } as const),
                masked: true,
              },
            ] as const,
        ),
      ]);
      const groups: NoisyGroups = {
        of: block.range,
        select,
        groups: grouped.map((_, i) => groupName(i)),
        answers: all.map(({ exact: _, ...answer }) => answer),
        epsilon: noise.epsilon,
        block: number,
      };
      return { range, groups, columns };
    },
  };
}

const EXACT = 'exact';

/**
 * @param select its exact sums, in the engine's dialect and over governed atoms.
 * @returns what stands under the range.
 */
export function noisyRange(
  range: string,
  select: SelectStmt,
  { groups, answers, epsilon, block }: NoisyGroups,
  noise: Noise,
  engine: EngineKind,
): Node {
  const values = groups.map((name) => column(EXACT, name));
  const told = ({ as, sensitivity, steps, isWhole }: Answer): Node => {
    const scale = sensitivity / epsilon;
    // Beyond, the numbers that it is drawn from would be too coarse.
    if (!(scale <= 1e12))
      throw new SluiceError('clean_room_conflict', 'The noise of the clean room is too wide.');
    const blurred = operation('+', column(EXACT, as), noise(`${block}.${as}`, values, scale));
    const power = steps?.power ?? 0;
    if (power === 0) return isWhole ? blurred : cast(blurred, 'double');
    const step = cast(text(String(10 ** Math.abs(power))), isWhole ? 'bigint' : 'double');
    return operation(power > 0 ? '*' : '/', isWhole ? blurred : cast(blurred, 'double'), step);
  };
  const shielded = (name: string): Node => {
    const value = column(EXACT, name);
    return engine === 'duckdb' ? CALLS.duckdb('least', value, value) : value;
  };
  return subquery(
    {
      targetList: targets({
        ...named(groups.map((name) => [name, shielded(name)])),
        ...named(answers.map((answer) => [answer.as, told(answer)])),
      }),
      fromClause: [subquery(select, EXACT)],
      ...(values.length === 0 ? {} : { sortClause: values.map(inOrder) }),
      limitOffset: whole(0),
      limitOption: 'LIMIT_OPTION_COUNT',
      op: 'SETOP_NONE',
    },
    range,
  );
}

const spelled = (node: Node): string =>
  JSON.stringify(node, (key, value: unknown) => (/location$|_start$|_end$/.test(key) ? undefined : value));
