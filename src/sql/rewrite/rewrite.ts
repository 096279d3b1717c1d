/** From resolved names to a governed tree, pass by pass: bound, fence, dialect, governed relations, values. The order matters. */
import type { SelectStmt } from '@pgsql/types';
import type { Dataset, Relation } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import type { Identity } from '../../identity/identity.ts';
import { noiseOf } from '../clean-room/noise.ts';
import { throughRooms } from '../clean-room/through.ts';
import type { GovernedDataset, GovernedQuery, ParamValue, ResolvedQuery, Unbranded } from '../stages.ts';
import type { Node } from '../tree.ts';
import { close, open, walk } from '../walk.ts';
import { Binder, type EngineKind } from './build.ts';
import { compactParameters } from './compact.ts';
import { markDependents } from './dependents.ts';
import { type Barrier, governRelations, leavesRowsOut, looksElsewhere } from './govern.ts';
import { checkGrowth } from './growth.ts';
import { limitResult, type Page } from './limit.ts';
import { lowerToDuckDb } from './lower-duckdb.ts';
import { lowerToPostgres } from './lower-postgres.ts';
import type { TokenKey } from './masks/token.ts';
import { pushConditions } from './push.ts';
import type { RaiseContext } from './raises/comparable.ts';
import { type Exposed, exposedColumns } from './raises/exposed.ts';
import { matchesPatterns } from './raises/leakproof.ts';
import { raisesIn } from './raises/raises.ts';
import { boundRecursions } from './recursion.ts';
import { withoutTies } from './ties.ts';
import { checkWrittenSize } from './written-size.ts';

export interface RewriteOptions {
  readonly engine: EngineKind;
  readonly identity: Identity;
  /** The moment of the query, in milliseconds since the epoch; without it `now()` of a filter is unknown, and no row passes. */
  readonly now?: number;
  /** By id: the datasets that row filters look into; a filter that needs one and does not find it is a fault. */
  readonly datasetOf?: (id: string) => Dataset | undefined;
  /** By id: what the caller may see of a dataset that is not in the query; clean rooms are cut by what they can be joined with. */
  readonly governedOf?: (id: string) => GovernedDataset | undefined;
  /** 32 random bytes of this query alone, for the noise of clean rooms; whoever knows them can take it off. */
  readonly nonce?: Uint8Array;
  /** The caller's values for $1, $2, …, checked already. */
  readonly params: readonly ParamValue[];
  /** The secret of keyed hashes; null where none is configured, then hashes are NULL. */
  readonly maskKey: Uint8Array | null;
  /** With which tokens are made; without it they are NULL. */
  readonly tokenKey?: TokenKey | null;
  /** The project that the caller acts in. */
  readonly project?: string | null;
  /** Rows to print as the bound; ask for one more than is shown to learn whether there are more. */
  readonly page: Page;
  /** Other than what is needed: for the tests that show what each part of the barrier is for. */
  readonly barrier?: Barrier;
}

export function rewrite(asked: ResolvedQuery, options: RewriteOptions): GovernedQuery {
  const governedOf = options.governedOf ?? ((id) => governedIn(asked, id));
  const through = throughRooms(asked, {
    engine: options.engine,
    governedOf,
    params: options.params,
  });
  const tree = withoutTies(through.resolved.tree, options.engine, options.params);
  const resolved = { ...through.resolved, tree };
  const context = { engine: options.engine, ranges: resolved.ranges, params: options.params };
  const barrier = options.barrier ?? neededBarrier(resolved, context);
  const takesIn = (range: string): boolean => {
    const use = resolved.uses.get(range);
    return barrier !== 'none' && use !== undefined && leavesRowsOut(use) && !through.atoms.has(range);
  };
  const pushed = pushConditions(resolved, context, takesIn);
  const limited = limitResult(markDependents(pushed.tree, resolved), options.page, options.params);
  checkGrowth(limited, options.engine);
  const lower = lowererOf(options, resolved);
  const said = lower(close('SelectStmt', limited));
  checkWrittenSize(said);
  const lowered = open(boundRecursions(said, options.engine)).body as SelectStmt;
  const binder = new Binder(options.params);
  const governed = governRelations(lowered, {
    uses: resolved.uses,
    identity: options.identity,
    now: options.now ?? Number.NaN,
    datasetOf: options.datasetOf ?? (() => undefined),
    keys: { hash: options.maskKey, token: options.tokenKey ?? null },
    project: options.project ?? null,
    binder,
    engine: options.engine,
    barrier,
    exposed: shieldedColumns({ ...resolved, tree: pushed.tree }, context, barrier),
    atoms: through.atoms,
    chosen: new Map([...through.chosen].map(([range, rows]) => [range, rows.map(lower)])),
    noisy: new Map(
      [...through.noisy].map(([range, groups]) => [
        range,
        { exact: open(lower(close('SelectStmt', groups.select))).body as SelectStmt, groups },
      ]),
    ),
    noise:
      through.noisy.size === 0 || options.nonce === undefined
        ? null
        : noiseOf({ nonce: options.nonce, binder, engine: options.engine }),
    pushed: new Map([...pushed.conditions].map(([range, conditions]) => [range, conditions.map(lower)])),
    pushedPlain: options.engine === 'postgres' || barrier !== 'fence' || readsOneThing(pushed.tree),
  });
  // Masks are copied with the columns that they stand on.
  if (options.engine === 'postgres') checkGrowth(governed.select, options.engine);
  const { select, params } = compactParameters(governed.select, binder.values);
  const query: Unbranded<GovernedQuery> = {
    tree: select,
    params,
    columns: resolved.columns,
    relations: namesOf(governed.relations),
    functions: functionsOf(select),
  };
  return query as GovernedQuery;
}

