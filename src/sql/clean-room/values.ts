/**
 * What atoms are made of, row by row: units as they are stored (they are counted and told to nobody), dimensions and keys
 * as the caller's own masks leave them. None of it can raise, on whatever row: an error would tell of that row.
 */
import type { Column } from '../../catalogue/dataset.ts';
import type { MaskSpec } from '../../policies/policy.ts';
import { maskedType, maskOf } from '../resolve/from.ts';
import { columnType } from '../resolve/types.ts';
import {
  bareColumn,
  CALLS,
  cast,
  choose,
  column,
  type EngineKind,
  isNotFalse,
  operation,
  RAW,
  text,
} from '../rewrite/build.ts';
import { type FilterWorld, filterExpression } from '../rewrite/filters.ts';
import { appliedMask } from '../rewrite/masks/applied.ts';
import { castTarget } from '../rewrite/masks/literal-types.ts';
import { type MaskKeys, maskExpression } from '../rewrite/masks/mask.ts';
import { TAKES_ROW } from '../rewrite/takes-row.ts';
import type { GovernedDataset } from '../stages.ts';
import type { Node } from '../tree.ts';
import type { LatticeDimension, Member } from './lattice.ts';

export interface RoomWorld extends FilterWorld {
  readonly keys: MaskKeys;
  /** The project that the caller acts in, null for none. */
  readonly project: string | null;
}

/** As it is stored. */
export function rawValue({ name }: Column, { engine }: RoomWorld): Node {
  return engine === 'postgres' && TAKES_ROW.has(name) ? bareColumn(name) : column(RAW, name);
}

/** As the caller would see it outside of the room. */
export function shownValue(of: Column, { governed }: Member, world: RoomWorld): Node {
  const raw = rawValue(of, world);
  const applied = maskOf(governed, of);
  if (applied === undefined) return raw;
  const { keys, project, binder, engine } = world;
  return appliedMask(of, raw, applied, {
    datasetId: governed.dataset.id,
    keys,
    project,
    binder,
    engine,
    condition: (where) => filterExpression(where, { ...world, dataset: governed.dataset, range: RAW }),
  });
}

/** Masks that leave a value of the column's own type, which can be made coarser still. */
const COARSENED: ReadonlySet<MaskSpec['kind']> = new Set(['bucket', 'round', 'truncate_date', 'null']);

/** The caller's mask first, then the room's: where the caller's is none that can be made coarser, it stands alone. */
export function dimensionValue(
  { column: of, mask: coarsening }: LatticeDimension,
  member: Member,
  world: RoomWorld,
): Node {
  const { governed } = member;
  const raw = rawValue(of, world);
  const masked = (value: Node, mask: MaskSpec | null, policy: string): Node =>
    mask === null
      ? value
      : maskExpression(of, value, mask, {
          ...world,
          policy,
          datasetId: governed.dataset.id,
        });
  const seen = (mask: MaskSpec | null, policy: string): Node => {
    const value = masked(raw, mask, policy);
    return mask === null || COARSENED.has(mask.kind) ? masked(value, coarsening, policy) : value;
  };
  const applied = maskOf(governed, of);
  const otherwise = seen(applied?.mask ?? null, applied?.policy ?? '');
  const { dataset } = governed;
  const branches = (applied?.when ?? []).map(
    ({ where, mask, policy }) =>
      [isNotFalse(filterExpression(where, { ...world, dataset, range: RAW })), seen(mask, policy)] as const,
  );
  const value = branches.length === 0 ? otherwise : choose(branches, otherwise);
  return canonical(value, of, member, world);
}

/** Of values that are equal and yet written differently, a group would show one row's: the sign of zero, digits, upper case. */
function canonical(value: Node, of: Column, { governed }: Member, { engine }: RoomWorld): Node {
  if (isText(of, governed)) return byCodePoint(value, of, engine);
  const type = columnType(of);
  if (type.family === 'float')
    return operation('+', value, cast(text('0'), castTarget(type, of.type, engine)?.name ?? 'double'));
  const unsized = type.family === 'decimal' && type.scale === undefined;
  return unsized && engine === 'postgres' ? CALLS.postgres('trim_scale', value) : value;
}

export function isText(of: Column, governed: GovernedDataset): boolean {
  return maskedType(of, governed).family === 'text';
}

/** Collations of columns, and `citext`, may take two texts for one. */
function byCodePoint(value: Node, of: Column, engine: EngineKind): Node {
  if (engine === 'postgres') return collated(cast(value, 'text'), 'C');
  // A cast keeps the collation, and an ENUM has none.
  const { duckdb } = CALLS;
  return /^enum\b/i.test(of.type ?? '') ? value : duckdb('decode', duckdb('encode', value));
}

/** On PostgreSQL. */
export function collated(arg: Node, name: 'C' | 'default'): Node {
  const collname = ['pg_catalog', name].map((sval): Node => ({ String: { sval } }));
  return { CollateClause: { arg, collname } };
}
