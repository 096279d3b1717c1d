/** Makes a failing case small: fewer rows, rules and datasets, then a shorter query, as long as it fails for the same reason. */

import type { SelectStmt } from '@pgsql/types';
import { parseSync } from 'libpg-query';
import { print } from '../../src/sql/print/print.ts';
import { faultsAreLeaks } from './campaign.ts';
import { load, type OracleOptions } from './oracle.ts';
import { type RawNode, reductions } from './reductions.ts';
import type { Stand } from './stand.ts';
import { type Case, maskedColumns, type Row, type World, type WorldDataset } from './world.ts';
import { isFair } from './worlds.ts';

export interface Shrunk {
  readonly found: Case;
  readonly why: string;
  readonly detail: string;
}

export async function shrink(
  found: Case,
  why: string,
  stand: Stand,
  options: OracleOptions,
  budget = { tries: 1500, ms: 90_000 },
): Promise<Shrunk> {
  let left = budget.tries;
  const until = performance.now() + budget.ms;
  let detail = '';
  const every = { ...options, verifyEvery: 1, wordsEvery: 1 };
  const fails = async (candidate: Case): Promise<boolean> => {
    if (left <= 0 || performance.now() > until) return false;
    left -= 1;
    try {
      // Throws where a filter has lost its column.
      if (!isFair(candidate.world)) return false;
      const loaded = await load(candidate.world, stand, every);
      const verdict = await faultsAreLeaks(() => loaded.judge(candidate.sql, candidate.params));
      if (verdict.kind !== 'leak' || verdict.why !== why) return false;
      detail = verdict.detail;
      return true;
    } catch {
      return false;
    }
  };
  // As printed, so that lengths can be compared.
  const [plain] = [...printed(found, (root) => [root])];
  let best = plain !== undefined && (await fails(plain)) ? plain : found;
  for (let before = Number.POSITIVE_INFINITY; left > 0 && size(best) < before; ) {
    before = size(best);
    best = await first(best, shorterQueries, fails);
    best = await first(best, smallerWorlds, fails);
  }
  await fails(best);
  return { found: best, why, detail };
}

const sameSetting = (a: World, b: World): boolean => a.storage === b.storage && a.rules === b.rules;
const size = (one: Case): number => JSON.stringify(one).length;

/** Takes the first candidate that still fails, again and again. */
async function first(
  start: Case,
  candidates: (one: Case) => Iterable<Case>,
  fails: (one: Case) => Promise<boolean>,
): Promise<Case> {
  let best = start;
  for (let found = true; found; ) {
    found = false;
    for (const candidate of candidates(best)) {
      if (
        (size(candidate) >= size(best) && sameSetting(candidate.world, best.world)) ||
        !(await fails(candidate))
      )
        continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}

const shorterQueries = (one: Case): Iterable<Case> => printed(one, reductions);

function* printed(one: Case, change: (root: RawNode) => Iterable<RawNode>): Iterable<Case> {
  let root: RawNode;
  try {
    root = (parseSync(one.sql) as unknown as { stmts: { stmt: RawNode }[] }).stmts[0]!.stmt;
  } catch {
    return;
  }
  for (const tree of change(root)) {
    try {
      yield { ...one, sql: print((tree as { SelectStmt: SelectStmt }).SelectStmt) };
    } catch {
      // A tree that no text has.
    }
  }
}

function* smallerWorlds(one: Case): Iterable<Case> {
  const { world } = one;
  yield { ...one, world: { ...world, storage: 'memory' } };
  yield { ...one, world: { ...world, rules: 'decisions' } };
  for (let i = 0; i < world.datasets.length; i++) {
    yield { ...one, world: { ...world, datasets: world.datasets.filter((_, at) => at !== i) } };
  }
  for (const [i, dataset] of world.datasets.entries()) {
    for (const smaller of smallerDatasets(dataset)) yield { ...one, world: replaced(world, i, smaller) };
  }
}

function replaced(world: World, at: number, dataset: WorldDataset): World {
  return { ...world, datasets: world.datasets.map((other, i) => (i === at ? dataset : other)) };
}

function* smallerDatasets(dataset: WorldDataset): Iterable<WorldDataset> {
  const paired = dataset.rows.length === dataset.twin.length;
  const without = (rows: readonly Row[], from: number, to: number): readonly Row[] =>
    rows.filter((_, i) => i < from || i >= to);
  for (let chunk = dataset.rows.length; chunk >= 1; chunk = Math.floor(chunk / 2)) {
    for (let from = 0; from < dataset.rows.length; from += chunk) {
      const rows = without(dataset.rows, from, from + chunk);
      if (paired) yield { ...dataset, rows, twin: without(dataset.twin, from, from + chunk) };
      else yield { ...dataset, rows };
    }
  }
  if (!paired)
    for (let i = 0; i < dataset.twin.length; i++) yield { ...dataset, twin: without(dataset.twin, i, i + 1) };
  for (let i = 0; i < dataset.filters.length; i++) {
    yield { ...dataset, filters: dataset.filters.filter((_, at) => at !== i) };
  }
  for (const filter of dataset.filters) {
    if (filter.kind === 'and' || filter.kind === 'or') {
      for (const arg of filter.args) {
        yield { ...dataset, filters: dataset.filters.map((other) => (other === filter ? arg : other)) };
      }
    }
  }
  for (const name of Object.keys(dataset.masks)) {
    const { [name]: _, ...masks } = dataset.masks;
    yield { ...dataset, masks };
  }
  for (const name of Object.keys(dataset.conditional ?? {})) {
    const { [name]: _, ...conditional } = dataset.conditional ?? {};
    yield { ...dataset, conditional };
  }
  for (let i = 0; i < dataset.hidden.length; i++) {
    yield { ...dataset, hidden: dataset.hidden.filter((_, at) => at !== i) };
  }
  for (let i = 0; i < dataset.columns.length; i++) {
    const drop = (rows: readonly Row[]): readonly Row[] => rows.map((row) => row.filter((_, at) => at !== i));
    const name = dataset.columns[i]!.name;
    if (dataset.hidden.includes(name) || maskedColumns(dataset).includes(name)) continue;
    yield {
      ...dataset,
      columns: dataset.columns.filter((_, at) => at !== i),
      rows: drop(dataset.rows),
      twin: drop(dataset.twin),
    };
  }
}
