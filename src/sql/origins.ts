/** From which columns of which datasets each output column of a resolved query comes: for explanations, never for enforcement. */
import type { CommonTableExpr, RangeFunction, RangeSubselect, RangeVar, SelectStmt } from '@pgsql/types';
import type { Column, Dataset } from '../catalogue/dataset.ts';
import type { ResolvedQuery } from './stages.ts';
import type { Node } from './tree.ts';
import { eachChild, isBlank, open } from './walk.ts';

export interface ColumnOrigin {
  readonly dataset: Dataset;
  readonly column: Column;
}

/** Each column's origins, by a key that is the same for the same column of the same dataset. */
type Origins = ReadonlyMap<string, ColumnOrigin>;
type Named = ReadonlyMap<string, Origins>;

const NONE: Origins = new Map();

/** Parallel to the query's columns. What only decides which rows there are (WHERE, ON, GROUP BY) is no origin of a value. */
export function originsOf(query: ResolvedQuery): readonly (readonly ColumnOrigin[])[] {
  const ranges = new Map<string, Named>();
  for (const [range, { governed, columns }] of query.uses)
    ranges.set(
      range,
      new Map(
        columns.map((column) => {
          const origin = { dataset: governed.dataset, column };
          return [column.name, new Map([[`${governed.dataset.id}\n${column.folded}`, origin]])];
        }),
      ),
    );
  const reader = createReader(ranges);
  return reader.outputs(query.tree).map((origins) => [...origins.values()]);
}

function createReader(ranges: Map<string, Named>) {
  const ctes = new Map<string, Named>();

  function outputs(select: SelectStmt): readonly Origins[] {
    const { ctes: defined = [], recursive = false } = select.withClause ?? {};
    for (const node of defined) readCte(open(node).body as CommonTableExpr, recursive);
    if (select.valuesLists !== undefined) return valueColumns(select.valuesLists);
    if (select.larg !== undefined && select.rarg !== undefined) {
      const right = outputs(select.rarg);
      return outputs(select.larg).map((left, i) => union([left, right[i] ?? NONE]));
    }
    for (const item of select.fromClause ?? []) readFrom(item);
    return (select.targetList ?? []).map((target) => inside(target));
  }

  function namesOf(select: SelectStmt): readonly string[] {
    if (select.larg !== undefined) return namesOf(select.larg);
    return (select.targetList ?? []).map((target) => (open(target).body.name as string) ?? '');
  }

  function named(select: SelectStmt): Named {
    const origins = outputs(select);
    return new Map(namesOf(select).map((name, i) => [name, origins[i] ?? NONE]));
  }

  /** What flows round a recursive query is not followed column by column: any of it may come from any of its sources. */
  function readCte({ ctename = '', ctequery }: CommonTableExpr, recursive: boolean): void {
    const select = open(ctequery!).body as SelectStmt;
    if (!recursive || select.larg === undefined || select.rarg === undefined) {
      ctes.set(ctename, named(select));
      return;
    }
    for (const node of select.withClause?.ctes ?? []) readCte(open(node).body as CommonTableExpr, false);
    const names = namesOf(select);
    const every = (origins: Origins): Named => new Map(names.map((name) => [name, origins]));
    const first = union(outputs(select.larg));
    ctes.set(ctename, every(first));
    ctes.set(ctename, every(union([first, ...outputs(select.rarg)])));
  }

  function readFrom(item: Node): void {
    const { tag, body } = open(item);
    switch (tag) {
      case 'RangeVar': {
        const { relname = '', alias } = body as RangeVar;
        const cte = ctes.get(relname);
        if (cte !== undefined) ranges.set(alias?.aliasname ?? '', cte);
        return;
      }
      case 'RangeSubselect': {
        const { subquery, alias } = body as RangeSubselect;
        const select = open(subquery!).body as SelectStmt;
        const given = (alias?.colnames ?? []).map((name) => open(name).body.sval as string);
        const origins = outputs(select);
        const names = given.length > 0 ? given : namesOf(select);
        ranges.set(alias?.aliasname ?? '', new Map(names.map((name, i) => [name, origins[i] ?? NONE])));
        return;
      }
      case 'RangeFunction': {
        const { functions, alias } = body as RangeFunction;
        const all = union((functions ?? []).map(inside));
        const names = (alias?.colnames ?? []).map((name) => open(name).body.sval as string);
        ranges.set(alias?.aliasname ?? '', new Map(names.map((name) => [name, all])));
        return;
      }
      case 'JoinExpr':
        eachChild(item, (child, field) => {
          if (field === 'larg' || field === 'rarg') readFrom(child);
        });
        return;
      default:
        return;
    }
  }

  function valueColumns(rows: readonly Node[]): readonly Origins[] {
    const items = rows.map((row) => (open(row).body.items as readonly Node[] | undefined) ?? []);
    return (items[0] ?? []).map((_, i) => union(items.map((row) => (row[i] ? inside(row[i]) : NONE))));
  }

  /** Of an expression; a subquery in it gives what it selects. */
  function inside(node: Node): Origins {
    if (isBlank(node)) return NONE;
    const { tag, body } = open(node);
    if (tag === 'ColumnRef') {
      const [range = '', column = ''] = ((body.fields as readonly Node[] | undefined) ?? []).map(
        (field) => open(field).body.sval as string,
      );
      return ranges.get(range)?.get(column) ?? NONE;
    }
    if (tag === 'SelectStmt') return union(outputs(body as SelectStmt));
    const found: Origins[] = [];
    eachChild(node, (child) => found.push(inside(child)));
    return union(found);
  }

  return { outputs };
}

function union(several: readonly Origins[]): Origins {
  const some = several.filter((origins) => origins.size > 0);
  if (some.length <= 1) return some[0] ?? NONE;
  return new Map(some.flatMap((origins) => [...origins]));
}
