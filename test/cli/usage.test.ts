/** How the command line answers those who use it wrongly or ask for help. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { sluice } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');

const COMMANDS = [
  ['init'],
  ['push'],
  ['serve'],
  ['query'],
  ['explain'],
  ['test'],
  ['doctor'],
  ['token'],
  ['audit'],
  ['audit', 'verify'],
  ['audit', 'tail'],
];

describe('help', () => {
  it.concurrent.each(COMMANDS)('%s %s has --help', async (...command) => {
    const ran = await sluice([...command.filter((part) => part !== undefined), '--help']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout).toContain(`Usage: sluice ${command.join(' ')}`);
  });

  it('lists every command and what the exit codes mean', async () => {
    const { code, stdout } = await sluice(['--help']);
    expect(code).toBe(0);
    for (const [name] of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toContain('2 a check says no');
  });

  it('has a version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await sluice(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

const WRONG: readonly (readonly [string, readonly string[], string])[] = [
  ['no command', [], 'Usage: sluice'],
  ['an unknown command', ['qery'], "unknown command 'qery'"],
  ['an unknown option, with the nearest right one', ['push', '--polices', 'x'], '--policies'],
  ['a missing argument', ['query'], "missing required argument 'sql'"],
  ['a missing option', ['token'], "required option '--as <persona>'"],
  ['a limit that is no number', ['query', 'x', '--limit', 'ten'], 'It must be a whole number.'],
  ['a negative limit', ['query', 'x', '--limit=-1'], 'It must be a whole number.'],
  ['an unknown format', ['query', 'x', '--format', 'xml'], 'table, json, ndjson, csv'],
  ['a server that is no address', ['query', 'x', '--server', 'localhost:80'], 'http(s) address'],
  ['a port that there is not', ['serve', '--port', '65536'], 'at most 65535'],
  ['a life of no seconds', ['token', '--as', 'x', '--expires-in', '0'], 'at least 1'],
  ['a moment that is none', ['simulate', '--at', 'yesterday'], 'ISO 8601'],
  ['an address that is none', ['simulate', '--from', '10.1.1.x'], 'IPv4 or IPv6'],
  ['a word too many', ['push', 'now'], 'too many arguments'],
];

describe('wrong usage ends with 64 and says what is wrong', () => {
  it.concurrent.each(WRONG)('%s', async (_name, args, told) => {
    const { code, stdout, stderr } = await sluice(args);
    expect(stderr).toContain(told);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  });
});

test('a folder without sluice.yml is a failure that says how to get one', async () => {
  const { code, stderr } = await sluice(['push'], { cwd: import.meta.dirname });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^config_invalid: .*sluice\.yml: no such file\nhint: Run `sluice init`/);
});

/** Node as the caller's path has it, without the one that this project brings along. */
function systemNode(): { path: string; major: number } | null {
  const path = (process.env.PATH ?? '')
    .split(':')
    .filter((entry) => !entry.includes('node_modules'))
    .join(':');
  try {
    const env = { ...process.env, PATH: path };
    const found = execFileSync('sh', ['-c', 'command -v node'], { env, encoding: 'utf8' }).trim();
    const version = execFileSync(found, ['--version'], { env, encoding: 'utf8' });
    return { path: found, major: Number(/^v(\d+)/.exec(version)?.[1]) };
  } catch {
    return null;
  }
}

test('on an older Node, bin/sluice.js hands over to the one that came along, exit code included', async (context) => {
  const older = systemNode();
  if (older === null || older.major >= 24) {
    console.log(`skipped: the Node on the path is ${older ? `v${older.major}` : 'missing'}, none before v24`);
    return context.skip();
  }
  const command = [older.path, join(ROOT, 'bin/sluice.js')] as const;
  expect(await sluice(['--version'], { command })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d/),
  });
  expect(await sluice(['--nonsense'], { command })).toMatchObject({ code: 64 });
});
