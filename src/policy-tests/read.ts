/** Policy tests from the disk: every YAML file under a folder, or one. */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { readStrictYaml } from '../config/strict-yaml.ts';
import { SluiceError } from '../errors.ts';
import { yamlFilesIn } from '../state/artifacts.ts';
import { type TestCase, testFile } from './case.ts';

export interface PlacedCase {
  /** As shown: relative to where the command runs. */
  readonly file: string;
  readonly line: number;
  readonly test: TestCase;
}

/** @throws SluiceError usage where there are none, policy_invalid with file and line */
export function readCases(path: string, cwd: string): readonly PlacedCase[] {
  const shown = relative(cwd, path) || '.';
  if (!existsSync(path))
    throw new SluiceError('usage', `There is no ${shown}.`, {
      hint: 'Policy tests are YAML files in tests/ beside sluice.yml, or where the argument says.',
    });
  const files = yamlFilesIn(path);
  if (files.length === 0) throw new SluiceError('usage', `There are no policy tests in ${shown}.`);
  return files.flatMap((name) => {
    const file = relative(cwd, name);
    const { value, lineOf } = readStrictYaml(readFileSync(name, 'utf8'), testFile, {
      file,
      env: null,
      code: 'policy_invalid',
    });
    return value.tests.map((test, index) => ({ file, line: lineOf(['tests', index]), test }));
  });
}
