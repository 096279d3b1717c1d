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

/** How much of the tests is run: of one file nothing is concluded for the policies, of chosen cases nothing at all. */
export type Scope = 'suite' | 'file' | 'chosen';

/** What the files of one suite say together. */
export interface Suite {
  readonly scope: Scope;
  readonly cases: readonly PlacedCase[];
  /** Ids of policies that no case can notice yet. */
  readonly preventive: readonly string[];
}

/** @throws SluiceError usage where there are none, policy_invalid with file and line */
export function readSuite(path: string, cwd: string): Suite {
  const shown = relative(cwd, path) || '.';
  if (!existsSync(path))
    throw new SluiceError('usage', `There is no ${shown}.`, {
      hint: 'Policy tests are YAML files in tests/ beside sluice.yml, or where the argument says.',
    });
  const files = yamlFilesIn(path);
  if (files.length === 0) throw new SluiceError('usage', `There are no policy tests in ${shown}.`);
  const read = files.map((name) => {
    const file = relative(cwd, name);
    const { value, lineOf } = readStrictYaml(readFileSync(name, 'utf8'), testFile, {
      file,
      env: null,
      code: 'policy_invalid',
    });
    const cases = value.tests.map((test, index) => ({ file, line: lineOf(['tests', index]), test }));
    return { cases, preventive: (value.preventive ?? []).map(({ policy }) => policy) };
  });
  return {
    scope: files[0] === path ? 'file' : 'suite',
    cases: read.flatMap(({ cases }) => cases),
    preventive: read.flatMap((one) => one.preventive),
  };
}
