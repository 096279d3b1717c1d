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

/** Where one output column comes from. */
export interface OutputOrigins {
  readonly origins: readonly ColumnOrigin[];
  /** How many more there are, beyond the bound on all of them together. */
  readonly omitted: number;
}

/** A set of origins, one bit each: a text of some kilobytes can mean thousands of columns, each from thousands. */
type Origins = bigint;
type Named = ReadonlyMap<string, Origins>;

const NONE: Origins = 0n;

/** Of all columns of an answer together. */
const MOST = 10_000;

/** Parallel to the query's columns. What only decides which rows there are (WHERE, ON, GROUP BY) is no origin of a value. */
export function originsOf(query: ResolvedQuery, most = MOST): readonly OutputOrigins[] {
  const known: ColumnOrigin[] = [];
  const reader = createReader(query, known);
  const listed = new Map<Origins, readonly ColumnOrigin[]>();
  let left = most;
  return reader.outputs(query.tree).map((set) => {
    const all = listed.get(set) ?? membersOf(set, known);
    listed.set(set, all);
    const origins = all.slice(0, left);
    left -= origins.length;
    return { origins, omitted: all.length - origins.length };
  });
}

function membersOf(set: Origins, known: readonly ColumnOrigin[]): readonly ColumnOrigin[] {
  const bits = set.toString(2);
  return known.filter((_, bit) => bits[bits.length - 1 - bit] === '1');
}

function createReader({ uses }: ResolvedQuery, known: ColumnOrigin[]) {
  const ctes = new Map<string, Named>();
  const ranges = new Map<string, Named>();
  const stored = new Map<string, Origins>();

  /** A column of a dataset, the same wherever that stands. */
  function storedOrigin(range: string, name: string): Origins {
    const use = uses.get(range);
    const column = use?.columns.find((one) => one.name === name);
    if (use === undefined || column === undefined) return NONE;
    const { dataset } = use.governed;
    const key = `${dataset.id}\n${column.folded}`;
    const bit = stored.get(key) ?? 1n << BigInt(known.length);
    if (!stored.has(key)) known.push({ dataset, column });
    stored.set(key, bit);
    return bit;
  }

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
      return ranges.get(range)?.get(column) ?? storedOrigin(range, column);
    }
    if (tag === 'SelectStmt') return union(outputs(body as SelectStmt));
    const found: Origins[] = [];
    eachChild(node, (child) => found.push(inside(child)));
    return union(found);
  }

  return { outputs };
}

function union(several: readonly Origins[]): Origins {
  return several.reduce((all, one) => all | one, NONE);
}
