/** The files that a sandbox ends in: made in a folder that nobody else can read, and moved into their places together, or not at all. */
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { SluiceError } from '../errors.ts';

export interface Output {
  /** For the stage and what is read into it; on the file system of the file that is made. */
  readonly folder: string;
  /** Where the file is made. */
  readonly draft: string;
  /** Moves both into their places. @throws SluiceError usage where a file has come in the way */
  publish(manifest: string): void;
  /** Removes whatever is left. */
  clear(): void;
}

export interface OutputAsk {
  readonly out: string;
  readonly manifestOut: string;
  /** Whether files that are there are replaced. */
  readonly force: boolean;
}

/** For its owner alone: what one identity may see is not for everyone on the machine. */
const OWNER_ONLY = 0o600;

/** @throws SluiceError usage */
export function occupyOutput({ out, manifestOut, force }: OutputAsk): Output {
  for (const path of [out, manifestOut]) refuseWhatIsThere(path, force);
  // A log beside the file would be replayed into the new one.
  if (existsSync(`${out}.wal`))
    throw new SluiceError('usage', `${out} is in use, or was not closed: ${out}.wal is there.`);
  const folder = makeFolder(dirname(out));
  const draft = join(folder, 'draft.duckdb');
  const draftManifest = join(folder, 'manifest.json');
  return {
    folder,
    draft,
    publish(manifest) {
      writeFileSync(draftManifest, manifest, { mode: OWNER_ONLY });
      chmodSync(draft, OWNER_ONLY);
      place(draft, out, force);
      try {
        place(draftManifest, manifestOut, force);
      } catch (thrown) {
        if (!force) rmSync(out, { force: true });
        throw thrown;
      }
    },
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function refuseWhatIsThere(path: string, force: boolean): void {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!force) throw new SluiceError('usage', `${path} is there already.`, { hint: '--force replaces it.' });
  if (!there.isFile()) throw new SluiceError('usage', `${path} is no file.`);
}

function makeFolder(parent: string): string {
  try {
    return mkdtempSync(join(parent, '.sluice-sandbox-'));
  } catch (cause) {
    throw new SluiceError('usage', `Nothing can be written into ${parent}.`, { cause });
  }
}

function place(from: string, to: string, force: boolean): void {
  try {
    if (force) renameSync(from, to);
    else placeAnew(from, to);
  } catch (cause) {
    throw new SluiceError('usage', `${to} cannot be made.`, { cause });
  }
}

/** Never replaces what came meanwhile, as a rename would. */
function placeAnew(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (thrown) {
    // Some file systems have no links; a copy of what is there already fails as well.
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') throw thrown;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}
