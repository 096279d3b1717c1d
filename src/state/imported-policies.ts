/** Another product's policy files, read from disk and written as one file of ours; nothing is replaced unasked. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SluiceError } from '../errors.ts';
import { type ImportReport, importPolicies, lostAny } from '../exchange/import-policies.ts';
import { yamlFilesIn } from './artifacts.ts';

export interface ImportOutcome {
  /** As it was named. */
  readonly written: string;
  readonly policies: number;
  readonly report: readonly ImportReport[];
  /** Whether something restricted and nothing stands for it. */
  readonly lost: boolean;
}

export interface ImportOptions {
  readonly force: boolean;
  /** What relative paths count from. */
  readonly cwd: string;
}

const FILE = 'imported.yml';

/**
 * @param paths files and folders
 * @param out a file, or a folder for `imported.yml`
 * @throws SluiceError usage, policy_invalid
 */
export function importInto(
  paths: readonly string[],
  out: string,
  { force, cwd }: ImportOptions,
): ImportOutcome {
  const files = paths.flatMap((path) => {
    const from = resolve(cwd, path);
    if (!existsSync(from)) throw new SluiceError('usage', `There is no ${path}.`);
    return yamlFilesIn(from).map((file) => ({
      path: from === file ? path : join(path, file.slice(from.length)),
      file,
    }));
  });
  const imported = importPolicies(
    files.map(({ path, file }) => ({ path, text: readFileSync(file, 'utf8') })),
  );
  const folder =
    /[/\\]$/.test(out) || (existsSync(resolve(cwd, out)) && statSync(resolve(cwd, out)).isDirectory());
  const written = folder ? join(out, FILE) : out;
  const target = resolve(cwd, written);
  if (existsSync(target) && !force)
    throw new SluiceError('usage', `${written} is there already.`, {
      hint: 'Name another file, or add --force: what was edited in it is then gone.',
    });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, imported.text);
  const { policies, report } = imported;
  return { written, policies, report, lost: lostAny(report) };
}
