/** The census of a clean room as governed queries, to be verified as any: the gate runs them for itself, and shows nobody what they give. */
import type { SelectStmt } from '@pgsql/types';
import type { Relation } from '../../catalogue/dataset.ts';
import { Binder, type EngineKind } from '../rewrite/build.ts';
import { compactParameters } from '../rewrite/compact.ts';
import type { FilterWorld } from '../rewrite/filters.ts';
import type { MaskKeys } from '../rewrite/masks/mask.ts';
import { functionsOf, namesOf } from '../rewrite/rewrite.ts';
import type { GovernedQuery, Unbranded } from '../stages.ts';
import { type CensusTrees, censusOf } from './census.ts';
import type { Lattice } from './lattice.ts';

export interface CensusQueries {
  readonly atoms: GovernedQuery;
  readonly shares: GovernedQuery;
  /** Of each kind of unit, how many a group has at the least. */
  readonly least: readonly number[];
  /** How many things are summed. */
  readonly things: number;
}

export interface CensusWorld extends Omit<FilterWorld, 'binder' | 'reads'> {
  readonly engine: EngineKind;
  readonly keys: MaskKeys;
  readonly project: string | null;
}

export function censusQueries(lattice: Lattice, secret: string, world: CensusWorld): CensusQueries {
  const { least, things } = built('atoms', lattice, secret, world).trees;
  return {
    atoms: built('atoms', lattice, secret, world).query,
    shares: built('shares', lattice, secret, world).query,
    least,
    things,
  };
}

function built(
  which: 'atoms' | 'shares',
  lattice: Lattice,
  secret: string,
  world: CensusWorld,
): { readonly query: GovernedQuery; readonly trees: CensusTrees } {
  const relations: Relation[] = [];
  const binder = new Binder([]);
  const trees = censusOf(lattice, secret, {
    ...world,
    binder,
    reads: (relation) => relations.push(relation),
  });
  const tree: SelectStmt = trees[which];
  const { select, params } = compactParameters(tree, binder.values);
  const query: Unbranded<GovernedQuery> = {
    tree: select,
    params,
    columns: (select.targetList ?? []).map((target) => ({
      name: 'ResTarget' in target ? (target.ResTarget.name ?? '') : '',
      masked: true,
    })),
    relations: namesOf(relations),
    functions: functionsOf(select),
  };
  return { query: query as GovernedQuery, trees };
}
