/** A sample in which references hold: rows are drawn by a keyed hash of what is released of them, children follow their parents, and every parent that a kept row needs is kept. */
import { literal } from './types.ts';

export interface SampleAsk {
  /** A share of the rows (0 to 1), or rows of each dataset that follows no other. */
  readonly size: { readonly rate: number } | { readonly rows: number };
  readonly seed: string;
}

/** A table of the stage; columns are named by their position there. */
export interface StagedTable {
  readonly name: string;
  readonly rows: number;
  /** What tells its rows apart and is released as such; empty where the whole row must do. */
  readonly key: readonly string[];
  readonly columns: readonly string[];
}

/** A reference between staged tables, by their index. */
export interface StagedReference {
  readonly child: number;
  readonly parent: number;
  /** Conditions that make `c` (child) and `p` (parent) meet, and that `c` refers to something at all. */
  readonly meets: string;
  readonly refers: string;
}

/** Runs statements; gives the number that the first row starts with. */
export interface Statements {
  run(sql: string): Promise<void>;
  number(sql: string): Promise<number>;
}

export const keptTable = (index: number): string => `kept_${index}`;
const aliveTable = (index: number): string => `alive_${index}`;
const drawTable = (index: number): string => `draw_${index}`;

/** Leaves `kept_<index>(rid)` for every table. References must be such that some rows meet. */
export async function drawSample(
  tables: readonly StagedTable[],
  references: readonly StagedReference[],
  ask: SampleAsk,
  db: Statements,
): Promise<void> {
  for (const [index, table] of tables.entries()) {
    await db.run(`CREATE TABLE ${aliveTable(index)} AS SELECT rowid AS rid FROM ${table.name}`);
    await db.run(
      `CREATE TABLE ${drawTable(index)} AS SELECT rowid AS rid, ${drawOf(table, ask.seed)} AS draw FROM ${table.name}`,
    );
  }
  await removeDangling(tables, references, db);
  const groups = cyclesOf(tables.length, references);
  const leading = references.filter(({ parent }) => !isWhole(tables[parent], ask));
  const leaders = tables.map((table, index) =>
    isWhole(table, ask) ? null : leaderOf(index, tables, leading, groups),
  );
  for (const index of parentsFirst(leaders)) await drawOne(index, tables, leaders[index] ?? null, ask, db);
  await addParents(tables, references, db);
}

/** Lookups stay whole: a share of four tariffs is none. */
const LOOKUP_ROWS = 100;

const isWhole = (table: StagedTable | undefined, { size }: SampleAsk): boolean =>
  'rate' in size && (table?.rows ?? 0) <= LOOKUP_ROWS;

/** Equal values are drawn alike wherever they stand, so that copies of a key meet in tables that no reference joins. */
function drawOf({ key, columns }: StagedTable, seed: string): string {
  const of = (key.length > 0 ? key : columns).map((column) => `CAST(${column} AS VARCHAR)`);
  // 52 bits: a double holds each of them.
  const hex = `substr(sha256(${literal(`${seed}\n`)} || CAST(to_json([${of.join(', ')}]) AS VARCHAR)), 1, 13)`;
  return `CAST(CAST('0x' || ${hex} AS UBIGINT) AS DOUBLE) / 4503599627370496`;
}

/** A row whose parent may not be seen goes, and with it the rows that refer to it. */
async function removeDangling(
  tables: readonly StagedTable[],
  references: readonly StagedReference[],
  db: Statements,
): Promise<void> {
  for (let removed = 1; removed > 0; ) {
    removed = 0;
    for (const { child, parent, refers, meets } of references)
      removed += await db.number(
        `DELETE FROM ${aliveTable(child)} WHERE rid IN (SELECT c.rowid FROM ${tables[child]?.name} AS c WHERE ${refers}
           AND NOT EXISTS (SELECT 1 FROM ${tables[parent]?.name} AS p WHERE ${meets} AND p.rowid IN (SELECT rid FROM ${aliveTable(parent)})))`,
      );
  }
}

/** For each table a number that tables share that refer to one another in a circle. */
function cyclesOf(count: number, references: readonly StagedReference[]): readonly number[] {
  const reaches = Array.from({ length: count }, (_, from) => {
    const seen = new Set<number>();
    const open = [from];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const { child, parent } of references)
        if (child === next && !seen.has(parent)) {
          seen.add(parent);
          open.push(parent);
        }
    return seen;
  });
  return reaches.map((seen, index) =>
    Math.min(index, ...[...seen].filter((other) => reaches[other]?.has(index) === true)),
  );
}

/** The reference that decides which rows of a child are drawn: that to its largest parent, none in its own circle. */
function leaderOf(
  index: number,
  tables: readonly StagedTable[],
  references: readonly StagedReference[],
  groups: readonly number[],
): StagedReference | null {
  const own = references.filter(({ child, parent }) => child === index && groups[parent] !== groups[index]);
  const rows = ({ parent }: StagedReference): number => tables[parent]?.rows ?? 0;
  return own.reduce<StagedReference | null>(
    (best, one) => (best === null || rows(one) > rows(best) ? one : best),
    null,
  );
}

function parentsFirst(leaders: readonly (StagedReference | null)[]): readonly number[] {
  const order: number[] = [];
  const visit = (index: number): void => {
    if (order.includes(index)) return;
    const leader = leaders[index];
    if (leader) visit(leader.parent);
    order.push(index);
  };
  leaders.forEach((_, index) => {
    visit(index);
  });
  return order;
}

async function drawOne(
  index: number,
  tables: readonly StagedTable[],
  leader: StagedReference | null,
  ask: SampleAsk,
  db: Statements,
): Promise<void> {
  const { size } = ask;
  const drawn = 'rows' in size || isWhole(tables[index], ask) ? 'true' : `d.draw < ${size.rate}`;
  const follows =
    leader === null
      ? drawn
      : `CASE WHEN ${leader.refers} THEN EXISTS (SELECT 1 FROM ${tables[leader.parent]?.name} AS p WHERE ${leader.meets} AND p.rowid IN (SELECT rid FROM ${keptTable(leader.parent)})) ELSE ${drawn} END`;
  const most = 'rate' in size ? '' : ` ORDER BY d.draw, ${wholeRow(tables[index])} LIMIT ${size.rows}`;
  await db.run(
    `CREATE TABLE ${keptTable(index)} AS SELECT c.rowid AS rid FROM ${tables[index]?.name} AS c
       JOIN ${drawTable(index)} AS d ON d.rid = c.rowid
       WHERE c.rowid IN (SELECT rid FROM ${aliveTable(index)}) AND ${follows}${most}`,
  );
}

const wholeRow = (table: StagedTable | undefined): string =>
  (table?.columns ?? []).map((column) => `c.${column}`).join(', ');

/** Until nothing is missing; it ends since rows are only added. */
async function addParents(
  tables: readonly StagedTable[],
  references: readonly StagedReference[],
  db: Statements,
): Promise<void> {
  for (let added = 1; added > 0; ) {
    added = 0;
    for (const { child, parent, refers, meets } of references)
      added += await db.number(
        `INSERT INTO ${keptTable(parent)} SELECT p.rowid FROM ${tables[parent]?.name} AS p
           WHERE p.rowid IN (SELECT rid FROM ${aliveTable(parent)}) AND p.rowid NOT IN (SELECT rid FROM ${keptTable(parent)})
           AND EXISTS (SELECT 1 FROM ${tables[child]?.name} AS c WHERE ${refers} AND ${meets} AND c.rowid IN (SELECT rid FROM ${keptTable(child)}))`,
      );
  }
}
