import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Config, loadConfig, parseConfig, redacted } from '../../src/config.ts';
import { SluiceError } from '../../src/errors.ts';

const ENGINES = 'engines:\n  warehouse: { kind: duckdb, database: data/coop.duckdb }\n';
const load = (text: string, env: Record<string, string | undefined> = {}) =>
  parseConfig(text, 'conf/sluice.yml', env);

function failure(run: () => unknown): SluiceError {
  try {
    run();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const FULL = `
environment: development            # production by default
engines:
  warehouse:
    kind: duckdb
    database: data/energy_community.duckdb
    memory_limit: 2GB
    temp_limit: 4GB
    threads: 2
metadata: { manifest: target/manifest.json, catalog: target/catalog.json, prefix: null }
publish:
  - match: { folder: marts }
    namespace: gold
    access_level: internal
    engine: warehouse
    unclassified: hide
  - match: { any: [ { tag: pii }, { not: { resource_type: [seed, source] } } ] }
search_path: [gold, silver]
policies: policies
identity:
  clock_skew: 30
  issuers:
    - issuer: https://login.example.com/realms/main
      audience: sluice
      discovery: true
      algorithms: [RS256, ES256]
      claims: { groups: groups, roles: realm_access.roles, scopes: scope, display_name: name, attributes: { regions: regions, member_id: member_id } }
      service: { claim: preferred_username, starts_with: service-account- }
  development: { personas: personas.yml, port: 8081 }
  permissions:
    steward: { role: steward }
    publisher: { role: publisher }
    auditor: { any: [ { role: auditor }, { group: audit } ] }
pdp: { kind: embedded }
limits: { page_rows: 100, max_page_rows: 10000, max_stream_rows: 1000000, max_bytes: 1GiB, timeout: 30s, concurrency: 8, per_identity: 4, queue: 64, sql_bytes: 262144, body_bytes: 1048576 }
state: sqlite:.sluice/state.db
audit: { survives: power_loss }
doors: { http: { host: 127.0.0.1, port: 8080 } }
`;

describe('a configuration that is right', () => {
  it('loads with every key set', () => {
    const config = load(FULL);
    expect(config.environment).toBe('development');
    expect(config.engines.warehouse).toMatchObject({ memory_limit: 2e9, temp_limit: 4e9, threads: 2 });
    expect(config.identity.clock_skew).toBe(30_000);
    expect(config.identity.issuers[0]?.claims.attributes).toEqual({
      regions: 'regions',
      member_id: 'member_id',
    });
    expect(config.identity.permissions.steward).toEqual({ role: 'steward' });
    expect(config.limits.timeout).toBe(30_000);
    expect(config.limits.max_bytes).toBe(2 ** 30);
    expect(config.publish).toHaveLength(2);
  });

  it('needs engines only; the rest has defaults', () => {
    const config = load(ENGINES);
    expect(config).toMatchObject({
      environment: 'production',
      publish: [],
      search_path: [],
      pdp: { kind: 'embedded' },
      audit: { survives: 'power_loss' },
      doors: { http: { host: '127.0.0.1', port: 8080 } },
      limits: { page_rows: 100, max_page_rows: 10_000, timeout: 30_000, sql_bytes: 262_144 },
    });
    expect(config.identity.issuers).toEqual([]);
    expect(config.identity.development).toBeUndefined();
  });

  it('resolves paths against the folder of the file', () => {
    const config = load(FULL);
    const at = (path: string) => join(process.cwd(), 'conf', path);
    expect(config.engines.warehouse?.database).toBe(at('data/energy_community.duckdb'));
    expect(config.metadata.manifest).toBe(at('target/manifest.json'));
    expect(config.policies).toBe(at('policies'));
    expect(config.identity.development?.personas).toBe(at('personas.yml'));
    expect(config.state).toBe(`sqlite:${at('.sluice/state.db')}`);
    expect(config.folder).toBe(at('').replace(/\/$/, ''));
  });

  it('is frozen all the way down', () => {
    const config = load(FULL);
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.identity.issuers[0]?.claims)).toBe(true);
  });

  it('moves the HTTP door to PORT', () => {
    expect(load(ENGINES, { PORT: '9090' }).doors.http.port).toBe(9090);
    expect(failure(() => load(ENGINES, { PORT: '80 80' })).code).toBe('config_invalid');
  });

  it('may be the one of the example', (context) => {
    const path = fileURLToPath(new URL('../../examples/energy-community/sluice.yml', import.meta.url));
    if (!existsSync(path)) return context.skip('the example has no sluice.yml yet');
    expect(Object.keys(loadConfig(path, {}).engines)).toEqual(['warehouse']);
  });

  it('is read from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
    writeFileSync(join(folder, 'sluice.yml'), ENGINES);
    expect(loadConfig(join(folder, 'sluice.yml'), {}).folder).toBe(folder);
    const missing = failure(() => loadConfig(join(folder, 'other.yml'), {}));
    expect(missing.message).toMatch(/other\.yml: no such file$/);
    expect(missing.hint).toMatch(/sluice init/);
  });
});

