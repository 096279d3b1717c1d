/** Events as one Parquet file, in flat memory: written out as NDJSON first, which DuckDB then reads in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../../errors.ts';

export interface ParquetFile {
  readonly path: string;
  /** Removes it with its folder. */
  discard(): void;
}

/** @param folder a private one, on a disk with room for the events as text. @throws SluiceError audit_unavailable */
export async function writeParquet(
  lines: AsyncIterable<Uint8Array>,
  folder: string,
  signal?: AbortSignal,
): Promise<ParquetFile> {
  const own = mkdtempSync(join(folder, 'audit-export-'));
  const discard = () => rmSync(own, { recursive: true, force: true });
  try {
    const [source, path] = [join(own, 'events.ndjson'), join(own, 'events.parquet')];
    await pipeline(lines, createWriteStream(source, { mode: 0o600 }), { ...(signal ? { signal } : {}) });
    await convert(source, path, signal);
    rmSync(source);
    // Whoever copies it keeps its mode: it is for its owner alone, as the events are.
    chmodSync(path, 0o600);
    return { path, discard };
  } catch (cause) {
    discard();
    if (cause instanceof SluiceError) throw cause;
    if (signal?.aborted) throw new SluiceError('cancelled');
    throw new SluiceError('audit_unavailable', 'The audit cannot be written as Parquet', {
      hint: 'Is there room on the disk of the state? The log has the details.',
      cause,
    });
  }
}

async function convert(source: string, path: string, signal: AbortSignal | undefined): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = fileURLToPath(new URL(`./parquet-child.${extension}`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, source, path], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // DuckDB needs nothing of the environment, and secrets are in it.
    env: { HOME: '/nonexistent' },
    ...(signal ? { signal } : {}),
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the conversion ended with ${code}: ${said}`);
}
