/**
 * What a dataset of a clean room held at one time under one rule: of each group of enough units, and of each thing that is
 * summed in it, a keyed digest. Unit by unit as well, as long as they are not too many to be kept.
 */
import { createHash } from 'node:crypto';
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

/** What one unit, with its partners, adds to a group: null for nothing. */
export interface Share {
  readonly units: readonly (string | null)[];
  readonly things: readonly (string | null)[];
}

export interface Content {
  readonly atoms: ReadonlyMap<string, Atom>;
  /** By group; null where there are too many to be kept. */
  readonly shares: ReadonlyMap<string, readonly Share[]> | null;
  /** Of each kind of unit, how many a group has at the least. */
  readonly least: readonly number[];
}

/** Hex digits that are kept of what tells units apart and of what they add: an accident among them is less likely than any other. */
const KEPT = 16;

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
 * @param rows of the census' shares: the group, its units, then a digest of each thing
 * @returns null where they do not give the groups: the data changed between the two readings
 */
export function readShares(
  rows: readonly (readonly unknown[])[],
  atoms: ReadonlyMap<string, Atom>,
  kinds: number,
): ReadonlyMap<string, readonly Share[]> | null {
  const whole = new Map<string, (readonly unknown[])[]>();
  for (const row of rows) {
    const atom = String(row[0]);
    if (!atoms.has(atom)) continue;
    const own = whole.get(atom);
    if (own === undefined) whole.set(atom, [row]);
    else own.push(row);
  }
  const shares = new Map<string, readonly Share[]>();
  for (const [key, atom] of atoms) {
    const own = whole.get(key) ?? [];
    const same = atom.things.every(
      (thing, i) => digestOf(own.map((row) => row[1 + kinds + i])) === thing.digest,
    );
    if (!same) return null;
    const short = (value: unknown): string | null => (value === null ? null : String(value).slice(0, KEPT));
    shares.set(
      key,
      own.map((row) => ({
        units: row.slice(1, 1 + kinds).map(short),
        things: row.slice(1 + kinds).map(short),
      })),
    );
  }
  return shares;
}

/** As the engine puts them together. */
function digestOf(values: readonly unknown[]): string {
  const told = values.filter((value) => value !== null).map(String);
  return told.length === 0 ? '' : createHash('md5').update(told.sort().join('')).digest('hex');
}

/** Names the data under the rule: equal data, equal name. */
export function versionOf(rule: string, atoms: ReadonlyMap<string, Atom>): string {
  const hash = createHash('sha256').update(rule);
  for (const key of [...atoms.keys()].sort()) hash.update(`\n${key} ${JSON.stringify(atoms.get(key))}`);
  return hash.digest('hex');
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export async function pack({ atoms, shares, least }: Content): Promise<Uint8Array> {
  const text = JSON.stringify({ atoms: [...atoms], shares: shares === null ? null : [...shares], least });
  return compress(Buffer.from(text), { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** Only ever what `pack` made. @throws SluiceError state_unavailable where it is damaged */
export async function unpack(packed: Uint8Array): Promise<Content> {
  try {
    const { atoms, shares, least } = JSON.parse((await decompress(packed)).toString()) as {
      atoms: [string, Atom][];
      shares: [string, Share[]][] | null;
      least: number[];
    };
    return { atoms: new Map(atoms), shares: shares === null ? null : new Map(shares), least };
  } catch (cause) {
    throw new SluiceError('state_unavailable', 'The record of a clean room cannot be read.', { cause });
  }
}

/** By unit of one kind, all that it adds to one thing. */
export function addedBy(shares: readonly Share[], thing: number, kind: number): ReadonlyMap<string, string> {
  const added = new Map<string, string[]>();
  for (const { units, things } of shares) {
    const [unit, value] = [units[kind] ?? null, things[thing] ?? null];
    if (unit === null || value === null) continue;
    const list = added.get(unit);
    if (list === undefined) added.set(unit, [value]);
    else list.push(value);
  }
  return new Map([...added].map(([unit, values]) => [unit, values.sort().join()]));
}
