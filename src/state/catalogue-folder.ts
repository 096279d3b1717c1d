/** A folder of catalogue files, read for a push and written by an export; what is written stays below the folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { SluiceError } from '../errors.ts';
import { HEADER_FILE, LINEAGE_FILE } from '../exchange/catalogue-file.ts';
import { type ReadCatalogue, readCatalogue } from '../exchange/read-catalogue.ts';
import { type WrittenCatalogue, writeCatalogue } from '../exchange/write-catalogue.ts';
import { buildSnapshot, type SnapshotInput } from '../snapshot.ts';
import { loadParser } from '../sql/parse.ts';

export type { WrittenCatalogue };

/** A catalogue of more files than this is something else. */
const MOST_FILES = 20_000;

/** @throws SluiceError catalogue_invalid */
export function readCatalogueFolder(folder: string, adapter: string | null): ReadCatalogue {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new SluiceError('catalogue_invalid', `There is no folder ${folder}.`, {
      hint: '`sluice export --out FOLDER` writes one; `metadata.catalogue` or --catalogue names it.',
    });
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => /\.ya?ml$/.test(path) || path === LINEAGE_FILE)
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
    .sort();
  if (paths.length > MOST_FILES)
    throw new SluiceError(
      'catalogue_invalid',
      `${folder} holds ${paths.length} YAML files: is it a catalogue?`,
    );
  return readCatalogue(new Map(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')])), {
    adapter,
  });
}

/** What an export wrote before, and no more: policies may be somebody's own by now. */
const OURS = ['datasets', 'unpublished', 'tags'];

/**
 * @param input as the store has it
 * @throws SluiceError usage where the folder holds something and may not be overwritten
 */
export async function exportTo(
  folder: string,
  input: Omit<SnapshotInput, 'physical'>,
  { force }: { readonly force: boolean },
): Promise<WrittenCatalogue> {
  const filled = existsSync(folder) && readdirSync(folder).length > 0;
  if (filled && !force)
    throw new SluiceError('usage', `${folder} is not empty.`, {
      hint: 'Name another folder, or add --force to replace what an export wrote there before.',
    });
  if (filled && !existsSync(join(folder, HEADER_FILE)))
    throw new SluiceError('usage', `${folder} is not empty, and no export wrote it.`, {
      hint: `--force replaces an earlier export only: one with a ${HEADER_FILE}.`,
    });
  await loadParser();
  const written = writeCatalogue(input, buildSnapshot({ ...input, physical: {} }));
  // Files of namespaces that are gone would be read back.
  for (const name of OURS) rmSync(join(folder, name), { recursive: true, force: true });
  for (const [path, text] of written.files) {
    const file = join(folder, path);
    if (relative(folder, file).startsWith('..')) throw new SluiceError('internal');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return written;
}
