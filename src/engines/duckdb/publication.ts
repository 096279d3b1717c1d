/**
 * Published copies of a warehouse file: taken without a lock, so that a dbt build is never refused, and only accepted
 * when nothing was written meanwhile; named after the state of the source they hold.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../../errors.ts';

export interface PublicationOptions {
  /** Engine name; part of the copy's name. */
  readonly name: string;
  readonly database: string;
  /** Holds copies; ours alone, since they are the raw data. */
  readonly directory: string;
  /** How long a writer is waited for, in milliseconds. */
  readonly patienceMs: number;
}

/** A write within the same tick of the file system's clock as the one before it leaves no trace in mtime. */
const QUIET_MS = 30;
const RETRY_MS = 100;

interface FileState {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
}

interface SourceState {
  readonly database: FileState;
  /** Written but not checkpointed changes; copied along, and replayed in memory by whoever opens the copy. */
  readonly wal: FileState | null;
}

/**
 * Path of a copy that holds the source's present state; the one that exists already where nothing changed.
 * @throws SluiceError engine_unavailable
 */
export async function publishCopy(options: PublicationOptions): Promise<string> {
  const { database, directory } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const deadline = Date.now() + options.patienceMs;
  for (;;) {
    const before = await quietState(database);
    if (before !== null) {
      const target = join(directory, `${options.name}-${await stateName(database, before)}.duckdb`);
      if (await sameSize(target, before)) return target;
      if (await copyWhole(database, target, before)) return target;
    }
    if (Date.now() > deadline) throw beingWritten(options.name);
    await delay(RETRY_MS);
  }
}

/**
 * Removes the engine's copies except those in use; a process that has one open keeps reading it. What a gate that was
 * killed left behind goes as well.
 */
export async function removeCopies(options: PublicationOptions, keep: ReadonlySet<string>): Promise<void> {
  const kept = new Set([...keep].map((path) => basename(path)));
  for (const name of await readdir(options.directory).catch(() => [])) {
    const copy = /^(.*)-[0-9a-f]{24}\.duckdb(?:\.wal)?$/.exec(name);
    const superseded = copy?.[1] === options.name && !kept.has(name.replace(/\.wal$/, ''));
    const owner = /^tmp-(\d+)-|\.(\d+)\.tmp$/.exec(name);
    const abandoned = owner !== null && !isAlive(Number(owner[1] ?? owner[2]));
    if (!superseded && !abandoned) continue;
    // Windows keeps a file that a process has open; the next publishing tries again.
    await rm(join(options.directory, name), { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The newest copy there is, for a start while the source cannot be read. */
export async function latestCopy(options: PublicationOptions): Promise<string | null> {
  let latest: { path: string; mtimeMs: number } | null = null;
  for (const name of await readdir(options.directory).catch(() => [])) {
    if (!new RegExp(`^${options.name}-[0-9a-f]{24}\\.duckdb$`).test(name)) continue;
    const path = join(options.directory, name);
    const { mtimeMs } = await stat(path);
    if (latest === null || mtimeMs > latest.mtimeMs) latest = { path, mtimeMs };
  }
  return latest?.path ?? null;
}

/** Null while somebody writes. @throws SluiceError where there is no file */
async function quietState(database: string): Promise<SourceState | null> {
  const state = await sourceState(database);
  if (state === null) {
    throw new SluiceError('engine_unavailable', 'The database file of the engine does not exist.', {
      hint: `There is no ${basename(database)}: build the dbt project first, or correct engines.*.database.`,
    });
  }
  const written = [state.database, state.wal].map((file) => Number((file?.mtimeNs ?? 0n) / 1_000_000n));
  return Date.now() - Math.max(...written) >= QUIET_MS ? state : null;
}

async function sourceState(database: string): Promise<SourceState | null> {
  const file = await fileState(database);
  return file === null ? null : { database: file, wal: await fileState(`${database}.wal`) };
}

async function fileState(path: string): Promise<FileState | null> {
  try {
    const { size, mtimeNs, ino } = await stat(path, { bigint: true });
    return { size, mtimeNs, inode: ino };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new SluiceError('engine_unavailable', 'The database file of the engine cannot be read.', {
      cause: error,
    });
  }
}

async function stateName(database: string, state: SourceState): Promise<string> {
  return createHash('sha256')
    .update(JSON.stringify([await realpath(database), stateKey(state)]))
    .digest('hex')
    .slice(0, 24);
}

function stateKey({ database, wal }: SourceState): string {
  return [database, wal]
    .map((file) => (file === null ? '-' : `${file.size}/${file.mtimeNs}/${file.inode}`))
    .join(' ');
}

async function sameSize(target: string, state: SourceState): Promise<boolean> {
  const copy = await fileState(target);
  const wal = await fileState(`${target}.wal`);
  return copy?.size === state.database.size && wal?.size === state.wal?.size;
}

/** False when the source changed while it was copied. The log goes first: a copy that can be seen is complete. */
async function copyWhole(database: string, target: string, before: SourceState): Promise<boolean> {
  const suffix = `.${process.pid}.tmp`;
  const temporary = [`${target}${suffix}`, `${target}.wal${suffix}`] as const;
  try {
    await copyFile(database, temporary[0], constants.COPYFILE_FICLONE);
    if (before.wal !== null) await copyFile(`${database}.wal`, temporary[1], constants.COPYFILE_FICLONE);
    const after = await sourceState(database);
    if (after === null || stateKey(after) !== stateKey(before)) return false;
    if (before.wal !== null) {
      await chmod(temporary[1], 0o600);
      await rename(temporary[1], `${target}.wal`);
    }
    await chmod(temporary[0], 0o600);
    await rename(temporary[0], target);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new SluiceError('engine_unavailable', 'The database file of the engine cannot be copied.', {
      cause: error,
    });
  } finally {
    await Promise.all(temporary.map((path) => rm(path, { force: true })));
  }
}

function beingWritten(name: string): SluiceError {
  return new SluiceError('engine_unavailable', `The database file of engine ${name} is being written.`, {
    hint: 'Publish again when the build has ended.',
    retryAfter: 5,
  });
}
