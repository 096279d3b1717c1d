/** Tokens that somebody else acts with (`act`, RFC 8693): read whole or refused, never taken for the subject's own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { createAuthenticator } from '../../src/identity/authenticate.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { whoOf } from '../../src/request/who.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from './test-issuer.ts';

let key: SigningKey;
let issuer: TestIssuer;
let other: TestIssuer;
beforeAll(async () => {
  key = await makeKey('k1');
  issuer = await TestIssuer.start(key);
  other = await TestIssuer.start(key);
});
afterAll(() => Promise.all([issuer.close(), other.close()]));

const ACTORS = { agent: { roles: ['assistant'], groups: ['agents'], attributes: { region: 'north' } } };

async function read(act: unknown, config: Readonly<Record<string, unknown>> = {}): Promise<Identity> {
  const authenticator = createAuthenticator(
    {
      issuers: [issuer.config({ actors: ACTORS, ...config }), other.config({ actors: { agent: {} } })],
      clock_skew: 0,
    },
    { environment: 'production' },
  );
  const claims = { sub: 'ada', groups: ['analysts'], scope: 'data.read', act };
  return authenticator.authenticate(await signToken({ key, issuer: issuer.url, claims }));
}

const actorOf = async (act: unknown, config?: Readonly<Record<string, unknown>>): Promise<Identity> => {
  const { actor } = await read(act, config);
  if (actor === undefined) throw new Error('nobody acts');
  return actor;
};

it('the subject stays the subject, with what its own claims say', async () => {
  const identity = await read({ sub: 'agent' });
  expect(identity).toMatchObject({ sub: 'ada', kind: 'user', groups: ['analysts'], scopes: ['data.read'] });
});

it('the actor has what the claim and the configuration say of it, and nothing of the subject', async () => {
  expect(await actorOf({ sub: 'agent', groups: ['bots'], scope: 'a b' })).toEqual({
    sub: 'agent',
    kind: 'service',
    display_name: null,
    groups: ['bots', 'agents'],
    roles: ['assistant'],
    scopes: ['a', 'b'],
    attributes: { region: 'north' },
    issuer: issuer.url,
  });
});

it('an actor of whom nobody knows more has nothing', async () => {
  expect(await actorOf({ sub: 'stranger' })).toMatchObject({
    kind: 'service',
    groups: [],
    roles: [],
    scopes: [],
    attributes: {},
  });
});

it('what is registered for the actor of one issuer is not for its namesake of another', async () => {
  expect(await actorOf({ sub: 'agent', iss: other.url })).toMatchObject({
    issuer: other.url,
    roles: [],
    groups: [],
  });
});

it.each([
  ['that carries what tells a user from a service is a user', { sub: 'eve', client_id: 'app' }, {}, 'user'],
  ['whose client it is itself is a service', { sub: 'agent', client_id: 'agent' }, {}, 'service'],
  ['that is registered as a user is one', { sub: 'eve' }, { actors: { eve: { kind: 'user' } } }, 'user'],
])('an actor %s', async (_name, act, config, kind) => {
  expect((await actorOf(act, config)).kind).toBe(kind);
});

it('the outermost actor acts; those before it are for the audit alone', async () => {
  const actor = await actorOf({
    sub: 'agent',
    act: { sub: 'first', groups: ['admins'], act: { sub: 'zero', iss: other.url } },
  });
  expect(actor.groups).toEqual(['agents']);
  expect(actor.prior).toEqual([
    { sub: 'first', issuer: issuer.url },
    { sub: 'zero', issuer: other.url },
  ]);
});

it('an actor may be the subject itself', async () => {
  expect(await actorOf({ sub: 'ada' })).toMatchObject({ sub: 'ada', groups: [] });
});

const deep = (levels: number): unknown =>
  levels === 0 ? { sub: 'last' } : { sub: 'a', act: deep(levels - 1) };

describe('an actor that cannot be read refuses the token:', () => {
  it.each([
    ['a text', 'agent'],
    ['a list', [{ sub: 'agent' }]],
    ['an empty object', {}],
    ['a number', 7],
    ['false', false],
    ['one without a name', { sub: '' }],
    ['one whose name is a list', { sub: ['agent'] }],
    ['one whose issuer is no text', { sub: 'agent', iss: 7 }],
    ['one of an issuer that nobody configured', { sub: 'agent', iss: 'https://evil.example.com' }],
    ['one whose groups are a text', { sub: 'agent', groups: 'admins' }],
    ['one whose groups are elsewhere', { sub: 'agent', _claim_names: { groups: 'src1' } }],
    ['one behind it that is a text', { sub: 'agent', act: 'first' }],
    ['one behind it that is null', { sub: 'agent', act: null }],
    ['a chain without end', deep(20)],
  ])('%s', async (_name, act) => {
    const refusal = await read(act).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SluiceError);
    expect((refusal as SluiceError).code).toBe('token_claims');
  });

  it('null', async () => {
    // The helper of these tests takes a claim that is null away.
    const claims = {
      sub: 'ada',
      get act() {
        return null;
      },
    };
    expect(JSON.stringify(claims)).toContain('"act":null');
    const { readActor } = await import('../../src/identity/actor.ts');
    const config = issuer.config();
    expect(() => readActor({ ...claims }, config, new Map([[config.issuer, config]]))).toThrow(/act/);
  });
});

it('may_act gives nobody anything', async () => {
  const authenticator = createAuthenticator(
    { issuers: [issuer.config()], clock_skew: 0 },
    { environment: 'production' },
  );
  const claims = { sub: 'ada', may_act: { sub: 'agent' } };
  const identity = await authenticator.authenticate(await signToken({ key, issuer: issuer.url, claims }));
  expect(identity).not.toHaveProperty('actor');
});

describe('the audit names', () => {
  it('who acts in person as the subject, for whom, and who acted before', async () => {
    const identity = await read({ sub: 'agent', act: { sub: 'first' } });
    expect(whoOf(identity)).toEqual({
      subject: { sub: 'agent', kind: 'service', issuer: issuer.url },
      on_behalf_of: { sub: 'ada', issuer: issuer.url },
      prior_actors: [{ sub: 'first', issuer: issuer.url }],
    });
  });

  it('nobody else where nobody acts for another', async () => {
    const { actor: _actor, ...alone } = await read({ sub: 'agent' });
    expect(whoOf(alone)).toEqual({ subject: { sub: 'ada', kind: 'user', issuer: issuer.url } });
  });

  it('all three where somebody’s view is asked for through an agent', async () => {
    const identity = await read({ sub: 'agent' });
    const view = await read({ sub: 'other' });
    expect(whoOf(identity, { ...view, sub: 'bob' })).toEqual({
      subject: { sub: 'agent', kind: 'service', issuer: issuer.url },
      on_behalf_of: { sub: 'bob', issuer: issuer.url },
      prior_actors: [{ sub: 'ada', issuer: issuer.url }],
    });
  });
});
