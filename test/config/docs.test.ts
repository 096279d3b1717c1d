import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GENERATED } from '../../scripts/generate-docs.ts';
import { CODES } from '../../src/errors.ts';

describe('a generated page', () => {
  it.each(Object.entries(GENERATED))('%s is fresh', async (path, generate) => {
    const written = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(written, 'run: node scripts/generate-docs.ts').toBe(await generate());
  });
});

describe('the configuration page', () => {
  it('describes every key', async () => {
    const page = (await GENERATED['docs/reference/configuration.md']?.()) ?? '';
    const bare = page.split('\n').filter((line) => /^\| `/.test(line) && /\|\s*\|$/.test(line));
    expect(bare).toEqual([]);
  });
});

describe('error codes', () => {
  it('use no number twice', () => {
    const numbers = Object.values(CODES).map((info) => info.number);
    expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([]);
  });

  it('have statuses that HTTP knows', () => {
    for (const { status } of Object.values(CODES)) expect(status).toBeGreaterThanOrEqual(400);
  });
});
