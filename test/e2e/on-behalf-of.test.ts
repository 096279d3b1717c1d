/** An agent that asks for a person gets what both may see, and nothing that one of them alone may: over HTTP, on the example. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Explanation } from '../../src/explain.ts';
import type { Simulation } from '../../src/simulate.ts';
import { makeKey, type SigningKey, signToken, TestIssuer } from '../identity/test-issuer.ts';
import { type Reply, startGate, type TestGate } from './gate.ts';

let key: SigningKey;
let issuer: TestIssuer;
let gate: TestGate;

type Claims = Readonly<Record<string, unknown>>;

const ANALYST: Claims = {
  sub: 'anna',
  groups: ['employees', 'analysts', 'community:alpha'],
  communities: ['alpha'],
  regions: ['north', 'south', 'east', 'west'],
};
const OFFICER: Claims = {
  sub: 'olga',
  groups: ['employees', 'data-governance-officers', 'privileged-users'],
  roles: ['steward', 'auditor'],
  communities: ['alpha', 'beta', 'gamma'],
};
const INTERN: Claims = {
  sub: 'ivan',
  groups: ['employees', 'marketing', 'interns', 'community:alpha', 'community:beta'],
  communities: ['alpha', 'beta'],
  regions: ['north'],
};
/** With the attribute of a member, and nothing else. */
const NOBODY: Claims = { sub: 'nobody', groups: [] };

beforeAll(async () => {
  key = await makeKey('k1');
  issuer = await TestIssuer.start(key);
  gate = await startGate({
    edit: (yaml) =>
      yaml.replace(
        'identity:\n',
        `identity:
  issuers:
    - issuer: ${issuer.url}
      audience: sluice
      claims: { attributes: { communities: communities, regions: regions } }
      actors:
        registered: { kind: user, groups: [employees, analysts, "community:alpha"], attributes: { communities: [alpha] } }
`,
      ),
  });
});
afterAll(async () => {
  await gate.close();
  await issuer.close();
});

async function ask(sql: string, who: Claims, act?: Claims): Promise<Reply> {
  const claims = act === undefined ? who : { ...who, act };
  const token = await signToken({ key, issuer: issuer.url, claims });
  return gate.call(null, 'POST', '/v1/query', { token, body: { sql, limit: 1000 } });
}

const rowsOf = (reply: Reply): readonly unknown[][] => {
  expect(reply.status, reply.text).toBe(200);
  return reply.body.rows ?? [];
};

const person = (act: Claims): Claims => ({ client_id: 'an app', ...act });

describe('columns', () => {
  const sql = 'SELECT member_id, email, iban, birth_date FROM gold.members ORDER BY member_id';

  it('of an officer through an analyst are the analyst’s', async () => {
    expect(rowsOf(await ask(sql, OFFICER, person(ANALYST)))).toEqual(rowsOf(await ask(sql, ANALYST)));
  });

  it('of an analyst through an officer are the analyst’s', async () => {
    expect(rowsOf(await ask(sql, ANALYST, person(OFFICER)))).toEqual(rowsOf(await ask(sql, ANALYST)));
  });

  it('of an officer for themselves are the officer’s, where the claim says all of it again', async () => {
    expect(rowsOf(await ask(sql, OFFICER, person(OFFICER)))).toEqual(rowsOf(await ask(sql, OFFICER)));
  });

  it('that one of them has not, both have not', async () => {
    const hidden = 'SELECT iban FROM gold.members';
    expect((await ask(hidden, OFFICER, person(INTERN))).body.code).toBe('column_not_found');
    expect((await ask(hidden, INTERN, person(OFFICER))).body.code).toBe('column_not_found');
  });
});

describe('rows', () => {
  const sql = 'SELECT community, region, count(*) FROM gold.members GROUP BY 1, 2 ORDER BY 1, 2';
  const places = (reply: Reply): readonly string[] => rowsOf(reply).map(([c, r]) => `${c} ${r}`);

  it('are those that both filters let through', async () => {
    const [intern, analyst] = [places(await ask(sql, INTERN)), places(await ask(sql, ANALYST))];
    expect(intern.length).toBeGreaterThan(0);
    const wanted = intern.filter((place) => analyst.includes(place));
    expect(wanted.length).toBeLessThan(intern.length);
    expect(places(await ask(sql, INTERN, person(ANALYST)))).toEqual(wanted);
    expect(places(await ask(sql, ANALYST, person(INTERN)))).toEqual(wanted);
  });

  it('are none where the actor has not the attribute that a filter asks for', async () => {
    const { communities: _, ...bare } = ANALYST;
    expect(places(await ask(sql, ANALYST, person(bare)))).toEqual([]);
  });

  it('of the next caller are not those of the last, though all but one of them is the same', async () => {
    const beta = { ...INTERN, communities: ['beta'], regions: ['south'] };
    const first = places(await ask(sql, OFFICER, person(INTERN)));
    const second = places(await ask(sql, OFFICER, person(beta)));
    expect(first).toEqual(places(await ask(sql, INTERN)));
    expect(second).toEqual(places(await ask(sql, beta)));
    expect(second).not.toEqual(first);
  });
});

