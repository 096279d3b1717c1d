/**
 * Puts a governed subquery in the place of each dataset: only the needed columns, masked, of only the rows that the
 * filters leave, behind a fence where the caller's expressions could tell of the others.
 */
import type { SelectStmt } from '@pgsql/types';
import type { AppliedMask } from '../../access/decision.ts';
import type { Column, Dataset, Relation } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import type { Identity } from '../../identity/identity.ts';
import type { Predicate } from '../../policies/policy.ts';
import { atomsOf } from '../clean-room/atoms.ts';
import { isRoom, type Lattice } from '../clean-room/lattice.ts';
import type { Noise } from '../clean-room/noise.ts';
import { type NoisyGroups, noisyRange } from '../clean-room/noisy.ts';
import { CTE_PREFIX } from '../resolve/context.ts';
import { maskOf } from '../resolve/from.ts';
import type { DatasetUse } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, mapChildren, open, transform, walk } from '../walk.ts';
import {
  type Binder,
  bareColumn,
  call,
  column,
  type EngineKind,
  every,
  RAW,
  rangeOf,
  whole,
} from './build.ts';
import { filterExpression } from './filters.ts';
import { appliedMask } from './masks/applied.ts';
import type { MaskKeys } from './masks/mask.ts';
import { columnName, type Exposed } from './raises/exposed.ts';
import { TAKES_ROW } from './takes-row.ts';

/**
 * What stands between the rows that a filter removes and the caller's expressions.
 * DuckDB 1.5. `shield`: no column leaves with its statistics: `least(c)` has none, and costs nothing. DuckDB decides comparisons
 * by the least and greatest value while planning, hidden ones included, and leaves out what stands beside them. A column that
 * reaches an expression that can raise passes through `least(c, c)`, which gives new vectors: functions that DuckDB takes for
 * unable to raise run over a whole dictionary otherwise. `fence`: an OFFSET besides, which no condition is moved across. `offset`,
 * without the shield, is for tests.
 * PostgreSQL. `offset`: OFFSET 0, which is no step of the plan, but keeps the subquery from being pulled up and conditions
 * from being pushed down. `fence`: texts pass through `least` besides, since the planner otherwise looks through it to the
 * column's most common values, hidden ones included, and runs the caller's LIKE on them.
 */
export type Barrier = 'none' | 'shield' | 'fence' | 'offset';

export interface GovernOptions {
  readonly uses: ReadonlyMap<string, DatasetUse>;
  readonly identity: Identity;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** By id: what row filters look into. */
  readonly datasetOf: (id: string) => Dataset | undefined;
  readonly keys: MaskKeys;
  /** The project that the caller acts in, null for none. */
  readonly project: string | null;
  readonly binder: Binder;
  readonly engine: EngineKind;
  readonly barrier: Barrier;
  /** The columns that reach what can raise. */
  readonly exposed: Exposed;
  /** By range: the clean rooms, of which nothing is read but their atoms. */
  readonly atoms: ReadonlyMap<string, Lattice>;
  /** By range of atoms: of which rows there are counts and sums, in the engine's dialect. */
  readonly chosen: ReadonlyMap<string, readonly Node[]>;
  /** By range: exact sums over atoms in the engine's dialect, and what makes them noisy. */
  readonly noisy: ReadonlyMap<string, { readonly exact: SelectStmt; readonly groups: NoisyGroups }>;
  /** Null where there is no nonce: then nothing noisy is answered. */
  readonly noise: Noise | null;
  /** By range: conditions of the caller's that may run on any row, in the engine's dialect, over RAW. */
  readonly pushed: ReadonlyMap<string, readonly Node[]>;
  /**
   * Whether the engine may know while planning that they leave no row: where rows come from one dataset alone, nothing else is
   * then left out that could have failed.
   */
  readonly pushedPlain: boolean;
}

export interface Governed {
  readonly select: SelectStmt;
  /** What the tree reads; a use in a part that resolution left out is not among them. */
  readonly relations: readonly Relation[];
}