const issuer = (more: string) =>
  `${ENGINES}identity:\n  issuers:\n    - issuer: https://id.example.com\n      audience: sluice\n${more}`;

/** Line and message of each mistake. */
const MISTAKES: readonly { name: string; text: string; says: readonly string[] }[] = [
  {
    name: 'an unknown key at the top',
    text: `${ENGINES}enviroment: development\n`,
    says: ['3: unknown key "enviroment" (did you mean "environment"?)'],
  },
  {
    name: 'an unknown key in a map of engines',
    text: 'engines:\n  warehouse:\n    kind: duckdb\n    databse: x.duckdb\n',
    says: [
      '2: engines.warehouse: needs exactly one of database and parquet',
      '4: engines.warehouse: unknown key "databse" (did you mean "database"?)',
    ],
  },
  {
    name: 'an unknown key in a publish rule',
    text: `${ENGINES}publish:\n  - match: { folder: marts }\n    acess_level: open\n`,
    says: ['5: publish[0]: unknown key "acess_level" (did you mean "access_level"?)'],
  },
  {
    name: 'an unknown key deep in a match',
    text: `${ENGINES}publish:\n  - match:\n      not:\n        any:\n          - foldr: marts\n`,
    says: ['7: publish[0].match.not.any[0]: unknown key "foldr" (did you mean "folder"?)'],
  },
  {
    name: 'a word without a near one',
    text: `${ENGINES}zzzzzzzz: 1\n`,
    says: ['3: unknown key "zzzzzzzz"'],
  },
  {
    name: 'a wrong choice',
    text: `${ENGINES}audit: { survives: powerloss }\n`,
    says: ['3: audit.survives: must be one of power_loss, process_death (did you mean "power_loss"?)'],
  },
  { name: 'a missing key', text: 'environment: production\n', says: ['1: engines: is missing'] },
  { name: 'an empty file', text: '', says: ['1: engines: is missing'] },
  { name: 'no engine', text: 'engines: {}\n', says: ['1: engines: needs at least one engine'] },
  {
    name: 'a wrong type',
    text: `${ENGINES}limits:\n  queue: many\n`,
    says: ['4: limits.queue: expected number, received string'],
  },
  {
    name: 'a number out of bounds',
    text: `${ENGINES}doors: { http: { port: 70000 } }\n`,
    says: ['3: doors.http.port: too big: expected number to be <=65535'],
  },
  {
    name: 'a duration without a known unit',
    text: `${ENGINES}limits:\n  timeout: 30 parsecs\n`,
    says: [
      '4: limits.timeout: must be a duration such as 500ms, 30s, 5m, 8h, 7d or a number of seconds, from 100ms to 1d',
    ],
  },
  {
    name: 'a duration beyond its bound',
    text: `${ENGINES}identity:\n  clock_skew: 10m\n`,
    says: [
      '4: identity.clock_skew: must be a duration such as 500ms, 30s, 5m, 8h, 7d or a number of seconds, from 0s to 5m',
    ],
  },
  {
    name: 'a size that is no size',
    text: `${ENGINES}limits: { sql_bytes: 256Kb }\n`,
    says: [
      '3: limits.sql_bytes: must be a size such as 256KiB, 64MB, 2GB or a number of bytes, from 1KiB to 16MiB',
    ],
  },
  {
    name: 'a page larger than the largest page',
    text: `${ENGINES}limits:\n  page_rows: 20000\n`,
    says: ['4: limits.page_rows: must not be more than max_page_rows'],
  },
  {
    name: 'an unsigned algorithm',
    text: issuer('      algorithms: [none]\n'),
    says: ['7: identity.issuers[0].algorithms[0]: none is not accepted: such a token is not signed at all'],
  },
  {
    name: 'a shared-secret algorithm',
    text: issuer('      algorithms: [RS256, HS256]\n'),
    says: [
      '7: identity.issuers[0].algorithms[1]: HS256 is not accepted: its key is shared, so that whoever verifies could also forge',
    ],
  },
  {
    name: 'a misspelt algorithm',
    text: issuer('      algorithms: [RS265]\n'),
    says: [
      '7: identity.issuers[0].algorithms[0]: must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519 (did you mean "RS256"?)',
    ],
  },
  {
    name: 'an issuer over http in production',
    text: issuer('      jwks_uri: http://keys.example.com/jwks\n'),
    says: ['7: identity.issuers[0].jwks_uri: must be https (outside development, and loopback aside)'],
  },
  {
    name: 'an issuer twice',
    text: issuer('    - { issuer: https://id.example.com, audience: other }\n'),
    says: ['7: identity.issuers[1].issuer: the same issuer stands twice'],
  },
  {
    name: 'an issuer without a way to its keys',
    text: issuer('      discovery: false\n'),
    says: ['7: identity.issuers[0].discovery: needs discovery: true, or a jwks_uri'],
  },
  {
    name: 'two ways to tell a service',
    text: issuer('      service: { claim: typ, equals: app, present: true }\n'),
    says: ['7: identity.issuers[0].service: needs exactly one of equals, starts_with, same_as, present'],
  },
  {
    name: 'an engine that is not there',
    text: `${ENGINES}publish:\n  - match: {}\n    engine: warehose\n`,
    says: ['5: publish[0].engine: no engine has this name (did you mean "warehouse"?)'],
  },
  {
    name: 'a rule that leaves the choice of engines open',
    text: `${ENGINES}  second: { kind: duckdb, database: b.duckdb }\npublish:\n  - match: {}\n`,
    says: ['5: publish[0]: needs an engine: there are several (warehouse, second)'],
  },
  {
    name: 'a key that stands twice',
    text: `${ENGINES}policies: a\npolicies: b\n`,
    says: ['4: the key stands twice in one mapping'],
  },
  {
    name: 'a bracket that is never closed',
    text: `${ENGINES}search_path: [gold, silver\n`,
    says: ['4: wrong indentation, or a bracket, brace or quote that is never closed'],
  },
  {
    name: 'a tag of YAML that means nothing here',
    text: `${ENGINES}policies: !secret p\n`,
    says: ['3: a YAML tag (`!…`) that means nothing here'],
  },
  {
    name: 'a name that is not one',
    text: 'engines:\n  Ware house: { kind: duckdb, database: x }\n',
    says: [
      '2: engines.Ware house: must begin with a small letter and consist of small letters, digits, _ and -',
    ],
  },
  { name: 'a list instead of keys', text: '- a\n', says: ['1: expected object, received array'] },
  {
    name: 'several mistakes at once, in the order of the file',
    text: `${ENGINES}polices: x\nlimits: { queu: 3 }\n`,
    says: [
      '3: unknown key "polices" (did you mean "policies"?)',
      '4: limits: unknown key "queu" (did you mean "queue"?)',
    ],
  },
];

