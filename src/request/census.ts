/**
 * Takes the census of a dataset in a clean room: asks the engine, and reads what it gives a part at a time, so that nobody else
 * waits for a long one.
 */
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { type Atom, readAtoms, readShares, type Shares } from '../clean-room/content.ts';
import type { Engine, RunOptions } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { type CensusQueries, type CensusWorld, censusQueries } from '../sql/clean-room/census-queries.ts';
import type { Lattice } from '../sql/clean-room/lattice.ts';
import type { GovernedQuery } from '../sql/stages.ts';
import { verify } from '../sql/verify.ts';

/** One census of one dataset, each part of it taken when it is asked for, and once. */
export class Taking {
  readonly #census: CensusQueries;
  readonly #ask: (query: GovernedQuery) => Promise<Rows>;
  #atoms: Promise<TakenAtoms> | null = null;

  constructor(
    { lattice, world }: { readonly lattice: Lattice; readonly world: CensusWorld },
    engine: Engine,
    run: RunOptions,
    { rooms, limits }: Pick<Gate, 'rooms' | 'limits'>,
  ) {
    this.#census = censusQueries(lattice, rooms.secret, world);
    this.#ask = (query) => rowsOf(query, engine, { ...run, timeoutMs: limits.timeoutMs });
  }

  get least(): readonly number[] {
    return this.#census.least;
  }

  async atoms(): Promise<ReadonlyMap<string, Atom>> {
    this.#atoms ??= this.#readAtoms();
    return (await this.#atoms).atoms;
  }

  async #readAtoms(): Promise<TakenAtoms> {
    const { parts, whole } = await this.#ask(this.#census.atoms);
    const kinds = this.least.length;
    const atoms = new Map<string, Atom>();
    let rows = 0;
    let shares = 0;
    for await (const part of inTurns(parts)) {
      rows += part.length;
      for (const row of part) shares += Number(row.at(-1));
      for (const [key, atom] of readAtoms(part, kinds, this.#census.things)) atoms.set(key, atom);
    }
    // Groups whose values are written alike would stand for one another.
    if (!whole || atoms.size < rows)
      throw new SluiceError('clean_room_conflict', 'The clean room has more groups than can be kept apart.', {
        hint: 'Its owner makes its dimensions coarser.',
      });
    return { atoms, shares };
  }

  /** Null where there are too many. */
  async shares(): Promise<ReadonlyMap<string, Shares> | null | 'moved'> {
    const atoms = await this.atoms();
    if (((await this.#atoms)?.shares ?? 0) > MOST_SHARES) return null;
    const { parts, whole } = await this.#ask(this.#census.shares);
    if (!whole) return null;
    const shares = new Map<string, Shares>();
    for await (const part of inTurns(parts)) {
      const own = readShares(part, atoms);
      if (own === null) return 'moved';
      for (const [key, list] of own) shares.set(key, list);
    }
    return shares.size === atoms.size ? shares : 'moved';
  }
}

interface TakenAtoms {
  readonly atoms: ReadonlyMap<string, Atom>;
  /** How many there are in all of them. */
  readonly shares: number;
}

interface Rows {
  /** Bytes of rows, as the engine gave them. */
  readonly parts: readonly Uint8Array[];
  readonly whole: boolean;
}

const MOST_ROWS = 200_000;
const MOST_BYTES = 256 * 1024 * 1024;
/** Beyond as many, states are compared by counts alone, which is stricter. */
const MOST_SHARES = 200_000;

/** For the gate itself: nothing of it is released. */
async function rowsOf(query: GovernedQuery, engine: Engine, run: RunOptions): Promise<Rows> {
  const running = await engine.run(await verify(query, engine), {
    ...run,
    encoding: 'ndjson',
    maxRows: MOST_ROWS,
    maxBytes: MOST_BYTES,
  });
  const parts: Uint8Array[] = [];
  for await (const { bytes } of running.chunks) parts.push(bytes);
  return { parts, whole: running.truncated() === null };
}

/** Rows that are read before others have their turn. */
const LINES_AT_ONCE = 500;
const BYTES_AT_ONCE = 256 * 1024;

/** Some rows at a time: a census is long, and others are waiting. */
async function* inTurns(parts: readonly Uint8Array[]): AsyncGenerator<readonly (readonly unknown[])[]> {
  for (const part of parts) {
    let rows: unknown[][] = [];
    let bytes = 0;
    for (const line of Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString().split('\n')) {
      if (line === '') continue;
      rows.push(Object.values(JSON.parse(line) as Readonly<Record<string, unknown>>));
      bytes += line.length;
      if (rows.length < LINES_AT_ONCE && bytes < BYTES_AT_ONCE) continue;
      yield rows;
      rows = [];
      bytes = 0;
      await yieldToOthers();
    }
    yield rows;
    await yieldToOthers();
  }
}

/** Who comes while another takes the same waits for that; where it fails, it may be by the other's doing, and they take it themselves. */
export async function sharing<T>(
  underWay: Map<string, Promise<unknown>>,
  key: string,
  take: () => Promise<T>,
): Promise<T> {
  const other = underWay.get(key) as Promise<T> | undefined;
  if (other !== undefined) return other.catch(take);
  const own = take();
  underWay.set(key, own);
  try {
    return await own;
  } finally {
    underWay.delete(key);
  }
}