export function governRelations(select: SelectStmt, options: GovernOptions): Governed {
  const exact = [...options.noisy.values()].map((one) => close('SelectStmt', one.exact));
  const needed = neededColumns([close('SelectStmt', select), ...exact], options.uses);
  const relations: Relation[] = [];
  const taken = new Set<string>();
  const replace = (node: Node): Node => {
    if (!('RangeVar' in node)) return mapChildren(node, replace);
    const { alias, relname } = node.RangeVar;
    const range = alias?.aliasname ?? '';
    const noisy = options.noisy.get(range);
    if (noisy !== undefined) {
      if (options.noise === null) throw new SluiceError('rewrite_failed', undefined, { cause: 'no nonce' });
      const exact = open(replace(close('SelectStmt', noisy.exact))).body as SelectStmt;
      return noisyRange(range, exact, noisy.groups, options.noise, options.engine);
    }
    const use = options.uses.get(range);
    if (use !== undefined) {
      const reads = (relation: Relation) => relations.push(relation);
      const lattice = options.atoms.get(range);
      if (lattice !== undefined)
        return atomsOf(range, lattice, needed.get(range)!, { ...options, reads }, options.chosen.get(range));
      // Whatever asks for its rows was to be turned into a question about atoms, or refused.
      if (isRoom(use.governed))
        throw new SluiceError('rewrite_failed', undefined, { cause: 'rows of a clean room' });
      reads(use.governed.dataset.relation);
      taken.add(range);
      return governed(range, use, needed.get(range)!, options, reads);
    }
    if (relname?.startsWith(CTE_PREFIX)) return node;
    throw new SluiceError('rewrite_failed', undefined, { cause: 'a relation that is not governed' });
  };
  const replaced = open(replace(close('SelectStmt', select))).body as SelectStmt;
  // They stand nowhere else any more.
  if ([...options.pushed.keys()].some((range) => !taken.has(range)))
    throw new SluiceError('rewrite_failed', undefined, { cause: 'a condition that was lost' });
  return { select: replaced, relations };
}

/** By range: the columns that the statement refers to. What is not referred to is not read, and its mask costs nothing. */
function neededColumns(
  roots: readonly Node[],
  uses: ReadonlyMap<string, DatasetUse>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const needed = new Map([...uses.keys()].map((range) => [range, new Set<string>()]));
  const note = (node: Node): undefined => {
    if (!('ColumnRef' in node)) return;
    const [range, name] = (node.ColumnRef.fields ?? []).map((field) => open(field).body.sval as string);
    needed.get(range ?? '')?.add(name ?? '');
  };
  for (const root of roots) walk(root, note);
  return needed;
}

/**
 * Whether rows lie beneath it that the caller may not see: those that a filter removes, those that a view leaves out, since
 * an engine looks through a view and moves conditions below the view's own, and all rows of a clean room.
 */
export function leavesRowsOut({ governed: { dataset, decision } }: DatasetUse): boolean {
  return decision.rows.length > 0 || dataset.view || decision.limits.aggregate_only !== undefined;
}

/** Whether a filter of it joins another dataset: an engine may then run an output below the join, before the filter. */
export function looksElsewhere({ governed: { decision } }: DatasetUse): boolean {
  const looks = (predicate: Predicate): boolean => {
    switch (predicate.kind) {
      case 'and':
      case 'or':
        return predicate.args.some(looks);
      case 'not':
        return looks(predicate.arg);
      default:
        return predicate.kind === 'lookup';
    }
  };
  return decision.rows.some(({ predicate }) => looks(predicate));
}

