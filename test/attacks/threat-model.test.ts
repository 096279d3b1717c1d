/** The threat model names tests that exist, and leaves no file of the attack corpus out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8');
const NAMED = [...new Set([...PAGE.matchAll(/`(test\/[^`]+\.(?:ts|yaml))`/g)].map((found) => found[1]!))];

const corpus = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(yaml|test\.ts)$/.test(file))
  .map((file) => relative(ROOT, join(import.meta.dirname, file)).replaceAll('\\', '/'))
  .filter((file) => file !== relative(ROOT, import.meta.filename).replaceAll('\\', '/'));

describe('docs/threat-model.md', () => {
  it('names many tests', () => expect(NAMED.length).toBeGreaterThan(60));

  it.each(NAMED)('names %s, which exists', (file) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
  });

  it.each(corpus)('says what %s shows', (file) => {
    expect(NAMED).toContain(file);
  });

  it('gives each claim a defence and a test', () => {
    const rows = PAGE.split('\n## ')
      .filter((section) => section.startsWith('Claims'))
      .flatMap((section) =>
        section
          .split('\n')
          .filter((line) => line.startsWith('| '))
          .slice(1),
      );
    expect(rows.length).toBeGreaterThan(25);
    for (const row of rows) {
      const [claim, defence, tests] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      expect(claim).toBeTruthy();
      expect(defence).toBeTruthy();
      expect(tests, claim).toMatch(/`test\//);
    }
  });
});
