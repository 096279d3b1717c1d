/** A file of one JSON object a line: on the disk before it counts, never with half a line before another, set aside when it is full. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { type ChainedRow, lineOf } from '../chain.ts';
import { type Sink, TAKEN } from './sink.ts';

export interface FileOptions {
  readonly path: string;
  /** `keep`: files beside the current one; null keeps all. */
  readonly rotate?: { readonly size: number; readonly keep: number | null } | undefined;
}

export function fileSink({ path, rotate }: FileOptions): Sink {
  return {
    async ship(batch) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      for (const part of partsOf(batch, rotate?.size ?? Number.POSITIVE_INFINITY))
        await append(part, path, rotate);
      return TAKEN;
    },
    close: async () => {},
  };
}

interface Part {
  /** Of its first event. */
  readonly seq: number;
  readonly bytes: Buffer;
}

/** So cut that each fits a file; an event that is larger than that has one to itself. */
function partsOf(batch: readonly ChainedRow[], most: number): readonly Part[] {
  const parts: { seq: number; lines: Buffer[]; size: number }[] = [];
  for (const row of batch) {
    const line = Buffer.from(`${lineOf(row)}\n`);
    const last = parts.at(-1);
    if (last === undefined || last.size + line.length > most)
      parts.push({ seq: row.seq, lines: [line], size: line.length });
    else {
      last.lines.push(line);
      last.size += line.length;
    }
  }
  return parts.map(({ seq, lines }) => ({ seq, bytes: Buffer.concat(lines) }));
}

/** Opened for each part, so that another program may move it away. */
async function append({ seq, bytes }: Part, path: string, rotate: FileOptions['rotate']): Promise<void> {
  let file = await openAt(path);
  try {
    const size = await wholeLines(file);
    if (rotate !== undefined && size > 0 && size + bytes.length > rotate.size) {
      await file.close();
      await setAside(path, seq, rotate.keep);
      file = await openAt(path);
    }
    await file.appendFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
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

/**
 * `audit.ndjson` becomes `audit.before-000000001235.ndjson`: it holds what came before that event. What has that name already
 * stays: whoever was killed sends the same events again, and another chain counts from one again.
 */
async function setAside(path: string, seq: number, keep: number | null): Promise<void> {
  const [folder, extension] = [dirname(path), extname(path)];
  const stem = `${basename(path, extension)}.before-`;
  const name = `${stem}${String(seq).padStart(12, '0')}`;
  const isOurs = (found: string) =>
    found.startsWith(stem) &&
    found.endsWith(extension) &&
    /^\d{12,}(-\d+)?$/.test(found.slice(stem.length, found.length - extension.length));
  const aside = new Set((await readdir(folder)).filter(isOurs));
  let free = `${name}${extension}`;
  for (let n = 2; aside.has(free); n += 1) free = `${name}-${n}${extension}`;
  await rename(path, join(folder, free));
  await syncFolder(folder);
  if (keep === null) return;
  // By when they were written last: numbers begin anew with another chain.
  const written = new Map<string, number>();
  for (const one of aside) written.set(one, (await stat(join(folder, one))).mtimeMs);
  const oldest = [...written.keys()].sort((a, b) => written.get(b)! - written.get(a)! || (a < b ? 1 : -1));
  const going = keep === 0 ? [free, ...oldest] : oldest.slice(keep - 1);
  for (const one of going) await rm(join(folder, one), { force: true });
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