describe('datasets', () => {
  const sql = 'SELECT count(*) FROM gold.members';

  it('that the agent may not read are not read for anybody', async () => {
    const services = await ask(sql, OFFICER, { sub: 'svc' });
    expect(services.status).toBe(403);
    expect(services.body.code).toBe('access_denied');
  });

  it('that the person may not read are not read by anybody for them', async () => {
    const closed = 'SELECT count(*) FROM gold.usage_beta';
    const refused = await ask(closed, ANALYST, person(OFFICER));
    const alone = await ask(closed, ANALYST);
    expect([refused.status, refused.body.code]).toEqual([alone.status, alone.body.code]);
    expect(refused.status).toBeGreaterThanOrEqual(400);
  });

  it('of which one may not know do not exist', async () => {
    const closed = 'SELECT * FROM bronze.raw_members';
    const unknown = 'SELECT * FROM bronze.nothing_at_all';
    const [a, b] = [
      await ask(closed, OFFICER, person(ANALYST)),
      await ask(unknown, OFFICER, person(ANALYST)),
    ];
    expect([a.status, a.body.code]).toEqual([b.status, b.body.code]);
  });

  it('that are open are open to whoever asks for whom', async () => {
    expect(rowsOf(await ask('SELECT count(*) FROM gold.communities', NOBODY, { sub: 'svc' }))).toHaveLength(
      1,
    );
  });
});

it('what the configuration says of an actor counts', async () => {
  const sql = 'SELECT count(*) FROM gold.members';
  expect(rowsOf(await ask(sql, OFFICER, { sub: 'registered' }))).toEqual(rowsOf(await ask(sql, ANALYST)));
});

describe('permissions', () => {
  const policies = async (who: Claims, act?: Claims): Promise<Reply> => {
    const claims = act === undefined ? who : { ...who, act };
    const token = await signToken({ key, issuer: issuer.url, claims });
    return gate.call(null, 'GET', '/v1/policies', { token });
  };

  it('are had by whoever has them alone', async () => {
    expect((await policies(OFFICER)).status).toBe(200);
  });
  it('are not lent to a person by the agent', async () => {
    expect((await policies(ANALYST, person(OFFICER))).status).toBe(403);
  });
  it('are not lent to an agent by the person', async () => {
    expect((await policies(OFFICER, person(ANALYST))).status).toBe(403);
  });
  it('are had by two who both have them', async () => {
    expect((await policies(OFFICER, person({ ...OFFICER, sub: 'other' }))).status).toBe(200);
  });
});

it('both are shown to the caller, with what they were read from', async () => {
  const token = await signToken({
    key,
    issuer: issuer.url,
    claims: { ...ANALYST, act: { sub: 'registered' } },
  });
  const { body } = await gate.call(null, 'GET', '/v1/me', { token });
  expect(body).toMatchObject({
    sub: 'anna',
    actor: { sub: 'registered', kind: 'user', attributes: { communities: ['alpha'] } },
    read_from: { provider: 'generic', claims: { groups: ['groups'] }, attributes: { regions: 'regions' } },
  });
});

it('both are in the audit: who acts in person, and for whom', async () => {
  await ask('SELECT count(*) FROM gold.communities', ANALYST, { sub: 'svc', act: { sub: 'first' } });
  const events = await gate.serving.open.gate.audit.tail(10);
  const decision = events.findLast(({ event }) => event === 'decision');
  expect(decision).toMatchObject({
    subject: { sub: 'svc', kind: 'service', issuer: issuer.url },
    on_behalf_of: { sub: 'anna', issuer: issuer.url },
    prior_actors: [{ sub: 'first', issuer: issuer.url }],
  });
});

