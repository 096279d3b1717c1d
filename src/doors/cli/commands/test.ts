/** `sluice test`: the policy tests beside the policies, each asked of the gate as its persona and compared with what it expects. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { readStrictYaml } from '../../../config/strict-yaml.ts';
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import { yamlFilesIn } from '../../../state/artifacts.ts';
import { withClient } from '../caller.ts';
import { type GateClient, jsonOf, RefusedByGate } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, withGate, withJson } from '../registration.ts';
import { withoutControls } from '../table.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

const expectation = z
  .strictObject({
    columns: z.array(z.string()).optional(),
    masked: z.array(z.string()).optional(),
    hidden: z.array(z.string()).optional(),
    rows: z.array(z.array(z.unknown())).optional(),
    row_count: z.number().int().min(0).optional(),
    denied: z.union([z.literal(401), z.literal(403), z.literal(404)]).optional(),
    error: z.string().optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'An expectation must expect something.');

const testCase = z
  .strictObject({
    name: z.string(),
    as: z.string(),
    sql: z.string().optional(),
    dataset: z.string().optional(),
    params: z.array(z.unknown()).optional(),
    expect: expectation,
  })
  .refine(
    (value) => (value.sql === undefined) !== (value.dataset === undefined),
    'A test needs either sql or dataset.',
  );

const testFile = z.strictObject({ tests: z.array(testCase).min(1) });

type TestCase = z.infer<typeof testCase>;

interface Result {
  readonly file: string;
  readonly name: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
}

interface Answer {
  readonly columns: readonly { readonly name: string; readonly masked: boolean }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly page: { readonly returned: number; readonly has_more: boolean };
}

export async function runPolicyTests(
  options: { readonly path?: string; readonly server?: string; readonly json?: boolean },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const path = options.path === undefined ? join(config.folder, 'tests') : resolve(wiring.cwd, options.path);
  const cases = readCases(path, wiring.cwd);
  const shown = progress(wiring.terminal);
  const tokens = new Map<string, Promise<string | null>>();
  const results = await withClient(config, options, wiring, async (client) => {
    const done: Result[] = [];
    for (const { file, test } of cases) {
      shown.step(`${done.length + 1}/${cases.length} ${test.name}`);
      const token = tokens.get(test.as) ?? wiring.mintToken(config, test.as);
      tokens.set(test.as, token);
      const problems = await run(test, token, client);
      done.push({ file, name: test.name, ok: problems.length === 0, problems });
    }
    return done;
  }).finally(shown.clear);
  const failed = results.filter((result) => !result.ok).length;
  if (options.json)
    wiring.terminal.out(`${JSON.stringify({ passed: results.length - failed, failed, results })}\n`);
  else report(results, wiring);
  return failed === 0 ? 0 : 2;
}

function report(results: readonly Result[], { terminal }: Wiring): void {
  let file = '';
  for (const result of results) {
    if (result.file !== file) terminal.out(`${result.file}\n`);
    file = result.file;
    terminal.out(`  ${result.ok ? '✓' : '✗'} ${result.name}\n`);
    for (const problem of result.problems) terminal.out(`      ${withoutControls(problem)}\n`);
  }
  const failed = results.filter((result) => !result.ok).length;
  terminal.out(`${results.length - failed} passed, ${failed} failed\n`);
}

/** Every *.yml and *.yaml under a folder, or the one file. @throws SluiceError policy_invalid with file and line */
function readCases(path: string, cwd: string): readonly { readonly file: string; readonly test: TestCase }[] {
  const shown = relative(cwd, path) || '.';
  if (!existsSync(path))
    throw new SluiceError('usage', `There is no ${shown}.`, {
      hint: 'Policy tests are YAML files in tests/ beside sluice.yml, or where the argument says.',
    });
  const files = yamlFilesIn(path);
  if (files.length === 0) throw new SluiceError('usage', `There are no policy tests in ${shown}.`);
  return files.flatMap((name) => {
    const file = relative(cwd, name);
    const { value } = readStrictYaml(readFileSync(name, 'utf8'), testFile, {
      file,
      env: null,
      code: 'policy_invalid',
    });
    return value.tests.map((test) => ({ file, test }));
  });
}

