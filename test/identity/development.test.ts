import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { createAuthenticator } from '../../src/identity/authenticate.ts';
import { createDevelopmentIssuer } from '../../src/identity/development/issuer.ts';
import { findPersona, identityOf, parsePersonas } from '../../src/identity/development/personas.ts';
import {
  developmentIssuerUrl,
  type RunningDevelopmentIssuer,
  startDevelopmentIssuer,
} from '../../src/identity/development/start.ts';

const PERSONAS = parsePersonas(
  `personas:
  officer:
    sub: olga.officer
    display_name: Olga (example)
    groups: [employees, data-governance-officers]
    roles: [steward]
    attributes: { regions: [north, south], level: 3, ratio: 0.5, trained: true, member_id: M0008 }
  intern: { kind: user, sub: ivan.intern, scopes: ["dataset:query", openid] }
  pipeline: { kind: service, sub: svc-forecast, roles: [service], scopes: ["dataset:query"] }
  namesake: { kind: service, sub: ivan.intern-service, attributes: { regions: [] } }
  external: { kind: anonymous }
`,
  'personas.yml',
);

const running: RunningDevelopmentIssuer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((issuer) => issuer.close()));
});

const options = (folder = mkdtempSync(join(tmpdir(), 'sluice-dev-'))) => ({
  environment: 'development',
  personas: PERSONAS,
  audience: 'sluice',
  folder: join(folder, 'development'),
  lifetimeMs: 60_000,
});

async function start(more: Partial<Parameters<typeof startDevelopmentIssuer>[0]> = {}) {
  const issuer = await startDevelopmentIssuer({ ...options(), port: 0, ...more });
  running.push(issuer);
  return issuer;
}

const gate = (issuer: RunningDevelopmentIssuer) =>
  createAuthenticator({ issuers: [issuer.config], clock_skew: 0 }, { environment: 'development' });

