/** Real artifacts: every column is told once, whatever version of dbt wrote them; and no rule is in the table for nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { coverageOf } from '../../src/catalogue/coverage.ts';
import { RULES } from '../../src/findings.ts';
import { examineHygiene } from '../../src/hygiene/report.ts';
import { buildSnapshot, readProject } from '../../src/snapshot.ts';
import { snapshotInput } from '../dbt/sample.ts';

const FOLDER = new URL('../../../shared/dbt/', import.meta.url);
const present = existsSync(FOLDER);
if (!present) console.log('test/hygiene/artifacts: skipped, the collection of real artifacts is not here');

function report(artifact: string) {
  const read = (file: string): unknown => {
    const url = new URL(`${artifact}/${file}`, FOLDER);
    return existsSync(url) ? JSON.parse(readFileSync(url, 'utf8')) : null;
  };
  const manifest = read('manifest.json');
  const snapshot = buildSnapshot(
    snapshotInput({
      manifest,
      catalog: read('catalog.json'),
      publish: [
        { match: { resource_type: 'seed' }, namespace: 'seeds', access_level: 'internal' },
        { match: {}, access_level: 'internal' },
      ],
    }),
  );
  const found = examineHygiene({
    snapshot,
    project: readProject(manifest),
    yaml: {},
    samples: new Map(),
    now: 0,
  });
  return { found, columns: coverageOf(snapshot.catalogue).columns };
}

describe.skipIf(!present)('real artifacts', () => {
  it.each(present ? readdirSync(FOLDER).sort() : [])('%s', (artifact) => {
    const { found, columns } = report(artifact);
    const count = (rule: string) => found.findings.filter((one) => one.rule === rule).length;
    const { findings, coverage } = found;
    const likely = findings.filter(({ rule }) => rule === 'likely-personal-data');
    const undocumented = new Set(
      findings
        .filter(({ rule }) => rule === 'unclassified-column')
        .map((one) => `${one.dataset} ${one.column}`),
    );
    const likelyUntagged = likely.filter((one) => !undocumented.has(`${one.dataset} ${one.column}`));
    expect({
      unclassified: count('unclassified-column'),
      ghost: count('ghost-column'),
      untagged: count('untagged-column') + likelyUntagged.length,
      documented: coverage.tagged,
    }).toEqual(columns);
    expect(coverage.score).toBeGreaterThan(0);
    expect(coverage.score).toBeLessThan(100);
  });

  it('of a package for hubspot hold e-mail addresses that nobody tagged', () => {
    const { findings } = report('hubspot').found;
    const emails = findings.filter(({ hint }) => hint?.includes('pii.email'));
    expect(emails.length).toBeGreaterThan(30);
  });
});

describe('the table of rules', () => {
  const sources = readdirSync(new URL('../../src/', import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'findings.ts')
    .map((file) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8'))
    .join('\n');
  it.each(Object.keys(RULES))('%s is found somewhere', (rule) => expect(sources).toContain(`'${rule}'`));
});