/** Without being told of others, a room that joins them is cut in no way that can be known. */
function governedIn({ uses }: ResolvedQuery, id: string): GovernedDataset {
  const found = [...uses.values()].find(({ governed }) => governed.dataset.id === id);
  if (found === undefined) throw new SluiceError('rewrite_failed', undefined, { cause: `what ${id} is` });
  return found.governed;
}

function lowererOf({ engine, params }: RewriteOptions, { ranges }: ResolvedQuery): (node: Node) => Node {
  switch (engine) {
    case 'duckdb': {
      const lowering = { fresh: freshNames(), params, ranges };
      return (node) => lowerToDuckDb(node, lowering);
    }
    case 'postgres':
      return (node) => lowerToPostgres(node, params);
    default:
      return engine satisfies never;
  }
}

/** Whether all rows come from one place. */
function readsOneThing(select: SelectStmt): boolean {
  let sources = 0;
  walk(close('SelectStmt', select), (node) => {
    const { fromClause, larg } = 'SelectStmt' in node ? node.SelectStmt : { fromClause: [], larg: undefined };
    if ('RangeVar' in node || 'RangeFunction' in node) sources += 1;
    // Rows that are written out, and the one row of a SELECT without FROM.
    if (fromClause === undefined && larg === undefined) sources += 1;
    return undefined;
  });
  return sources === 1;
}

function shieldedColumns(resolved: ResolvedQuery, context: RaiseContext, barrier: Barrier): Exposed {
  // PostgreSQL's planner looks through more than it runs.
  if (context.engine === 'postgres' || barrier === 'none' || barrier === 'offset') return 'every';
  return exposedColumns(resolved.tree, resolved.uses, context);
}

/** Where no row is left out there is nothing to tell of. */
function neededBarrier(resolved: ResolvedQuery, context: RaiseContext): Barrier {
  if (![...resolved.uses.values()].some(leavesRowsOut)) return 'none';
  const where = raisesIn(resolved.tree, context);
  const postgres = context.engine === 'postgres';
  switch (where) {
    case 'nowhere':
      return 'none';
    case 'output':
      if ([...resolved.uses.values()].some(looksElsewhere)) return postgres ? 'offset' : 'fence';
      // PostgreSQL computes output row by row, after the filter.
      return postgres ? 'none' : 'shield';
    case 'anywhere':
      return postgres && !matchesPatterns(resolved.tree, context) ? 'offset' : 'fence';
    default:
      return where satisfies never;
  }
}

/** Names that resolution never gives. */
function freshNames(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `a${count}`;
  };
}

/** As printed. */
export function namesOf(relations: readonly Relation[]): readonly string[] {
  const names = relations.map(({ database, schema, identifier }) =>
    [...(database === null ? [] : [database]), schema, identifier].join('.'),
  );
  return [...new Set(names)].sort();
}

export function functionsOf(select: SelectStmt): readonly string[] {
  const names = new Set<string>();
  walk(close('SelectStmt', select), (node: Node) => {
    if ('FuncCall' in node) {
      names.add((node.FuncCall.funcname ?? []).map((part) => open(part).body.sval as string).join('.'));
    }
    return undefined;
  });
  return [...names].sort();
}