const ENGINE_MISTAKES: readonly (readonly [engine: string, says: string])[] = [
  ['kind: postgress', 'kind: must be one of duckdb, postgres (did you mean "postgres"?)'],
  ['database: warehouse', 'kind: must be one of duckdb, postgres'],
  ['kind: postgres', 'needs a url, or a database and a user'],
  ['kind: postgres, database: d', 'needs a user as well'],
  ['kind: postgres, url: "mysql://u:p@h/d"', 'url: must begin with postgres://'],
  ['kind: postgres, url: "postgres://u:p@h/d", host: h', 'takes either a url or host, port'],
  ['kind: postgres, url: "postgres://h/d", threads: 2', 'unknown key "threads"'],
];

describe('a configuration that is wrong', () => {
  it.each(ENGINE_MISTAKES)('an engine with %s', (engine, says) => {
    const { code, message } = failure(() => load(`engines:\n  warehouse: { ${engine} }\n`));
    expect(code).toBe('config_invalid');
    expect(message).toContain('conf/sluice.yml:2: engines.warehouse');
    expect(message).toContain(says);
  });

  it.each(MISTAKES)('$name', ({ text, says }) => {
    const error = failure(() => load(text));
    expect(error.code).toBe('config_invalid');
    expect(error.details).toEqual(says.map((line) => `conf/sluice.yml:${line}`));
    expect(error.message.startsWith(error.details[0] ?? '?')).toBe(true);
  });

  it('has a development issuer outside development', () => {
    const error = failure(() => load(`${ENGINES}identity:\n  development: {}\n`));
    expect(error.code).toBe('development_only');
    expect(error.message).toContain('conf/sluice.yml:4:');
  });
});