async function read(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

async function failure(run: () => unknown): Promise<SluiceError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the development issuer', () => {
  it.each([...PERSONAS.keys()])('signs a token that the gate takes for %s', async (name) => {
    const issuer = await start();
    const token = await issuer.mintToken(name);
    const identity = await gate(issuer).authenticate(token);
    expect(identity).toEqual(identityOf(findPersona(PERSONAS, name), issuer.url));
  });

  it.each([
    ['a service', 'pipeline'],
    ['a user', 'intern'],
  ])('signs for a persona that %s acts for', async (_kind, actor) => {
    const issuer = await start();
    const identity = await gate(issuer).authenticate(await issuer.mintToken('officer', { actor }));
    const { actor: acting, ...subject } = identity;
    expect(subject).toEqual(identityOf(findPersona(PERSONAS, 'officer'), issuer.url));
    expect(acting).toEqual(identityOf(findPersona(PERSONAS, actor), issuer.url));
  });

  it.each(['external', 'stranger'])('lets %s act for nobody', async (actor) => {
    const issuer = await start();
    expect((await failure(() => issuer.mintToken('officer', { actor }))).code).toBe('usage');
  });

  it('signs what RFC 9068 calls an access token', async () => {
    const token = (await (await start()).mintToken('pipeline')) ?? '';
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(decodeJwt(token)).toMatchObject({
      sub: 'svc-forecast',
      client_id: 'svc-forecast',
      aud: 'sluice',
      scope: 'dataset:query',
    });
  });

  it('serves discovery and public keys only', async () => {
    const issuer = await start();
    const discovery = await read(`${issuer.url}/.well-known/openid-configuration`);
    expect(discovery).toMatchObject({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` });
    const published = await read(`${issuer.url}/jwks`);
    expect(published).toMatchObject({ keys: [{ kty: 'EC', alg: 'ES256', use: 'sig' }] });
    expect(JSON.stringify(published)).not.toContain('"d"');
    expect(JSON.stringify(issuer.keys)).not.toContain('"d"');
  });

  it('gives no token over HTTP', async () => {
    const issuer = await start();
    for (const client of ['sluice-development', 'svc-forecast']) {
      const response = await fetch(`${issuer.url}/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client }),
      });
      expect(response.ok).toBe(false);
      expect(await response.json()).not.toHaveProperty('access_token');
    }
  });

  it('answers to its own name only', async () => {
    const issuer = await start();
    const status = await new Promise((resolve, reject) => {
      const url = `${issuer.url}/.well-known/openid-configuration`;
      get(url, { headers: { host: 'attacker.example.com' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(421);
  });

  it('lets a token expire when it was told to', async () => {
    const issuer = await start();
    const token = (await issuer.mintToken('officer', { lifetimeMs: 5_000 })) ?? '';
    const claims = decodeJwt(token);
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(5);
  });

  it('keeps its key, readable by its owner alone, so that tokens survive a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-dev-'));
    const first = await start(options(folder));
    const token = await first.mintToken('officer');
    const port = Number(new URL(first.url).port);
    await first.close();
    const path = join(folder, 'development', 'keys.json');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    const second = await start({ ...options(folder), port });
    expect((await gate(second).authenticate(token)).sub).toBe('olga.officer');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('can be used by a process that only mints', async () => {
    const shared = options();
    const issuer = await start(shared);
    const other = await createDevelopmentIssuer(
      developmentIssuerUrl(Number(new URL(issuer.url).port)),
      shared,
    );
    const identity = await gate(issuer).authenticate(await other.mintToken('officer'));
    expect(identity.roles).toEqual(['steward']);
  });

  it('can be trusted within one process without a port', async () => {
    const issuer = await createDevelopmentIssuer('http://127.0.0.1:1', options());
    const local = createAuthenticator(
      { issuers: [issuer.config], clock_skew: 0 },
      { environment: 'development', localKeys: { [issuer.url]: issuer.keys } },
    );
    expect((await local.authenticate(await issuer.mintToken('intern'))).sub).toBe('ivan.intern');
  });

  it('makes one key when two start at once', async () => {
    const shared = options();
    const [first, second] = await Promise.all([start(shared), start(shared)]);
    expect(first.keys).toEqual(second.keys);
  });

  it.each(['production', 'staging', '', 'Development'])(
    'refuses the environment "%s"',
    async (environment) => {
      const shared = { ...options(), environment };
      expect((await failure(() => start(shared))).code).toBe('development_only');
      expect((await failure(() => createDevelopmentIssuer('http://127.0.0.1:1', shared))).code).toBe(
        'development_only',
      );
      expect(() => statSync(shared.folder)).toThrow();
    },
  );

  it('says so when its port is taken', async () => {
    const port = Number(new URL((await start()).url).port);
    const error = await failure(() => start({ port }));
    expect(error.code).toBe('port_taken');
    expect(error.message).toContain(String(port));
    expect(error.hint).toContain('identity.development.port');
  });

  it.each([
    ['no JSON', '{'],
    ['no key', '{"keys":[]}'],
    ['a public key', '{"keys":[{"kty":"EC","alg":"ES256"}]}'],
  ])('says so when its key file holds %s', async (_, text) => {
    const shared = options();
    await start(shared);
    writeFileSync(join(shared.folder, 'keys.json'), text);
    const error = await failure(() => start(shared));
    expect(error.code).toBe('state_unavailable');
    expect(error.hint).toMatch(/Delete the file/);
  });

  it('writes nothing to the terminal', async () => {
    const [info, warn, log] = (['info', 'warn', 'log'] as const).map((name) => vi.spyOn(console, name));
    await (await start()).mintToken('officer');
    for (const spy of [info, warn, log]) {
      expect(spy).not.toHaveBeenCalled();
      spy?.mockRestore();
    }
  });
});

describe('a personas file', () => {
  it('of the example is read', (context) => {
    const path = new URL('../../examples/energy-community/personas.yml', import.meta.url);
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return context.skip('the example has no personas.yml yet');
    }
    expect(parsePersonas(text, 'personas.yml').size).toBeGreaterThan(4);
  });

  it.each([
    [
      'an unknown key',
      'personas:\n  a:\n    sub: x\n    group: [b]\n',
      '4: personas.a: unknown key "group" (did you mean "groups"?)',
    ],
    ['no subject', 'personas:\n  a:\n    groups: [b]\n', '2: personas.a.sub: is missing'],
    [
      'an unknown kind',
      'personas:\n  a: { kind: robot, sub: x }\n',
      '2: personas.a.kind: must be one of user, service, anonymous',
    ],
    [
      'an anonymous persona with a group',
      'personas:\n  a: { kind: anonymous, groups: [b] }\n',
      '2: personas.a: unknown key "groups"',
    ],
    [
      'a group that is a number',
      'personas:\n  a: { sub: x, groups: [1] }\n',
      '2: personas.a.groups[0]: expected string, received number',
    ],
    [
      'groups as a text',
      'personas:\n  a: { sub: x, groups: b }\n',
      '2: personas.a.groups: must be a list of texts',
    ],
    [
      'a scope with a space',
      'personas:\n  a: { sub: x, scopes: ["a b"] }\n',
      '2: personas.a.scopes[0]: must be a scope: printable, without spaces, quotes and backslashes (RFC 6749 section 3.3)',
    ],
    [
      'an attribute that no policy can ask for',
      'personas:\n  a: { sub: x, attributes: { r: { n: 1 } } }\n',
      '2: personas.a.attributes.r: must be a text, a number, true or false, or a list of texts and numbers',
    ],
    [
      'another key at the top',
      'persona:\n  a: { sub: x }\n',
      '1: unknown key "persona" (did you mean "personas"?)',
    ],
  ])('with %s', async (_, text, line) => {
    const error = await failure(() => parsePersonas(text, 'personas.yml'));
    expect(error.code).toBe('config_invalid');
    expect(error.details).toContain(`personas.yml:${line}`);
  });

  it('names the nearest persona', async () => {
    const error = await failure(() => findPersona(PERSONAS, 'oficer'));
    expect(error.message).toBe('No persona "oficer" (did you mean "officer"?)');
    expect(error.hint).toContain('pipeline');
  });
});
