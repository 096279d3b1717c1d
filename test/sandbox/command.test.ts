/** `sluice sandbox` on the example, as a shell would call it. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SandboxManifest } from '../../src/sandbox.ts';
import { type Example, example, sluice } from '../cli/run.ts';
import { rowsIn } from './sandbox-of.ts';

let at: Example;
beforeAll(async () => {
  at = await example();
  expect((await sluice(['push'], { cwd: at.folder })).code).toBe(0);
});

const folder = (): string => mkdtempSync(join(tmpdir(), 'sluice-sandbox-'));
const call = (out: string, ...args: readonly string[]) =>
  sluice(['sandbox', '--out', out, ...args], { cwd: at.folder });

describe('as an analyst', () => {
  it('makes a file that dbt takes for its warehouse', async () => {
    const out = join(folder(), 'sandbox.duckdb');
    const ran = await call(out, '--as', 'analyst', '--dataset', 'gold.*', '--sample', '5%', '--seed', '7');
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain('main_marts.members');
    expect(ran.stdout).toContain('sandbox: { type: duckdb');
    const manifest = JSON.parse(
      readFileSync(out.replace('.duckdb', '.manifest.json'), 'utf8'),
    ) as SandboxManifest;
    expect(manifest.sample).toEqual({ rate: 0.05, seed: '7' });
    const members = manifest.datasets.find(({ id }) => id === 'gold.members');
    expect(members).toMatchObject({
      rows_read: 120,
      filtered: true,
      schema: 'main_marts',
      identifier: 'members',
    });
    expect(members?.columns.filter(({ masked }) => masked).map(({ name }) => name)).toContain('email');
    expect(members?.hidden).toBeUndefined();
    expect(
      await rowsIn(out, "SELECT count(*)::INTEGER FROM main_marts.members WHERE email LIKE '%@%'"),
    ).toEqual([[0]]);
  });
});

describe('what it tells', () => {
  const manifestFor = async (persona: string): Promise<{ manifest: SandboxManifest; text: string }> => {
    const out = join(folder(), 'sandbox.duckdb');
    const ran = await call(out, '--as', persona, '--dataset', '*.members*', '--rows', '10', '--json');
    expect(ran.code, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toEqual(
      JSON.parse(readFileSync(out.replace('.duckdb', '.manifest.json'), 'utf8')),
    );
    return { manifest: JSON.parse(ran.stdout) as SandboxManifest, text: ran.stdout };
  };

  it('names nothing that a member may not know of', async () => {
    const { text } = await manifestFor('member');
    expect(text).toContain('gold.members');
    expect(text).not.toMatch(/stg_|bronze|payment_accounts|loyalty_score|internal_note/);
  });

  it('names the columns that an intern has not to stewards alone', async () => {
    const { manifest, text } = await manifestFor('intern');
    expect(manifest.datasets.find(({ id }) => id === 'gold.members')?.columns.length).toBe(7);
    expect(text).not.toMatch(/"(phone|iban|loyalty_score|hash)"/);
  });

  it('tells a steward of masks and of columns that are hidden', async () => {
    const { manifest } = await manifestFor('officer');
    const members = manifest.datasets.find(({ id }) => id === 'gold.members');
    expect(members?.hidden).toEqual(['loyalty_score', 'internal_note']);
    expect(members?.columns.find(({ name }) => name === 'iban')?.masks).toEqual(['partial']);
  });
});

describe('wrong usage', () => {
  const CASES: readonly (readonly [string, readonly string[], string])[] = [
    ['no file', ['sandbox', '--as', 'analyst'], "required option '--out <file>'"],
    ['a share that is none', ['sandbox', '--out', 'x.duckdb', '--sample', '0.1'], 'as in 10%'],
    ['more than all', ['sandbox', '--out', 'x.duckdb', '--sample', '101%'], 'as in 10%'],
    [
      'the warehouse itself',
      ['sandbox', '--out', 'data/energy_community.duckdb', '--force'],
      'files of their own',
    ],
    ['one file for both', ['sandbox', '--out', 'x.json', '--manifest-out', 'x.json'], 'files of their own'],
    [
      'share and number',
      ['sandbox', '--out', 'x.duckdb', '--sample', '1%', '--rows', '3'],
      'exclude each other',
    ],
    [
      'persona and token',
      ['sandbox', '--out', 'x.duckdb', '--as', 'analyst', '--token', 'x'],
      'exclude each other',
    ],
  ];
  it.each(CASES)('%s', async (_title, args, said) => {
    const before = readdirSync(at.folder);
    const ran = await sluice(args, { cwd: at.folder });
    expect(ran.stderr).toContain(said);
    expect(ran.code).toBe(64);
    expect(readdirSync(at.folder)).toEqual(before);
  });
});
