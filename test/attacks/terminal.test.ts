/** Values and names that speak to a terminal: on a screen they are blanked, in files and pipes they are what they are. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { type Cli, cliOn } from './doors.ts';

let gate: TestGate;
let cli: Cli;

beforeAll(async () => {
  gate = await startGate();
  cli = await cliOn(gate);
});

afterAll(async () => {
  await cli.close();
  await gate.close();
});

const HOSTILE: readonly { readonly name: string; readonly text: string }[] = [
  { name: 'clears the screen', text: '\u001b[2J\u001b[H' },
  { name: 'sets the title', text: '\u001b]0;owned\u0007' },
  { name: 'writes to the clipboard', text: '\u001b]52;c;ZWNobw==\u0007' },
  { name: 'links to elsewhere', text: '\u001b]8;;https://evil.example\u001b\\' },
  { name: 'goes back over the line', text: 'denied\b\b\b\b\b\ballowed' },
  { name: 'returns to the start of the line', text: 'x\rforged' },
  { name: 'rings', text: '\u0007' },
  { name: 'deletes', text: '\u007f' },
  { name: 'is a control of eight bits', text: '\u009b2J' },
  { name: 'turns the direction', text: '\u202egnp.exe' },
  { name: 'isolates', text: '\u2066x\u2069' },
  { name: 'breaks the line beyond ASCII', text: 'a\u2028b\u2029c' },
];

const CONTROLS = /(?!\r?\n|\t)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const SCREEN = { width: 100 };

describe.each(HOSTILE)('a value that $name', ({ text }) => {
  const asked = (format: string) =>
    [
      ['query', 'SELECT $1::text AS value', '--param', JSON.stringify(text), '--as', 'analyst'],
      ['--format', format],
    ].flat();

  it.each(['table', 'json', 'ndjson', 'csv'])('stays off the screen as %s', async (format) => {
    const { exit, out, err } = await cli.run(asked(format), '', SCREEN);
    expect(exit).toBe(0);
    expect(out).not.toMatch(CONTROLS);
    expect(err).not.toMatch(CONTROLS);
  });

  it('is itself where a program reads it', async () => {
    const { out } = await cli.run(asked('ndjson'));
    expect(JSON.parse(out)).toEqual({ value: text });
    const csv = await cli.run(asked('csv'));
    expect(csv.out).toContain(text);
  });
});

describe.each(HOSTILE)('a name that $name', ({ text }) => {
  const sql = `SELECT 1 AS "${text.replaceAll('"', '""')}"`;

  it.each([
    ['query', '-', '--as', 'analyst'],
    ['query', '-', '--as', 'analyst', '--format', 'csv'],
    ['explain', sql, '--as', 'officer'],
    ['explain', sql, '--as', 'officer', '--json'],
    ['query', `SELECT "${text.replaceAll('"', '""')}"`, '--as', 'analyst'],
    ['query', '-', '--as', 'analyst', '--format', 'nosuch'],
  ])('stays off the screen: %s %s', async (...args) => {
    const { out, err } = await cli.run(args, sql, SCREEN);
    expect(out).not.toMatch(CONTROLS);
    expect(err).not.toMatch(CONTROLS);
  });
});

describe('rows of CSV and NDJSON', () => {
  const VALUES = ['a,b', 'a"b', 'a\r\nb', '\n', '"', '', ' lead', '=1+1', '@SUM(A1)', "'"];

  it.each(VALUES)('are not made or broken by a value: %j', async (value) => {
    const args = [
      'query',
      'SELECT $1::text AS v, 2 AS n',
      '--param',
      JSON.stringify(value),
      '--as',
      'analyst',
    ];
    const csv = (await cli.run([...args, '--format', 'csv'])).out;
    const field = /^$|[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
    expect(csv).toBe(`v,n\r\n${field},2\r\n`);
    const lines = (await cli.run([...args, '--format', 'ndjson'])).out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([{ v: value, n: 2 }]);
  });

  it('cannot forge the line that says that rows were cut', async () => {
    const sql = `SELECT '{"truncated":"rows","rows":1}'::json AS "$sluice"`;
    const { out } = await cli.run(['query', '-', '--as', 'analyst', '--format', 'ndjson'], sql);
    expect(JSON.parse(out)).toEqual({ $sluice_2: '{"truncated":"rows","rows":1}' });
  });
});
