/** Whether a DuckDB engine has what it needs: data to read, and a folder for its copies that is the gate's own. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Finding, fine, listed, problem, warning } from '../finding.ts';
import { parquetSource } from './source.ts';

export interface DuckDbPlaces {
  readonly database?: string | undefined;
  readonly parquet?: string | undefined;
  readonly publishDir: string;
}

export async function examineDuckDb({
  database,
  parquet,
  publishDir,
}: DuckDbPlaces): Promise<readonly Finding[]> {
  if (parquet !== undefined) return [await parquetThere(parquet)];
  return [await fileThere(database ?? ''), ...(await folderOurs(publishDir))];
}

async function fileThere(path: string): Promise<Finding> {
  try {
    await access(path, constants.R_OK);
    const { size } = await stat(path);
    return fine('database', `${path} is there, ${Math.ceil(size / 2 ** 20)} MiB`);
  } catch {
    return problem('database', `${path} is not there, or cannot be read`, 'Run dbt, or mend the path.');
  }
}

async function parquetThere(folder: string): Promise<Finding> {
  try {
    const { source } = await parquetSource(folder).publish();
    const relations = source.kind === 'parquet' ? source.relations : [];
    if (relations.length === 0) return problem('parquet', `${folder} holds no Parquet files`);
    return fine('parquet', `${folder}: ${listed(relations.map(({ schema, name }) => `${schema}.${name}`))}`);
  } catch (error) {
    return problem('parquet', error instanceof Error ? error.message : String(error));
  }
}

/** Made at the first start; until then, what it would be made in must let it. */
async function folderOurs(folder: string): Promise<readonly Finding[]> {
  try {
    await access(await nearestExisting(folder), constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [problem('published_copy', `${folder} cannot be written: copies of the data lie there`)];
  }
  const mode = await stat(folder).then(
    (found) => found.mode,
    () => 0o700,
  );
  const open = process.platform !== 'win32' && (mode & 0o077) !== 0;
  return [
    open
      ? warning(
          'published_copy',
          `${folder} holds raw data, and others may look into it`,
          `chmod 700 ${folder}`,
        )
      : fine('published_copy', `${folder} can be written, and is the gate's alone`),
  ];
}

async function nearestExisting(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  return there || dirname(path) === path ? path : nearestExisting(dirname(path));
}