describe('any text at all', () => {
  it('gives a configuration or one of our errors', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'engines:',
        'identity:',
        '  issuers:',
        '- ',
        '&a',
        ' *a',
        '{',
        ']',
        '|',
        '"',
        '\t',
        '!x',
        '<<: ',
      ),
      fc.string({ maxLength: 12 }),
      fc.constant('\n'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          load(pieces.join(''), {});
        } catch (error) {
          expect(error).toBeInstanceOf(SluiceError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('may multiply aliases without end', () => {
    const levels = Array.from({ length: 12 }, (_, index) =>
      index === 0
        ? '- &l0 [x, x]'
        : `- &l${index} [${Array(9)
            .fill(`*l${index - 1}`)
            .join(', ')}]`,
    );
    expect(failure(() => load(`search_path:\n${levels.join('\n')}\n`)).code).toBe('config_invalid');
  });
});

describe('values from the environment', () => {
  const text = issuer(`      jwks_uri: 'https://user:\${KEYS_PASSWORD}@id.example.com/keys'\n`);

  it('are filled in', () => {
    const config = load(text, { KEYS_PASSWORD: 'hunter2' });
    expect(config.identity.issuers[0]?.jwks_uri).toBe('https://user:hunter2@id.example.com/keys');
    expect(config.fromEnvironment).toEqual(['identity.issuers[0].jwks_uri']);
  });

  it('are an error with line and name when missing', () => {
    for (const env of [{}, { KEYS_PASSWORD: '' }]) {
      expect(failure(() => load(text, env)).message).toBe(
        'conf/sluice.yml:7: the environment variable KEYS_PASSWORD is not set',
      );
    }
  });

  it('are not filled into keys, comments or escaped text', () => {
    const config = load(`${ENGINES}# \${NOT_SET}\npolicies: $\${NOT_SET}/p\n`);
    expect(config.policies.endsWith(`conf/\${NOT_SET}/p`)).toBe(true);
    expect(failure(() => load(`${ENGINES}\${NOT_SET}: x\n`, { NOT_SET: 'hunter2' })).message).not.toContain(
      'hunter2',
    );
  });

  it('never show in an error', () => {
    const secret = 'power_los';
    const broken = `${ENGINES}audit: { survives: "\${SECRET}" }\nlimits: { timeout: "\${SECRET}", queue: "\${SECRET}" }\nstate: "\${SECRET}"\n`;
    const error = failure(() => load(broken, { SECRET: secret }));
    expect(error.details).toHaveLength(4);
    expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain(`${secret}"`);
    expect(JSON.stringify(error.details)).not.toContain('did you mean');
  });

  it('never show in what is logged', () => {
    const shown = JSON.stringify(redacted(load(text, { KEYS_PASSWORD: 'hunter2' })));
    expect(shown).not.toContain('hunter2');
    expect(shown).toContain('"jwks_uri":"(from the environment)"');
    expect(shown).toContain('"audience":"sluice"');
  });

  it('never show where an alias repeats them', () => {
    const shown = JSON.stringify(
      redacted(load(`${ENGINES}search_path: [&x "\${SECRET}"]\npolicies: *x\n`, { SECRET: 'hunter2' })),
    );
    expect(shown).not.toContain('hunter2');
  });

  it('are not the only secrets that are kept from logs', () => {
    const written = issuer('      jwks_uri: https://user:hunter2@id.example.com/keys\n');
    const shown = JSON.stringify(redacted(load(written) satisfies Config));
    expect(shown).toContain('https://***@id.example.com/keys');
  });

  it.each([
    'url: "postgres://gate:hunter2@db.example.com/warehouse"',
    'host: db.example.com, database: warehouse, user: gate, password: hunter2',
  ])('nor does a password of a server: %s', (where) => {
    const config = load(`engines:\n  warehouse: { kind: postgres, ${where} }\n`);
    expect(config.engines.warehouse?.kind).toBe('postgres');
    expect(JSON.stringify(redacted(config))).not.toContain('hunter2');
  });
});
