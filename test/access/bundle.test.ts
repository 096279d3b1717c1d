import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findOpa } from './support/opa.ts';

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

const opa = findOpa();

interface Coverage {
  readonly coverage: number;
  readonly files: Readonly<
    Record<string, { readonly not_covered?: readonly { readonly start: { readonly row: number } }[] }>
  >;
}

const recorded = readFileSync('rego/sluice.wasm.sources', 'utf8').trim().split('\n');

describe('the compiled bundle', () => {
  it('was built from the sources that stand beside it', () => {
    const sources = readdirSync('rego/sluice')
      .filter((file) => file.endsWith('.rego') && !file.endsWith('_test.rego'))
      .sort()
      .map((file) => `rego/sluice/${file}`);
    expect(recorded.slice(1)).toEqual(
      [...sources, 'rego/sluice.wasm'].map((path) => `${sha256(path)}  ${path}`),
    );
  });

  it.skipIf(opa === null)('comes out the same when it is built again', () => {
    const version = execFileSync(opa ?? '', ['version'], { encoding: 'utf8' });
    const builtWith = recorded[0]?.replace('opa ', 'Version: ') ?? '';
    const target = mkdtempSync(join(tmpdir(), 'sluice-rego-'));
    try {
      execFileSync('scripts/build-rego.sh', [target], { env: { ...process.env, OPA: opa ?? '' } });
      const again = readFileSync(join(target, 'sluice.wasm.sources'), 'utf8').trim().split('\n');
      // Another version of OPA may compile the same sources to other bytes.
      const same = version.includes(builtWith) ? recorded : recorded.slice(1, -1);
      expect(version.includes(builtWith) ? again : again.slice(1, -1)).toEqual(same);
    } finally {
      rmSync(target, { recursive: true });
    }
  });
});

describe.skipIf(opa === null)('the bundle in Rego', () => {
  it('passes its own tests', () => {
    const report = execFileSync(opa ?? '', ['test', 'rego', '--format', 'json'], { encoding: 'utf8' });
    const results: readonly { readonly name: string; readonly fail?: boolean }[] = JSON.parse(report);
    expect(results.filter((result) => result.fail === true)).toEqual([]);
    expect(results.length).toBeGreaterThan(20);
  });

  it('has every rule reached by them', () => {
    const report = execFileSync(opa ?? '', ['test', 'rego', '--coverage', '--format', 'json'], {
      encoding: 'utf8',
    });
    const { coverage, files }: Coverage = JSON.parse(report);
    console.log(`rule coverage of the default bundle: ${coverage} %`);
    const lacking = Object.entries(files).flatMap(([file, { not_covered = [] }]) =>
      not_covered.map(({ start }) => `${file}:${start.row}`),
    );
    expect(lacking).toEqual([]);
    expect(coverage).toBe(100);
  });

  it('is formatted', () => {
    expect(execFileSync(opa ?? '', ['fmt', '--list', 'rego'], { encoding: 'utf8' })).toBe('');
  });
});
