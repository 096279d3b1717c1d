/**
 * The last gate before an engine: the printed text must give the intended tree back through PostgreSQL's grammar, and
 * the engine's own parser must find exactly the relations and functions that were meant. Either failing is a fault.
 */
import type { SelectStmt } from '@pgsql/types';
import type { Engine } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import { parsePrinted } from './parse.ts';
import { print } from './print/print.ts';
import { sameTree } from './same-tree.ts';
import type { GovernedQuery, VerifiedQuery } from './stages.ts';

/** Prints and proves. Throws verify_failed; the text itself goes to the log alone. */
export async function verify(
  governed: GovernedQuery,
  engine: Pick<Engine, 'name' | 'witness'>,
): Promise<VerifiedQuery> {
  const sql = print(governed.tree);
  // The engine's process reads the text while this one does.
  const [seen, same] = await Promise.all([engine.witness(sql), readBack(sql, governed.tree)]);
  if (!same) throw failed('the printed text reads back as another tree', sql);
  const difference =
    differ('relations', governed.relations, seen.relations) ??
    differ('functions', governed.functions, seen.functions);
  if (difference !== null) throw failed(difference, sql);
  const { params, columns } = governed;
  return { engine: engine.name, sql, params, columns } as unknown as VerifiedQuery;
}

/** A turn later, when the text has left for the engine's process. */
async function readBack(sql: string, tree: SelectStmt): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve));
  return givesBack(sql, tree);
}

/** Whether PostgreSQL's grammar reads the intended tree in a printed text. */
export function givesBack(sql: string, tree: SelectStmt): boolean {
  const again = parsePrinted(sql);
  if (typeof again !== 'object' || again === null || !('SelectStmt' in again)) return false;
  return sameTree(tree, again.SelectStmt as SelectStmt);
}

function differ(what: string, meant: readonly string[], found: readonly string[]): string | null {
  const [a, b] = [new Set(meant), new Set(found)];
  const missing = [...a].filter((name) => !b.has(name));
  const extra = [...b].filter((name) => !a.has(name));
  if (missing.length + extra.length === 0) return null;
  return `${what}: the engine misses [${missing.join()}] and finds [${extra.join()}]`;
}

function failed(why: string, sql: string): SluiceError {
  return new SluiceError('verify_failed', undefined, { cause: new Error(`${why} in: ${sql}`) });
}
