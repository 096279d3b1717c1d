/**
 * The atoms of a dataset in a clean room, as far as this caller may see: its dimensions, crossed with those of every declared
 * join. They hang on the rules and on who asks, never on the query, so that no two queries cut the rows in two ways.
 */
import {
  type CleanRoomLimits,
  type CleanRoomMeasure,
  type Coarsening,
  tightestRoom,
} from '../../catalogue/clean-room.ts';
import type { Column, TypeFamily } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import { maskedType, maskOf, visibleColumns } from '../resolve/from.ts';
import type { EngineKind } from '../rewrite/build.ts';
import { comparableColumns } from '../rewrite/filter-values.ts';
import type { GovernedDataset, SqlType } from '../stages.ts';
import { summable } from './numbers.ts';
import { type Steps, stepsOf } from './steps.ts';

export interface LatticeDimension {
  readonly column: Column;
  readonly mask: Coarsening | null;
  /** What it is called among the atoms. */
  readonly as: string;
}

export interface LatticeMeasure {
  readonly column: Column;
  readonly bounds: Pick<CleanRoomMeasure, 'min' | 'max'>;
  /** The sum in each atom, null where it is not told. */
  readonly sum: string;
  /** How many rows have a value, null where it is not told. */
  readonly known: string;
  /** On which grid it is added up, where noise is on. */
  readonly steps: Steps | null;
}

/** A column that rows may be chosen by, where noise is on. */
export interface LatticeFilter {
  readonly column: Column;
  readonly as: string;
}

/** A dataset of the room. */
export interface Member {
  readonly governed: GovernedDataset;
  readonly rule: CleanRoomLimits;
  readonly unit: Column;
  readonly dimensions: readonly LatticeDimension[];
}

export interface LatticeJoin {
  readonly member: Member;
  readonly on: readonly { readonly column: Column; readonly other: Column }[];
  /** Whether the rows of an atom have found theirs. */
  readonly matched: string;
  /** Whether what is joined is of the very same unit: then there is one count of both. */
  readonly sameUnit: boolean;
}

export interface Lattice {
  readonly fact: Member;
  readonly measures: readonly LatticeMeasure[];
  readonly joins: readonly LatticeJoin[];
  readonly filters: readonly LatticeFilter[];
  /** Null where answers are exact. Otherwise what each costs, and how many rows of a unit count. */
  readonly noise: { readonly epsilon: number; readonly rows: number } | null;
}

/** How many rows each atom has. */
export const ROWS = 'n';

export function isRoom({ decision }: GovernedDataset): boolean {
  return decision.limits.aggregate_only !== undefined;
}

/**
 * @param governedOf by dataset id: what this caller may see of the datasets that are joined; without one, or where it is
 *   denied or in no room, there is no such join.
 * @throws SluiceError clean_room_conflict where the rules cannot be brought together
 */
export function latticeOf(
  governed: GovernedDataset,
  governedOf: (id: string) => GovernedDataset | undefined,
  engine: EngineKind,
): Lattice {
  const { dataset } = governed;
  const rule = tightestRoom(governed.decision.limits.aggregate_only ?? []);
  if (rule === null) throw conflict(dataset.id);
  const fact = memberOf(governed, rule, 'd');
  if (fact === null) throw conflict(dataset.id);
  const visible = visibleByName(governed);
  const joins: LatticeJoin[] = [];
  for (const declared of rule.joins) {
    const other = governedOf(declared.dataset);
    const matched = `j${joins.length + 1}`;
    const member = other === undefined ? null : joinable(other, dataset.engine, `${matched}_d`);
    // Whose answers are blurred is not told exactly by way of another.
    if (member === null || (member.rule.noise !== null && rule.noise === null)) continue;
    const shown = visibleByName(member.governed);
    const on = declared.on.flatMap((pair) => {
      const [column, key] = [visible.get(pair.column), shown.get(pair.other)];
      const fit =
        column !== undefined &&
        key !== undefined &&
        member.rule.join_keys.includes(key.folded) &&
        keysFit(maskedType(column, governed), maskedType(key, member.governed), engine);
      return fit ? [{ column, other: key }] : [];
    });
    if (on.length === 0 || on.length < declared.on.length) continue;
    const [key, ...more] = on;
    const sameUnit =
      more.length === 0 &&
      key?.column === fact.unit &&
      key.other === member.unit &&
      maskOf(governed, fact.unit) === undefined &&
      maskOf(member.governed, member.unit) === undefined;
    joins.push({ member, on, matched, sameUnit });
  }
  const measures = rule.measures.flatMap(({ column: name, ...bounds }, i): LatticeMeasure[] => {
    const column = visible.get(name);
    if (column === undefined || !summable(column, bounds, governed, engine)) return [];
    const steps = rule.noise === null ? null : stepsOf(column, bounds);
    if (rule.noise !== null && steps === null) return [];
    return [{ column, bounds, sum: `s${i + 1}`, known: `c${i + 1}`, steps }];
  });
  if (rule.noise === null) return { fact, measures, joins, filters: [], noise: null };
  const filters = rule.filters.flatMap((name, i): LatticeFilter[] => {
    const column = visible.get(name);
    return column === undefined || column === fact.unit ? [] : [{ column, as: `f${i + 1}` }];
  });
  const { epsilon, rows_per_unit } = rule.noise;
  const rows = rule.one_row_per_unit ? 1 : rows_per_unit;
  return { fact, measures, joins, filters, noise: { epsilon, rows } };
}

