/** Keys of tokens: from the environment or a file, with the gate's own always among them, and never shown. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTokenKeys } from '../../src/config/token-keys.ts';
import { parseConfig, redacted } from '../../src/config.ts';
import { SluiceError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
const OWN = new Uint8Array(32).fill(7);
const SECRET = 'a secret of the environment, of 32 characters or more';
const IN_FILE = 'a secret of a file, which is of 32 bytes or more';
writeFileSync(join(folder, 'good.key'), `${IN_FILE}\n`);
writeFileSync(join(folder, 'short.key'), 'too short\n');

const config = (keys: string) =>
  parseConfig(
    `engines: { w: { kind: duckdb, database: w.duckdb } }\nkeys:\n  tokenise: ${keys}\n`,
    join(folder, 'sluice.yml'),
    { KEY: SECRET, SHORT: 'short' },
  );
const textOf = (secret: Uint8Array | undefined): string => Buffer.from(secret ?? []).toString();

it('without any the gate makes tokens with its own', () => {
  const keys = readTokenKeys({ keys: {} }, OWN);
  expect(keys.current).toEqual({ id: 'state', secret: OWN });
  expect([...keys.all.keys()]).toEqual(['state']);
});

it('come from the environment and from files beside the configuration', () => {
  const keys = readTokenKeys(config(`{ current: k2, keys: { k1: "\${KEY}", k2: { file: good.key } } }`), OWN);
  expect(keys.current.id).toBe('k2');
  expect(textOf(keys.current.secret)).toBe(IN_FILE);
  expect(textOf(keys.all.get('k1')?.secret)).toBe(SECRET);
  expect([...keys.all.keys()]).toEqual(['state', 'k1', 'k2']);
});

it('are not in what is shown of the configuration, wherever they come from', () => {
  const shown = JSON.stringify(
    redacted(config(`{ current: k2, keys: { k1: "\${KEY}", k2: "${SECRET} written down" } }`)),
  );
  expect(shown).not.toContain(SECRET);
});

describe('is refused', () => {
  it.each([
    ['a current key that is none', `{ current: k9, keys: { k1: "\${KEY}" } }`, 'must be one of the keys'],
    ['no key at all', '{ current: k1, keys: {} }', 'must be one of the keys'],
    ['one that is too short', `{ current: k1, keys: { k1: "\${SHORT}" } }`, 'at least 32 characters'],
    [
      'a name that a token could not hold',
      `{ current: K-1, keys: { K-1: "\${KEY}" } }`,
      'small letters and digits',
    ],
    ["the gate's own name", `{ current: state, keys: { state: "\${KEY}" } }`, 'is taken'],
    ['an unknown key', '{ current: k1, keys: { k1: { path: x } } }', ''],
  ])('%s', (_name, keys, wanted) => {
    let told = '';
    try {
      config(keys);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      told = [error.message, ...error.details].join('\n');
    }
    expect(told).toContain(wanted);
    expect(told).not.toBe('');
    expect(told).not.toContain(SECRET);
  });

  it.each([
    ['good.key, but missing', 'missing.key', 'the file cannot be read'],
    ['short.key', 'short.key', 'must hold 32 to 4096 bytes'],
  ])('a file: %s', (_name, file, wanted) => {
    expect(() => readTokenKeys(config(`{ current: k1, keys: { k1: { file: ${file} } } }`), OWN)).toThrow(
      wanted,
    );
  });
});
