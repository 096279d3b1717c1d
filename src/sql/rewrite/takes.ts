/** Holds a call to the number of arguments that one engine takes, where the table says that it is not the same on both. */
import type { FuncCall } from '@pgsql/types';
import type { SqlFunction } from '../guard/function-row.ts';
import type { EngineKind } from './build.ts';
import { notHere } from './unsupported.ts';

export function checkTakes(entry: SqlFunction, call: FuncCall, engine: EngineKind): void {
  const bounds = entry.takes[engine];
  if (bounds === undefined || call.agg_within_group === true) return;
  const count = call.args?.length ?? 0;
  const [min, max] = bounds;
  if (count < min || count > max)
    throw notHere(entry.name, ` with ${count} ${count === 1 ? 'argument' : 'arguments'}`);
}
