/** `sluice detokenise`: tokens of a query's answer, back to their values on the command line, for whom the policy names. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeProject } from '../e2e/project.ts';
import { sluice } from './run.ts';

let folder: string;
let tokens: readonly string[];
const run = (...args: readonly string[]) => sluice(args, { cwd: folder });

beforeAll(async () => {
  folder = await writeProject({
    sql: [
      'CREATE SCHEMA gold',
      'CREATE TABLE gold.members (id integer, name text)',
      "INSERT INTO gold.members VALUES (1, 'Ada'), (2, 'Bob')",
    ],
    tables: [{ schema: 'gold', name: 'members', columns: ['id integer', 'name text'] }],
    policies: `
  - id: names
    on: { column_name: name }
    mask: { with: tokenise, reveal: { sub: rita.reader } }
`,
  });
  expect(await run('push')).toMatchObject({ code: 0 });
  const asked = await run(
    'query',
    'SELECT name FROM gold.members ORDER BY id',
    '--as',
    'other',
    '--format',
    'json',
  );
  tokens = (JSON.parse(asked.stdout) as { rows: string[][] }).rows.flat();
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('sluice detokenise', () => {
  it('writes a line for each token, an empty one for what is none', async () => {
    const ran = await run('detokenise', 'gold.members.name', ...tokens, 'tok_x_00', '--as', 'reader');
    expect(ran).toEqual({ code: 0, stdout: 'Ada\nBob\n\n', stderr: '' });
  });

  it('and JSON for programs', async () => {
    const ran = await run('detokenise', 'members.name', tokens[0]!, '--as', 'reader', '--json');
    expect(JSON.parse(ran.stdout)).toEqual({ dataset: 'gold.members', column: 'name', values: ['Ada'] });
  });

  it('refuses whom the policy does not name, and what is no column', async () => {
    const other = await run('detokenise', 'gold.members.name', ...tokens, '--as', 'other');
    expect(other).toMatchObject({ code: 1, stdout: '' });
    expect(other.stderr).toContain('access_denied');
    const nowhere = await run('detokenise', 'name', ...tokens, '--as', 'reader');
    expect(nowhere.code).toBe(64);
    expect(nowhere.stderr).toContain('gold.members.email');
  });
});
