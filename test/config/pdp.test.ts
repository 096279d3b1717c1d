/** `pdp:` of sluice.yml: what it takes, what it refuses, and what becomes of the files that it names. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, parseConfig, redacted } from '../../src/config.ts';
import { examinePdp } from '../../src/open/examine-pdp.ts';
import { openPdp } from '../../src/open/pdp.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-pdp-'));
const parse = (pdp: string, environment = 'production'): Config =>
  parseConfig(
    `environment: ${environment}\nengines: { w: { kind: duckdb, database: w.duckdb } }\npdp: ${pdp}\n`,
    join(folder, 'sluice.yml'),
    { OPA_TOKEN: 's3cret' },
  );
const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    return (thrown as Error).message;
  }
  return 'accepted';
};

it('is embedded where nothing is said', () => {
  const { pdp } = parseConfig('engines: { w: { kind: duckdb, database: w.duckdb } }\n', 'sluice.yml', {});
  expect(pdp).toEqual({ kind: 'embedded', entrypoint: 'sluice/batch', cacheable: false });
});

it('has defaults for a server, and paths beside the file', () => {
  expect(
    parse('{ kind: opa, url: "https://opa.example.com", token_file: t, tls: { ca: ca.pem } }').pdp,
  ).toEqual({
    kind: 'opa',
    url: 'https://opa.example.com',
    path: '/v1/data/sluice/batch',
    timeout: 1_000,
    token_file: join(folder, 't'),
    tls: { ca: join(folder, 'ca.pem') },
    plaintext: false,
    connections: 8,
    cache: 1_000,
    cacheable: false,
    breaker: { failures: 5, open_for: 5_000 },
  });
});

describe('refuses', () => {
  const opa = (rest: string, url = 'https://opa.example.com'): string =>
    `{ kind: opa, url: "${url}"${rest} }`;
  it.each([
    ['another kind', '{ kind: cedar }', /kind/],
    ['a server without a place', '{ kind: opa }', /pdp\.url/],
    ['a file', opa('', 'file:///etc/passwd'), /http/],
    ['a user in the URL', opa('', 'https://me:pw@opa.example.com'), /token has a key of its own/],
    ['a query in the URL', opa('', 'https://opa.example.com/?x=1'), /query/],
    ['plain http elsewhere', opa('', 'http://opa.example.com:8181'), /https/],
    ['a path outside the data', opa(', path: /v1/policies'), /\/v1\/data\//],
    ['a path that leads elsewhere', opa(', path: /v1/data/../policies'), /\/v1\/data\//],
    ['a path with a query', opa(', path: "/v1/data/x?y=1"'), /\/v1\/data\//],
    ['two tokens', opa(', token: a, token_file: b'), /either a token or a token_file/],
    ['a token of several lines', opa(', token: "a\\r\\nHost: x"'), /one word/],
    ['a certificate without its key', opa(', tls: { cert: a }'), /belong together/],
    ['a mistyped key', opa(', time_out: 1s'), /timeout/],
    ['a key of the other kind', '{ kind: embedded, url: "https://opa.example.com" }', /url/],
    ['an entrypoint of the default bundle', '{ kind: embedded, entrypoint: acme/batch }', /needs `bundle`/],
  ])('%s', (_name, pdp, wanted) => {
    expect(refusal(() => parse(pdp))).toMatch(wanted);
  });

  it.each([
    ['on this machine', opa('', 'http://127.0.0.1:8181'), 'production'],
    ['in development', opa('', 'http://opa:8181'), 'development'],
    ['where a mesh encrypts', opa(', plaintext: true', 'http://opa:8181'), 'production'],
  ])('no plain http %s', (_name, pdp, environment) => {
    expect(parse(pdp, environment).pdp.kind).toBe('opa');
  });
});

it('never shows a token', () => {
  for (const token of ['s3cret', `\${OPA_TOKEN}`])
    expect(
      JSON.stringify(redacted(parse(`{ kind: opa, url: "http://localhost", token: "${token}" }`))),
    ).not.toContain('s3cret');
});

describe('files', () => {
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return name;
  };
  const opened = async (pdp: string): Promise<string> =>
    openPdp(parse(pdp), 'r', () => {}).then(
      () => 'opened',
      (thrown) => `${thrown.code}: ${thrown.message.replace(folder, '')}`,
    );

  it.each([
    ['{ kind: embedded, bundle: gone.tar.gz }', 'config_invalid: pdp.bundle: /gone.tar.gz cannot be read'],
    [
      `{ kind: embedded, bundle: ${put('text.tar.gz', 'no archive')} }`,
      'config_invalid: pdp.bundle: /text.tar.gz is no bundle of OPA',
    ],
    [
      '{ kind: opa, url: "http://localhost", token_file: gone }',
      'config_invalid: pdp.token_file: /gone cannot be read',
    ],
    [
      `{ kind: opa, url: "http://localhost", token_file: ${put('two', 'a b\n')} }`,
      'config_invalid: pdp.token_file: /two does not hold a token',
    ],
    [
      '{ kind: opa, url: "http://localhost", tls: { ca: gone } }',
      'config_invalid: pdp.tls.ca: /gone cannot be read',
    ],
  ])('%s', async (pdp, wanted) => {
    expect(await opened(pdp)).toBe(wanted);
  });

  it('a module that is none is found by whoever examines it', async () => {
    const bundle = put('broken.wasm', Buffer.from('\0asm, not'));
    expect(await examinePdp(parse(`{ kind: embedded, bundle: ${bundle} }`))).toMatchObject([
      { level: 'problem', check: 'pdp' },
    ]);
  });
});

describe('an examination', () => {
  it('is content with the default', async () => {
    expect(await examinePdp(parse('{ kind: embedded }'))).toMatchObject([{ level: 'ok', check: 'pdp' }]);
  });

  it('names a server that does not answer, and what lies on the way', async () => {
    const found = await examinePdp(
      parse('{ kind: opa, url: "http://opa.invalid", plaintext: true, token: s3cret, timeout: 500ms }'),
    );
    expect(found).toMatchObject([
      { level: 'problem', check: 'pdp' },
      { level: 'warning', check: 'pdp_plaintext' },
    ]);
    expect(JSON.stringify(found)).not.toContain('s3cret');
  });
});