/** Of one family: as floats, two keys that differ could both be equal to a third. */
function keysFit(a: SqlType, b: SqlType, engine: EngineKind): boolean {
  return a.family === b.family && comparableColumns(a, b, engine);
}

function joinable(other: GovernedDataset, engine: string, prefix: string): Member | null {
  const { dataset, decision } = other;
  if (!decision.allow || dataset.invalid !== null || dataset.engine !== engine) return null;
  const rule = tightestRoom(decision.limits.aggregate_only ?? []);
  return rule === null ? null : memberOf(other, rule, prefix);
}

/** Values of these are not grouped alike by every engine, or are equal and yet told apart. */
const UNGROUPED: ReadonlySet<TypeFamily> = new Set(['interval', 'json', 'bytes', 'list', 'other', 'unknown']);

/** Null where it has no unit to count by. A hidden unit is counted all the same, and told to nobody. */
function memberOf(governed: GovernedDataset, rule: CleanRoomLimits, prefix: string): Member | null {
  const visible = visibleByName(governed);
  const unit = governed.dataset.columns.find(
    ({ folded, state }) => folded === rule.unit && state !== 'ghost',
  );
  if (unit === undefined) return null;
  const dimensions = rule.dimensions.flatMap(({ column: name, mask }, i): LatticeDimension[] => {
    const column = visible.get(name);
    if (column === undefined || column === unit || UNGROUPED.has(column.family)) return [];
    return [{ column, mask, as: `${prefix}${i + 1}` }];
  });
  return { governed, rule, unit, dimensions };
}

function visibleByName(governed: GovernedDataset): ReadonlyMap<string, Column> {
  return new Map(visibleColumns(governed).map((column) => [column.folded, column]));
}

function conflict(id: string): SluiceError {
  return new SluiceError('clean_room_conflict', `The clean-room rules of ${id} contradict one another.`, {
    hint: 'Nothing can be answered from it until its owner has settled them.',
  });
}

/** Every column that atoms may have. */
export function namesOf({ fact, measures, joins }: Lattice): readonly string[] {
  return [
    ...fact.dimensions.map(({ as }) => as),
    ...measures.flatMap(({ sum, known }) => [sum, known]),
    ...joins.flatMap(({ matched, member }) => [matched, ...member.dimensions.map(({ as }) => as)]),
  ];
}

/** What tells atoms apart. */
export function cutsOf({ fact, joins }: Lattice): readonly string[] {
  return [
    ...fact.dimensions.map(({ as }) => as),
    ...joins.flatMap(({ matched, member }) => [matched, ...member.dimensions.map(({ as }) => as)]),
  ];
}

/** The key of a join, as both sides call it. */
export const keyName = (join: LatticeJoin, i: number): string => `${join.matched}_k${i + 1}`;
/** The unit of what is joined. */
export const unitName = (join: LatticeJoin): string => `${join.matched}_unit`;
