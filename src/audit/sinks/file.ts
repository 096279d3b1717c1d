/** A file of one JSON object a line: on the disk before it counts, never with half a line before another, set aside when it is full. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { ChainedRow } from '../chain.ts';
import { lineOf, type Sink, TAKEN } from './sink.ts';

export interface FileOptions {
  readonly path: string;
  /** `keep`: files beside the current one; null keeps all. */
  readonly rotate?: { readonly size: number; readonly keep: number | null } | undefined;
}

/** Opened for each batch, so that another program may move it away. */
export function fileSink({ path, rotate }: FileOptions): Sink {
  return {
    async ship(batch) {
      const bytes = Buffer.from(batch.map((row) => `${lineOf(row)}\n`).join(''));
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      let file = await openAt(path);
      try {
        const size = await wholeLines(file);
        if (rotate !== undefined && size > 0 && size + bytes.length > rotate.size) {
          await file.close();
          await setAside(path, batch[0]!.seq, rotate.keep);
          file = await openAt(path);
        }
        await file.appendFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      return TAKEN;
    },
    close: async () => {},
  };
}

async function openAt(path: string): Promise<FileHandle> {
  const fresh = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_APPEND;
  try {
    const made = await open(path, fresh, 0o600);
    await syncFolder(dirname(path));
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return open(path, constants.O_RDWR | constants.O_APPEND);
  }
}

/** Whoever was killed, or found the disk full, may have left half a line: it goes, since its event comes again. Gives the size. */
async function wholeLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  let end = size;
  const part = Buffer.alloc(65_536);
  while (end > 0) {
    const start = Math.max(0, end - part.length);
    const { bytesRead } = await file.read(part, 0, end - start, start);
    const newline = part.lastIndexOf(10, bytesRead - 1);
    if (newline >= 0) {
      end = start + newline + 1;
      break;
    }
    end = start;
  }
  if (end < size) await file.truncate(end);
  return end;
}

/** `audit.ndjson` becomes `audit.before-000000001235.ndjson`: it holds what came before that event. */
async function setAside(path: string, seq: number, keep: number | null): Promise<void> {
  const [folder, extension] = [dirname(path), extname(path)];
  const stem = `${basename(path, extension)}.before-`;
  await rename(path, join(folder, `${stem}${String(seq).padStart(12, '0')}${extension}`));
  await syncFolder(folder);
  if (keep === null) return;
  const isOurs = (name: string) => /^\d{12,}$/.test(name.slice(stem.length, name.length - extension.length));
  const aside = (await readdir(folder)).filter(
    (name) => name.startsWith(stem) && name.endsWith(extension) && isOurs(name),
  );
  for (const name of aside.sort().reverse().slice(keep)) await rm(join(folder, name), { force: true });
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** For what is collected by whoever runs the gate: it counts once the system has taken it. */
export function streamSink(write: (bytes: Uint8Array) => Promise<void>): Sink {
  return {
    async ship(batch: readonly ChainedRow[]) {
      await write(Buffer.from(batch.map((row) => `${lineOf(row)}\n`).join('')));
      return TAKEN;
    },
    close: async () => {},
  };
}