async function run(
  test: TestCase,
  minted: Promise<string | null>,
  client: GateClient,
): Promise<readonly string[]> {
  const body = {
    sql: test.sql ?? `SELECT * FROM ${test.dataset}`,
    ...(test.params ? { params: test.params } : {}),
    // One more than expected, so that more is seen.
    limit: Math.max(99, test.expect.rows?.length ?? 0, test.expect.row_count ?? 0) + 1,
  };
  try {
    const token = await minted;
    const reply = await client.request({ method: 'POST', path: '/v1/query', token, body });
    return compare(test.expect, await jsonOf<Answer>(reply));
  } catch (thrown) {
    if (thrown instanceof RefusedByGate) return compareRefusal(test.expect, thrown);
    // An unknown persona is this test's fault alone.
    if (thrown instanceof SluiceError && thrown.code === 'usage') return [thrown.message];
    throw thrown;
  }
}

function compareRefusal(expect: TestCase['expect'], refused: RefusedByGate): readonly string[] {
  const code = refused.problem.code ?? '';
  if (expect.error !== undefined)
    return code === expect.error ? [] : [`expected the error ${expect.error}, got ${code}`];
  if (expect.denied !== undefined)
    return refused.status === expect.denied
      ? []
      : [`expected ${expect.denied}, got ${refused.status} ${code}`];
  return [`expected an answer, got ${refused.status} ${code}: ${refused.message}`];
}

function compare(expect: TestCase['expect'], answer: Answer): readonly string[] {
  const problems: string[] = [];
  const names = answer.columns.map((column) => column.name);
  const check = (what: string, wanted: unknown, got: unknown): void => {
    if (wanted !== undefined && !isDeepStrictEqual(wanted, got))
      problems.push(`${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
  };
  if (expect.denied !== undefined || expect.error !== undefined)
    return [`expected ${expect.error ?? expect.denied}, got an answer of ${answer.page.returned} rows`];
  check('columns', expect.columns, names);
  if (expect.masked) {
    const masked = answer.columns.filter((column) => column.masked).map((column) => column.name);
    check('masked', [...expect.masked].sort(), masked.sort());
  }
  for (const name of expect.hidden ?? []) if (names.includes(name)) problems.push(`hidden: ${name} is shown`);
  problems.push(...compareRows(expect.rows, answer.rows));
  const { returned, has_more } = answer.page;
  if (expect.row_count !== undefined && has_more)
    problems.push(`row_count: expected ${expect.row_count}, got more than ${returned}`);
  else check('row_count', expect.row_count, returned);
  return problems;
}

/** The first row that differs says more than two lists of rows. */
function compareRows(
  wanted: readonly (readonly unknown[])[] | undefined,
  got: readonly (readonly unknown[])[],
): readonly string[] {
  if (wanted === undefined) return [];
  const at = wanted.findIndex((row, index) => !isDeepStrictEqual(row, got[index]));
  if (at !== -1) {
    const instead = at < got.length ? JSON.stringify(got[at]) : 'no such row';
    return [`row ${at + 1}: expected ${JSON.stringify(wanted[at])}, got ${instead}`];
  }
  return got.length > wanted.length
    ? [`rows: expected ${wanted.length}, got more: ${JSON.stringify(got[wanted.length])}`]
    : [];
}

export const testCommand: Register = ({ program, config, wiring, run }) => {
  withJson(
    withGate(program.command('test [path]').description('run the policy tests (default: tests/)')),
  ).action((path, options) => run(() => runPolicyTests({ path, ...options }, config(), wiring), options));
};
