/**
 * What a dataset of a clean room held at one time under one rule: of each group of enough units, and of each thing that is
 * summed in it, a keyed digest. Unit by unit as well, as long as they are not too many to be kept.
 */
import { createHash } from 'node:crypto';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { SluiceError } from '../errors.ts';

/** One thing that is summed in one group: its digest, and of each kind of unit how many add to it. */
export interface Thing {
  readonly digest: string;
  readonly units: readonly number[];
}

export interface Atom {
  /** Of each kind of unit, the dataset's own first. */
  readonly units: readonly number[];
  readonly things: readonly Thing[];
}

/**
 * What each unit, with its partners, adds to a group, as the census lists it: divided by semicolons, each a digest of the unit
 * of each kind and one of each thing, divided by commas, nothing where there is none. They are many, and seldom looked at.
 */
export type Shares = string;

export interface Content {
  readonly atoms: ReadonlyMap<string, Atom>;
  /** By group; null where there are too many to be kept. */
  readonly shares: ReadonlyMap<string, Shares> | null;
  /** Of each kind of unit, how many a group has at the least. */
  readonly least: readonly number[];
}

/** @param rows of the census' atoms: the group, its units, then of each thing the digest and its units */
export function readAtoms(
  rows: readonly (readonly unknown[])[],
  kinds: number,
  things: number,
): ReadonlyMap<string, Atom> {
  return new Map(
    rows.map((row) => [
      String(row[0]),
      {
        units: row.slice(1, 1 + kinds).map(Number),
        things: Array.from({ length: things }, (_, i) => {
          const at = 1 + kinds + i * (1 + kinds);
          return {
            digest: row[at] === null ? '' : String(row[at]),
            units: row.slice(at + 1, at + 1 + kinds).map(Number),
          };
        }),
      },
    ]),
  );
}

/**
 * @param rows of the census' shares: the group, a digest of each thing, then its shares as one text
 * @returns null where they do not give the groups: the data changed between the two readings
 */
export function readShares(
  rows: readonly (readonly unknown[])[],
  atoms: ReadonlyMap<string, Atom>,
): ReadonlyMap<string, Shares> | null {
  const shares = new Map<string, Shares>();
  for (const [key, ...rest] of rows) {
    const atom = atoms.get(String(key));
    const same = atom?.things.every(({ digest }, i) => digest === (rest[i] ?? ''));
    if (same !== true) return null;
    shares.set(String(key), String(rest.at(-1)));
  }
  return shares;
}

/** Names the data under the rule: equal data, equal name. */
export function versionOf(rule: string, atoms: ReadonlyMap<string, Atom>): string {
  const hash = createHash('sha256').update(rule);
  for (const key of [...atoms.keys()].sort()) hash.update(`\n${key} ${JSON.stringify(atoms.get(key))}`);
  return hash.digest('hex');
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A line for the groups, then one for the shares of each: a part at a time, since others wait. */
export async function pack({ atoms, shares, least }: Content): Promise<Uint8Array> {
  const parts = [Buffer.from(JSON.stringify({ atoms: [...atoms], least, detailed: shares !== null }))];
  let written = 0;
  for (const [key, own] of shares ?? []) {
    parts.push(Buffer.from(`\n${key} ${own}`));
    written += own.length;
    if (written >= AT_ONCE) {
      written = 0;
      await yieldToOthers();
    }
  }
  return compress(Buffer.concat(parts), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** Only ever what `pack` made. @throws SluiceError state_unavailable where it is damaged */
export async function unpack(packed: Uint8Array): Promise<Content> {
  try {
    const [head = '', ...lines] = (await decompress(packed)).toString('latin1').split('\n');
    const { atoms, least, detailed } = JSON.parse(head) as {
      atoms: [string, Atom][];
      least: number[];
      detailed: boolean;
    };
    const shares = new Map<string, Shares>();
    let read = 0;
    for (const line of lines) {
      const at = line.indexOf(' ');
      const own = line.slice(at + 1);
      shares.set(line.slice(0, at), own);
      read += own.length;
      if (read >= AT_ONCE) {
        read = 0;
        await yieldToOthers();
      }
    }
    return { atoms: new Map(atoms), shares: detailed ? shares : null, least };
  } catch (cause) {
    throw new SluiceError('state_unavailable', 'The record of a clean room cannot be read.', { cause });
  }
}

/** Characters of shares that are written or read before others have their turn. */
const AT_ONCE = 1_000_000;

/** By unit of one kind, all that it adds to one thing. @param kinds how many kinds of unit there are */
export function addedBy(
  shares: Shares,
  thing: number,
  kind: number,
  kinds: number,
): ReadonlyMap<string, string> {
  const added = new Map<string, string[]>();
  for (const share of shares.split(';')) {
    const values = share.split(',');
    const [unit = '', value = ''] = [values[kind], values[kinds + thing]];
    if (unit === '' || value === '') continue;
    const list = added.get(unit);
    if (list === undefined) added.set(unit, [value]);
    else list.push(value);
  }
  return new Map([...added].map(([unit, values]) => [unit, values.sort().join()]));
}