function governed(
  range: string,
  use: DatasetUse,
  needed: ReadonlySet<string>,
  options: GovernOptions,
  reads: (relation: Relation) => void,
): Node {
  const { dataset, decision } = use.governed;
  const columns = use.columns.filter((candidate) => needed.has(candidate.name));
  if (columns.length !== needed.size) {
    throw new SluiceError('rewrite_failed', undefined, { cause: `unknown column of ${dataset.id}` });
  }
  const filters = decision.rows.map(({ predicate }) =>
    filterExpression(predicate, { ...options, dataset, range: RAW, reads }),
  );
  const barrier = leavesRowsOut(use) ? options.barrier : 'none';
  const fenced = barrier === 'fence' || barrier === 'offset';
  const shielded = barrier === 'fence' || barrier === 'shield';
  const pushed = options.pushed.get(range) ?? [];
  const conditions = [...filters, ...(options.pushedPlain ? pushed : pushed.map(overShielded))];
  const subquery: SelectStmt = {
    targetList:
      columns.length === 0
        ? [{ ResTarget: { name: 'nothing', val: whole(1) } }]
        : columns.map((wanted) => ({
            ResTarget: {
              name: wanted.name,
              val: release(wanted, shielded ? shieldFor(range, wanted, options) : 'none', use, options),
            },
          })),
    fromClause: [rangeOf(dataset.relation, RAW)],
    ...(conditions.length === 0 ? {} : { whereClause: every(conditions) }),
    ...(fenced ? { limitOffset: whole(0) } : {}),
    limitOption: fenced ? 'LIMIT_OPTION_COUNT' : 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  return close('RangeSubselect', {
    subquery: close('SelectStmt', subquery),
    alias: { aliasname: range },
  });
}

/** `planner`: its statistics stay behind. `vectors`: its dictionary as well. */
type Shield = 'none' | 'planner' | 'vectors';

function shieldFor(range: string, { name }: Column, { exposed }: GovernOptions): Shield {
  return exposed === 'every' || exposed.has(columnName(range, name)) ? 'vectors' : 'planner';
}

function shield(stored: Node, { family }: Column, kind: Shield, engine: EngineKind): Node {
  if (kind === 'none') return stored;
  switch (engine) {
    case 'duckdb':
      return kind === 'planner' ? call('least', stored) : call('least', stored, stored);
    case 'postgres':
      return family === 'text' || family === 'bytes'
        ? { MinMaxExpr: { op: 'IS_LEAST', args: [stored, stored] } }
        : stored;
    default:
      return engine satisfies never;
  }
}

/** Over columns of which DuckDB knows nothing while planning. */
function overShielded(condition: Node): Node {
  return transform(condition, (node) => ('ColumnRef' in node ? call('least', node) : node));
}

function release(wanted: Column, kind: Shield, use: DatasetUse, options: GovernOptions): Node {
  const { dataset } = use.governed;
  const takesRow = options.engine === 'postgres' && TAKES_ROW.has(wanted.name);
  const stored = takesRow ? bareColumn(wanted.name) : column(RAW, wanted.name);
  const applied = maskOf(use.governed, wanted);
  const raw = shield(stored, wanted, handsOnRaw(applied, options) ? 'vectors' : kind, options.engine);
  if (applied === undefined) return raw;
  const { keys, project, binder, engine } = options;
  return appliedMask(wanted, raw, applied, {
    datasetId: dataset.id,
    keys,
    project,
    binder,
    engine,
    condition: (where) => filterExpression(where, { ...options, dataset, range: RAW, reads: readsNothing }),
  });
}

/**
 * Where all of a vector's rows are shown, DuckDB hands the column's own on, with a dictionary that has the masked values too; and
 * of a CASE it knows the least and greatest value of any branch while planning. PostgreSQL's planner knows nothing of a CASE.
 */
function handsOnRaw(applied: AppliedMask | undefined, { engine }: GovernOptions): boolean {
  return engine === 'duckdb' && ((applied?.when ?? []).length > 0 || applied?.mask?.kind === 'custom');
}

/** Refused at push: who is in no list would see everything. */
function readsNothing(): never {
  throw new SluiceError('rewrite_failed', undefined, { cause: 'a mask that looks into another dataset' });
}
