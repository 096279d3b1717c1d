/** Lists a folder of Parquet files as relations: `<schema>/<table>.parquet` or `<schema>/<table>/*.parquet`. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SluiceError } from '../../errors.ts';
import type { ParquetRelation } from './messages.ts';

const SUFFIX = '.parquet';

/** @throws SluiceError engine_unavailable where the folder cannot be read */
export async function listParquet(folder: string): Promise<ParquetRelation[]> {
  const root = resolve(folder);
  try {
    const schemas = await subfolders(root);
    const relations = await Promise.all(schemas.map((schema) => listSchema(root, schema)));
    return relations.flat();
  } catch (error) {
    throw new SluiceError('engine_unavailable', 'The Parquet folder of the engine cannot be read.', {
      cause: error,
    });
  }
}

/** Changes when a file is added, removed or written. */
export async function parquetState(relations: readonly ParquetRelation[]): Promise<string> {
  const files = relations.flatMap((relation) => relation.files);
  const states = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeNs, ino } = await stat(file, { bigint: true });
      return `${file} ${size} ${mtimeNs} ${ino}`;
    }),
  );
  return createHash('sha256').update(states.join('\n')).digest('hex');
}

async function listSchema(root: string, schema: string): Promise<ParquetRelation[]> {
  const folder = join(root, schema);
  const tables = await subfolders(folder);
  const single = (await parquetFiles(folder)).map((file) => ({
    schema,
    name: file.slice(0, -SUFFIX.length),
    files: [join(folder, file)],
  }));
  const several = await Promise.all(
    tables.map(async (name) => {
      const files = await parquetFiles(join(folder, name));
      return { schema, name, files: files.map((file) => join(folder, name, file)) };
    }),
  );
  return [...single, ...several.filter((relation) => relation.files.length > 0)];
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}

async function parquetFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(SUFFIX) && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}
