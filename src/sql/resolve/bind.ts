/**
 * Binds every relation name, scope by scope as PostgreSQL does: to a CTE that is in scope, or to a catalogued dataset.
 * Whatever is neither (unknown, physical, system) is marked so and refused by admit(), in the order of the text, together
 * with what the caller may not know of: refused here, before it, the two could be told apart.
 */
import type { CommonTableExpr, RangeVar, SelectStmt, WithClause } from '@pgsql/types';
import type { Catalogue, Dataset } from '../../catalogue/dataset.ts';
import type { SluiceError } from '../../errors.ts';
import type { BoundQuery, BoundRelation, GuardedQuery, Unbranded } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, eachChild, open } from '../walk.ts';
import { fault } from './fault.ts';

/** Whether a name in scope may be used here: `self` only in the recursive term, `later` never. */
type Standing = 'ready' | 'self' | 'forbidden';

interface CteScope {
  readonly name: string;
  readonly cte: CommonTableExpr;
  readonly standing: Standing;
  readonly outer: CteScope | null;
}

interface Binding {
  readonly text: string;
  readonly catalogue: Catalogue;
  readonly relations: Map<RangeVar, BoundRelation>;
  readonly first: Map<string, { readonly dataset: Dataset; readonly relation: RangeVar }>;
  readonly recursive: Set<CommonTableExpr>;
}

/** @param guarded what the guard let through; its tree is not changed, relations are told apart by node identity. */
export function bind(guarded: GuardedQuery, catalogue: Catalogue): BoundQuery {
  const binding: Binding = {
    text: guarded.text,
    catalogue,
    relations: new Map(),
    first: new Map(),
    recursive: new Set(),
  };
  bindSelect(guarded.select, null, binding);
  const first = [...binding.first.values()];
  const bound: Unbranded<BoundQuery> = {
    guarded,
    datasets: first.map((use) => use.dataset),
    relations: binding.relations,
    recursive: binding.recursive,
  };
  return bound as BoundQuery;
}

/** One and the same answer for a name that nothing has and one that the caller may not know of. */
export function notFound(text: string, relation: RangeVar): SluiceError {
  const name = partsOf(relation).join('.');
  return fault(
    text,
    'dataset_not_found',
    name === '' ? 'No such dataset' : `No such dataset: ${name}`,
    relation.location,
    'Datasets go by their catalogued names, such as namespace.name; the catalogue lists those that you may query.',
  );
}

function partsOf(relation: RangeVar): string[] {
  return [relation.catalogname, relation.schemaname, relation.relname].filter((part) => part !== undefined);
}

function bindSelect(select: SelectStmt, outer: CteScope | null, binding: Binding): void {
  const scope = select.withClause === undefined ? outer : bindWith(select.withClause, outer, binding);
  const { withClause: _, ...rest } = select;
  bindChildren(close('SelectStmt', rest), scope, binding);
}

/** Everything but WITH: the scope is the same for all of it. */
function bindChildren(node: Node, scope: CteScope | null, binding: Binding): void {
  eachChild(node, (child) => {
    const { tag, body } = open(child);
    if (tag === 'RangeVar') bindRelation(body as RangeVar, scope, binding);
    else if (tag === 'SelectStmt') bindSelect(body as SelectStmt, scope, binding);
    // A recursive reference in an expression has no meaning that engines agree on; PostgreSQL refuses it too.
    else bindChildren(child, tag === 'SubLink' ? forbidSelf(scope) : scope, binding);
  });
}

function bindRelation(relation: RangeVar, scope: CteScope | null, binding: Binding): void {
  if (relation.schemaname === undefined && relation.catalogname === undefined) {
    for (let at = scope; at !== null; at = at.outer) {
      if (at.name !== relation.relname) continue;
      bindCte(relation, at, binding);
      return;
    }
  }
  const [dataset, ...others] = binding.catalogue.candidates(partsOf(relation));
  if (dataset === undefined) {
    binding.relations.set(relation, { kind: 'unknown' });
    return;
  }
  binding.relations.set(relation, { kind: 'dataset', dataset, others });
  for (const one of [dataset, ...others]) {
    if (!binding.first.has(one.id)) binding.first.set(one.id, { dataset: one, relation });
  }
}

function bindCte(relation: RangeVar, at: CteScope, binding: Binding): void {
  if (at.standing === 'forbidden') {
    throw fault(
      binding.text,
      'recursion_refused',
      `The WITH query "${at.name}" cannot be referred to here`,
      relation.location,
      'A recursive query is written as: first rows UNION [ALL] rows from the query itself, once, in FROM.',
    );
  }
  if (at.standing === 'self') {
    if (binding.recursive.has(at.cte)) {
      throw fault(
        binding.text,
        'recursion_refused',
        `The recursive query "${at.name}" refers to itself more than once`,
        relation.location,
      );
    }
    binding.recursive.add(at.cte);
  }
  binding.relations.set(relation, { kind: 'cte', cte: at.cte });
}

function bindWith(clause: WithClause, outer: CteScope | null, binding: Binding): CteScope | null {
  const ctes = (clause.ctes ?? []).map((node) => open(node).body as CommonTableExpr);
  const seen = new Set<string>();
  for (const cte of ctes) {
    if (seen.has(cte.ctename!)) {
      throw fault(
        binding.text,
        'relation_ambiguous',
        `WITH query name "${cte.ctename}" specified more than once`,
        cte.location,
      );
    }
    seen.add(cte.ctename!);
  }
  let scope = outer;
  for (const [index, cte] of ctes.entries()) {
    const name = cte.ctename!;
    // WITH RECURSIVE puts every name of the list in scope for every query of it; a forward reference is refused.
    const inside =
      clause.recursive !== true
        ? scope
        : ctes
            .slice(index)
            .reduceRight<CteScope | null>(
              (below, later) => ({ name: later.ctename!, cte: later, standing: 'forbidden', outer: below }),
              scope,
            );
    bindCteQuery(cte, inside, binding);
    scope = { name, cte, standing: 'ready', outer: scope };
  }
  return scope;
}

function bindCteQuery(cte: CommonTableExpr, inside: CteScope | null, binding: Binding): void {
  const query = open(cte.ctequery!).body as SelectStmt;
  if (query.op !== 'SETOP_UNION' || query.rarg === undefined) {
    bindSelect(query, inside, binding);
    return;
  }
  const scope = query.withClause === undefined ? inside : bindWith(query.withClause, inside, binding);
  const { withClause: _, rarg, ...rest } = query;
  bindChildren(close('SelectStmt', rest), scope, binding);
  bindSelect(rarg, allowSelf(scope, cte), binding);
}

/** The same scope, in which `cte` may refer to itself. */
function allowSelf(scope: CteScope | null, cte: CommonTableExpr): CteScope | null {
  if (scope === null) return null;
  if (scope.cte === cte) return scope.standing === 'forbidden' ? { ...scope, standing: 'self' } : scope;
  return { ...scope, outer: allowSelf(scope.outer, cte) };
}

function forbidSelf(scope: CteScope | null): CteScope | null {
  if (scope === null) return null;
  const outer = forbidSelf(scope.outer);
  if (scope.standing === 'self') return { ...scope, standing: 'forbidden', outer };
  return outer === scope.outer ? scope : { ...scope, outer };
}
