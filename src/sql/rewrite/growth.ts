/**
 * How large a short statement becomes inside an engine's planner, where steps are put in the place of their names; no
 * time limit stops a planner before it is done. PostgreSQL (18.4) copies expressions: four uses of a column on each of
 * twelve levels are sixteen million copies, and gigabytes of the server's memory. DuckDB (1.5) copies CTEs: two uses on
 * each of twenty levels are a million scans.
 */
import type { CommonTableExpr, RangeSubselect, RangeVar, SelectStmt } from '@pgsql/types';
import { SluiceError } from '../../errors.ts';
import type { Node } from '../tree.ts';
import { close, eachChild, isBlank, open, walk } from '../walk.ts';
import type { EngineKind } from './build.ts';

/** Parts of all expressions together, copies counted: 200 MB of the server's memory and less than a second. */
const MOST_PARTS = 250_000;
/** What a subquery in an expression counts for: each copy is planned by itself, in about 3 ms. */
const PARTS_OF_SUBQUERY = 500;
/** Relations read, copies counted: less than a second of planning. */
const MOST_SCANS = 1_000;

/** By column: the parts of the expression that it stands for. */
type Weights = ReadonlyMap<string, number>;

interface Weighing {
  /** By range. */
  readonly ranges: Map<string, Weights>;
  /** By name of the CTE. */
  readonly ctes: Map<string, Weights>;
  /** How often each relation name stands in FROM. */
  readonly uses: ReadonlyMap<string, number>;
}

/** @param select resolved, so that no two ranges or CTEs share a name. @throws SluiceError sql_too_large */
export function checkGrowth(select: SelectStmt, engine: EngineKind): void {
  switch (engine) {
    case 'postgres':
      if (weigh(select, { ranges: new Map(), ctes: new Map(), uses: usesOf(select) }).total > MOST_PARTS)
        throw tooLarge("The query's steps use one another's columns too often");
      return;
    case 'duckdb':
      if (scansOf(close('SelectStmt', select), new Map()) > MOST_SCANS)
        throw tooLarge("The query's steps read one another too often");
      return;
    default:
      engine satisfies never;
  }
}

function tooLarge(message: string): SluiceError {
  return new SluiceError('sql_too_large', message, {
    hint: 'Have a step computed once: WITH x AS MATERIALIZED (…).',
  });
}

/** @param ctes by name, the scans that each of their uses becomes. */
function scansOf(node: Node, ctes: Map<string, number>): number {
  if ('RangeVar' in node) return ctes.get(node.RangeVar.relname ?? '') ?? 1;
  const select = 'SelectStmt' in node ? node.SelectStmt : undefined;
  // One that reads nothing is a scan of one row.
  let scans = select !== undefined && select.larg === undefined && select.fromClause === undefined ? 1 : 0;
  const clause = select?.withClause;
  for (const item of clause?.ctes ?? []) {
    const cte = open(item).body as CommonTableExpr;
    const own = scansOf(cte.ctequery!, ctes);
    const once = cte.ctematerialized === 'CTEMaterializeAlways';
    ctes.set(cte.ctename ?? '', once ? 1 : own);
    if (once) scans += own;
  }
  eachChild(node, (child) => {
    if (!('WithClause' in child)) scans += scansOf(child, ctes);
  });
  return scans;
}

function usesOf(select: SelectStmt): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  walk(close('SelectStmt', select), (node) => {
    if ('RangeVar' in node)
      uses.set(node.RangeVar.relname ?? '', (uses.get(node.RangeVar.relname ?? '') ?? 0) + 1);
    return undefined;
  });
  return uses;
}

interface Weighed {
  readonly columns: Weights;
  readonly total: number;
}

function weigh(select: SelectStmt, weighing: Weighing): Weighed {
  let total = 0;
  for (const cte of select.withClause?.ctes ?? []) {
    total += weighCte(open(cte).body as CommonTableExpr, weighing);
  }
  const { withClause: _, larg, rarg, targetList, fromClause, ...rest } = select;
  if (larg !== undefined && rarg !== undefined) {
    const [left, right] = [weigh(larg, weighing), weigh(rarg, weighing)];
    const rights = [...right.columns.values()];
    const columns = new Map([...left.columns].map(([name, weight], i) => [name, weight + (rights[i] ?? 0)]));
    const order = weightOf(close('SelectStmt', { sortClause: rest.sortClause }), weighing);
    return { columns, total: total + left.total + right.total + order };
  }
  for (const item of fromClause ?? []) total += weighFrom(item, weighing);
  const columns = new Map<string, number>();
  for (const target of targetList ?? []) {
    const weight = weightOf(target, weighing);
    columns.set(String(open(target).body.name), weight);
    total += weight;
  }
  total += weightOf(close('SelectStmt', rest), weighing);
  return { columns: isComputedOnce(select) ? new Map() : columns, total };
}

/** The planner moves nothing into or out of it. */
function isComputedOnce(select: SelectStmt): boolean {
  return select.limitCount !== undefined || select.limitOffset !== undefined;
}

function weighCte({ ctename, ctequery, ctematerialized }: CommonTableExpr, weighing: Weighing): number {
  // While it is weighed it knows nothing of itself: a recursive query is computed round by round.
  const { columns, total } = weigh(open(ctequery!).body as SelectStmt, weighing);
  // The server itself computes once what is read more than once.
  const once = ctematerialized === 'CTEMaterializeAlways' || (weighing.uses.get(ctename ?? '') ?? 0) > 1;
  weighing.ctes.set(ctename ?? '', once ? new Map() : columns);
  return total;
}

/** Left to right: what is lateral finds the ranges that stand before it. */
function weighFrom(item: Node, weighing: Weighing): number {
  const { tag, body } = open(item);
  switch (tag) {
    case 'RangeVar': {
      const { relname, alias } = body as RangeVar;
      weighing.ranges.set(alias?.aliasname ?? '', weighing.ctes.get(relname ?? '') ?? new Map());
      return 1;
    }
    case 'RangeSubselect': {
      const { subquery, alias } = body as RangeSubselect;
      const { columns, total } = weigh(open(subquery!).body as SelectStmt, weighing);
      weighing.ranges.set(alias?.aliasname ?? '', columns);
      return total;
    }
    case 'JoinExpr': {
      let total = 0;
      const quals: Node[] = [];
      eachChild(item, (child, field) => {
        if (field === 'larg' || field === 'rarg') total += weighFrom(child, weighing);
        else quals.push(child);
      });
      return quals.reduce((sum, qual) => sum + weightOf(qual, weighing), total);
    }
    default:
      return weightOf(item, weighing);
  }
}

function weightOf(node: Node, weighing: Weighing): number {
  if (isBlank(node)) return 0;
  const { tag, body } = open(node);
  if (tag === 'ColumnRef') {
    const [range, name] = (body.fields as Node[]).map((field) => open(field).body.sval as string);
    return weighing.ranges.get(range ?? '')?.get(name ?? '') ?? 1;
  }
  let sum = 1;
  eachChild(node, (child) => {
    sum +=
      'SelectStmt' in child
        ? weigh(child.SelectStmt, weighing).total + PARTS_OF_SUBQUERY
        : weightOf(child, weighing);
  });
  return sum;
}
