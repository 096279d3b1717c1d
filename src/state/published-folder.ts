/** Where published copies of warehouses lie: one folder for the gate that serves, and one for each command while it runs. Both hold raw data. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface PublishedFolder {
  readonly path: string;
  /** Once nothing reads from it any more. */
  close(): void;
}

/** A command never touches what the serving gate reads; what a killed command left is removed by the next. */
export function openPublishedFolder(stateFolder: string, role: 'serve' | 'cli'): PublishedFolder {
  const commands = join(stateFolder, 'commands');
  for (const pid of existsSync(commands) ? readdirSync(commands) : [])
    if (!isAlive(Number(pid))) remove(join(commands, pid));
  if (role === 'serve') return { path: join(stateFolder, 'published'), close: () => {} };
  const path = join(commands, String(process.pid));
  return { path, close: () => remove(path) };
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