it('a steward is told whose reason each is', async () => {
  const claims = { ...OFFICER, act: person({ ...OFFICER, sub: 'other', communities: ['alpha'] }) };
  const token = await signToken({ key, issuer: issuer.url, claims });
  const { body, status } = await gate.call(null, 'POST', '/v1/explain', {
    token,
    body: { sql: 'SELECT email FROM gold.members' },
  });
  expect(status).toBe(200);
  const [decision] = body.decisions as { reasons: { party?: string }[]; trail: { party?: string }[] }[];
  expect(new Set(decision?.reasons.map(({ party }) => party))).toEqual(new Set([undefined, 'actor']));
  expect(new Set(decision?.trail.map(({ party }) => party))).toEqual(new Set([undefined, 'actor']));
});

describe('whoever acts for somebody', () => {
  const own = async (act?: Claims): Promise<Reply> => {
    const claims = act === undefined ? ANALYST : { ...ANALYST, act };
    const token = await signToken({ key, issuer: issuer.url, claims });
    return gate.call(null, 'GET', '/v1/audit?limit=1000', { token });
  };

  it('sees of the record what it did for them, and not what they or others did', async () => {
    await ask('SELECT 1 AS by_herself FROM gold.communities', ANALYST);
    await ask('SELECT 1 AS by_another FROM gold.communities', ANALYST, { sub: 'another' });
    await ask('SELECT 1 AS by_this_one FROM gold.communities', ANALYST, { sub: 'this' });
    const [all, part] = [(await own()).text, (await own({ sub: 'this' })).text];
    for (const word of ['by_herself', 'by_another', 'by_this_one']) expect(all).toContain(word);
    expect(part).toContain('by_this_one');
    expect(part).not.toMatch(/by_herself|by_another/);
  });

  it('is not told what they use', async () => {
    const claims = { ...ANALYST, act: { sub: 'this' } };
    const token = await signToken({ key, issuer: issuer.url, claims });
    expect((await gate.call(null, 'GET', '/v1/usage', { token })).status).toBe(403);
  });
});

describe('who asks what another would see', () => {
  const steward = () => signToken({ key, issuer: issuer.url, claims: OFFICER });
  const given = ({ sub, groups, communities, regions }: Claims) => ({
    sub,
    kind: 'user',
    groups,
    attributes: { communities, ...(regions === undefined ? {} : { regions }) },
  });
  const people = { ANALYST, OFFICER, INTERN };
  const pairs = Object.entries(people).flatMap(([subject, who]) =>
    Object.entries(people).map(([actor, act]) => ({ subject, actor, who, act })),
  );

  it.each(pairs)('is told of $subject through $actor what a token of both gives', async ({ who, act }) => {
    const identity = { ...given(who), actor: given(act) };
    const token = await steward();
    const simulated = await gate.call(null, 'POST', '/v1/simulate', {
      token,
      body: { identities: [identity], datasets: ['gold.members'], columns: true },
    });
    const { cells, identities } = simulated.body as unknown as Simulation;
    expect(identities).toMatchObject([{ sub: who.sub, actor: { sub: act.sub, kind: 'user' } }]);
    const sql = 'SELECT * FROM gold.members ORDER BY member_id';
    const { body } = await ask(sql, who, person(act));
    const shown = cells[0]?.columns?.filter((column) => column.shown !== 'hidden').map(({ name }) => name);
    expect(shown).toEqual(body.columns?.map(({ name }) => name));
    expect(Object.keys(cells[0]?.masked ?? {}).sort()).toEqual(
      body.columns?.flatMap(({ name, masked }) => (masked ? [name] : [])).sort(),
    );
    const explained = await gate.call(null, 'POST', '/v1/explain', { token, body: { sql, identity } });
    const { columns, decisions } = explained.body as unknown as Explanation;
    expect(columns?.map(({ name, masked }) => [name, masked])).toEqual(
      body.columns?.map(({ name, masked }) => [name, masked]),
    );
    expect(new Set(decisions[0]?.trail?.map(({ party = null }) => party))).toEqual(new Set([null, 'actor']));
  });

  it.each([
    ['an anonymous subject', { kind: 'anonymous', actor: { sub: 'svc' } }],
    ['an anonymous actor', { sub: 'anna', actor: { kind: 'anonymous' } }],
    ['an actor with an actor', { sub: 'anna', actor: { sub: 'svc', actor: { sub: 'other' } } }],
  ])('is refused with %s', async (_, identity) => {
    const token = await steward();
    const simulated = await gate.call(null, 'POST', '/v1/simulate', {
      token,
      body: { identities: [identity] },
    });
    const explained = await gate.call(null, 'POST', '/v1/explain', {
      token,
      body: { sql: 'SELECT 1', identity },
    });
    expect([simulated.status, explained.status]).toEqual([400, 400]);
  });
});
