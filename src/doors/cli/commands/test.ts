/** `sluice test`: the policy tests beside the policies, each asked of the gate as its persona and compared with what it expects. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import { type GateClient, jsonOf, RefusedByGate } from '../client.ts';
import type { ExitCode } from '../program.ts';
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

const testFile = z.strictObject({ tests: z.array(testCase) });

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
  const path = options.path === undefined ? join(config.folder, 'tests') : join(wiring.cwd, options.path);
  const cases = readCases(path);
  if (cases.length === 0)
    throw new SluiceError('usage', `There are no policy tests in ${relative(wiring.cwd, path) || path}.`);
  const client = await wiring.connect(config, options.server);
  const results: Result[] = [];
  try {
    for (const { file, test } of cases) {
      const problems = await run(test, client, config, wiring);
      results.push({ file, name: test.name, ok: problems.length === 0, problems });
    }
  } finally {
    await client.close();
  }
  const failed = results.filter((result) => !result.ok).length;
  if (options.json)
    wiring.terminal.out(`${JSON.stringify({ passed: results.length - failed, failed, results })}\n`);
  else report(results, wiring);
  return failed === 0 ? 0 : 2;
}

function report(results: readonly Result[], wiring: Wiring): void {
  for (const result of results) {
    wiring.terminal.out(`${result.ok ? '✓' : '✗'} ${result.name}\n`);
    for (const problem of result.problems) wiring.terminal.out(`    ${problem}\n`);
  }
  const failed = results.filter((result) => !result.ok).length;
  wiring.terminal.out(`${results.length - failed} passed, ${failed} failed\n`);
}

/** Every *.yml and *.yaml under a folder, or the one file. @throws SluiceError policy_invalid with the file */
function readCases(path: string): readonly { readonly file: string; readonly test: TestCase }[] {
  if (!existsSync(path)) throw new SluiceError('usage', `There is no ${path}.`);
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
        .map((name) => join(path, name))
    : [path];
  return files.flatMap((file) => {
    const parsed = testFile.safeParse(parse(readFileSync(file, 'utf8')));
    if (!parsed.success)
      throw new SluiceError('policy_invalid', `${file} is not a file of policy tests.`, {
        details: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
      });
    return parsed.data.tests.map((test) => ({ file, test }));
  });
}

async function run(
  test: TestCase,
  client: GateClient,
  config: Config,
  wiring: Wiring,
): Promise<readonly string[]> {
  const token = await wiring.mintToken(config, test.as);
  const sql = test.sql ?? `SELECT * FROM ${test.dataset}`;
  const body = {
    sql,
    ...(test.params ? { params: test.params } : {}),
    limit: Math.max(100, test.expect.rows?.length ?? 0),
  };
  try {
    const answer = await jsonOf<Answer>(
      await client.request({ method: 'POST', path: '/v1/query', token, body }),
    );
    return compare(test.expect, answer);
  } catch (thrown) {
    if (thrown instanceof RefusedByGate) return compareRefusal(test.expect, thrown);
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
  check(
    'hidden',
    expect.hidden && [],
    expect.hidden?.filter((name) => names.includes(name)),
  );
  check('rows', expect.rows, answer.rows);
  if (expect.row_count !== undefined && answer.page.has_more && expect.row_count <= answer.page.returned)
    problems.push(`row_count: expected ${expect.row_count}, got more`);
  else if (!answer.page.has_more) check('row_count', expect.row_count, answer.page.returned);
  return problems;
}
