/** What is being built while one statement is resolved; made by resolve(), gone when it returns. */
import type { CommonTableExpr, SelectStmt } from '@pgsql/types';
import type { BoundQuery, DatasetUse, GovernedDataset, RangeColumn, SqlType } from '../stages.ts';
import type { Node } from '../tree.ts';
import { open, walk } from '../walk.ts';
import type { Scope } from './scope.ts';

/** A column that a query gives. */
export interface QueryColumn {
  /** What the caller may call it. */
  readonly name: string;
  readonly insensitive: boolean;
  /** What it is called in the resolved tree. */
  readonly printed: string;
  readonly type: SqlType;
  readonly masked: boolean;
}

export interface ResolvedSelect {
  readonly select: SelectStmt;
  readonly columns: readonly QueryColumn[];
}

export interface ResolvedCte {
  readonly printed: string;
  readonly columns: readonly QueryColumn[];
}

/** CTEs carry names that no relation of a catalogue stands under. */
export const CTE_PREFIX = 'cte_';

export interface Context {
  readonly text: string;
  readonly bound: BoundQuery;
  readonly governed: ReadonlyMap<string, GovernedDataset>;
  readonly ctes: Map<CommonTableExpr, ResolvedCte>;
  readonly uses: Map<string, DatasetUse>;
  readonly ranges: Map<string, ReadonlyMap<string, RangeColumn>>;
  /** `t1`, `cte_2`: reserved names, each given once. */
  readonly fresh: (prefix: 't' | typeof CTE_PREFIX | 'w') => string;
  /** Tells of columns that a star or a natural join at this place stands for. @throws SluiceError sql_too_large */
  readonly expanded: (columns: number, location: number | undefined) => void;
  /** Resolves a subquery; a member so that FROM, expressions and SELECT need not import each other in a ring. */
  readonly select: (select: SelectStmt, outer: Scope | null, context: Context) => ResolvedSelect;
}

/** Registers a range and gives the columns that a scope offers for it. */
export function addRange(columns: readonly QueryColumn[], range: string, context: Context) {
  context.ranges.set(
    range,
    new Map(columns.map(({ printed, type, masked }) => [printed, { type, masked }] as const)),
  );
  return columns.map(({ name, insensitive, printed, type, masked }) => ({
    name,
    insensitive,
    type,
    masked,
    ref: columnRef(range, printed),
  }));
}

export function columnRef(range: string, column: string): Node {
  return { ColumnRef: { fields: [string(range), string(column)] } };
}

export function string(sval: string): Node {
  return { String: { sval } };
}

/** Whether a masked column flows into an expression, subqueries included. */
export function isMasked(node: Node, context: Context): boolean {
  let masked = false;
  walk(node, (at) => {
    if (!masked && 'ColumnRef' in at) {
      const [range, column] = (at.ColumnRef.fields ?? []).map((field) => open(field).body.sval as string);
      masked = context.ranges.get(range ?? '')?.get(column ?? '')?.masked === true;
    }
    return !masked;
  });
  return masked;
}
