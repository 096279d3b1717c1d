/** Whoever is no auditor sees what they did themselves, and of what was refused no more than they were told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../src/audit/event.ts';
import { type DurableAuditLog, openAuditLog } from '../../src/audit/log.ts';
import { type AuditReader, openAuditReader } from '../../src/audit/search/reader.ts';
import {
  type AuditAsk,
  type AuditGate,
  auditOfRequest,
  exportAudit,
  searchAudit,
} from '../../src/audit-search.ts';
import { SluiceError } from '../../src/errors.ts';
import { ANONYMOUS, type Identity } from '../../src/identity/identity.ts';
import type { Author } from '../../src/request/on-record.ts';
import { sampleEvent } from './sample.ts';

const ISSUER = 'https://login.example.com';
const who = (sub: string, issuer = ISSUER): Identity => ({ ...ANONYMOUS, sub, kind: 'user', issuer });
const subject = (sub: string, issuer: string | null = ISSUER) => ({ sub, kind: 'user', issuer });

const JWT = `eyJhbGciOiJub25l.eyJ${'a'.repeat(20)}.c`;
const PEOPLE: Readonly<Record<string, Identity>> = {
  ana: who('ana'),
  bob: who('bob'),
  // The same name at another provider, and names that the log blacks out or cuts.
  otherAna: who('ana', 'https://other.example.com'),
  token: who(JWT),
  blackened: who('[token]'),
  long: who('a'.repeat(1024)),
  auditor: who('alma.auditor'),
  // Tokens of ana that somebody acts with.
  agentOfAna: { ...who('ana'), actor: who('agent') },
  otherAgentOfAna: { ...who('ana'), actor: who('other-agent') },
};

const EVENTS: readonly AuditEvent[] = [
  sampleEvent('ana-reads', {
    subject: subject('ana'),
    datasets: ['gold.members'],
    project: 'fraud',
    purpose: 'look',
  }),
  sampleEvent('ana-refused', {
    subject: subject('ana'),
    decision: 'deny',
    error_code: 'dataset_not_found',
    datasets: ['hr.salaries'],
    reasons: ['not discoverable'],
    policy_ids: ['hidden-hr'],
    project: 'secret-room',
  }),
  sampleEvent('bob-reads', { subject: subject('bob') }),
  sampleEvent('other-ana', { subject: subject('ana', 'https://other.example.com') }),
  sampleEvent('agent-for-ana', {
    subject: { sub: 'agent', kind: 'service', issuer: ISSUER },
    on_behalf_of: { sub: 'ana', issuer: ISSUER },
  }),
  sampleEvent('steward-explains-ana', {
    subject: subject('sam.steward'),
    on_behalf_of: { sub: 'ana', issuer: ISSUER },
    action: 'explain',
  }),
  sampleEvent('token-sub', { subject: subject(JWT) }),
  sampleEvent('long-sub', { subject: subject('a'.repeat(1100)) }),
  sampleEvent('operator', { subject: subject('ana', null) }),
];

let folder: string;
let log: DurableAuditLog;
let reader: AuditReader;
let gate: AuditGate;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-view-'));
  const path = join(folder, 'audit.db');
  log = await openAuditLog({ path, survives: 'process_death' });
  reader = openAuditReader({ path });
  for (const event of EVENTS) await log.append(event);
  gate = {
    audit: log,
    auditReader: reader,
    keys: { cursor: new Uint8Array(32).fill(7) },
    now: () => new Date(Date.UTC(2026, 5, 1)),
    // The token is the name of whoever carries it.
    authenticate: async (token) => (token === null ? ANONYMOUS : (PEOPLE[token] ?? ANONYMOUS)),
    refusalOf: async () => null,
    permits: ({ sub }, permission) => permission === 'auditor' && sub === 'alma.auditor',
  };
});
afterAll(async () => {
  await reader.close();
  await log.close();
  rmSync(folder, { recursive: true });
});

const author = (token: string | null): Author => ({
  kind: 'caller',
  caller: {
    requestId: 'looking',
    token,
    client: { ip: null, door: 'http', user_agent: null },
    signal: new AbortController().signal,
  },
});
const search = (token: string | null, ask: Partial<AuditAsk> = {}) =>
  searchAudit(author(token), { filter: {}, ...ask }, gate);
const ids = async (token: string | null, filter: AuditAsk['filter'] = {}) =>
  (await search(token, { filter })).events.map(({ request_id }) => request_id);

describe('who sees whose events', () => {
  test.each([
    { name: 'ana', sees: ['agent-for-ana', 'ana-refused', 'ana-reads'] },
    { name: 'bob', sees: ['bob-reads'] },
    { name: 'agentOfAna', sees: ['agent-for-ana'] },
    { name: 'otherAgentOfAna', sees: [] },
    { name: 'otherAna', sees: ['other-ana'] },
  ])('$name', async ({ name, sees }) => expect(await ids(name)).toEqual(sees));

  test('auditors see everyone', async () => {
    const seen = await ids('auditor', { to: '2026-05-01T00:00:00.000Z' });
    expect(seen).toEqual(EVENTS.map(({ request_id }) => request_id).reverse());
  });

  test.each(['token', 'blackened', 'long'])('%s, whom the log does not tell from others, sees none', (name) =>
    expect(search(name)).rejects.toMatchObject({ code: 'access_denied' }),
  );

  test('whoever has no name is asked for one, and that is on record', async () => {
    await expect(search(null)).rejects.toMatchObject({ code: 'token_missing' });
    expect((await log.tail(1))[0]).toMatchObject({ action: 'audit_search', error_code: 'token_missing' });
  });
});

describe('of a refused request', () => {
  test('nothing shows that was not told', async () => {
    const [event] = (await search('ana', { filter: { request_id: 'ana-refused' } })).events;
    expect(event).toMatchObject({ decision: 'deny', error_code: 'dataset_not_found', datasets: [] });
    expect(JSON.stringify(event)).not.toMatch(/hr|salaries|hidden|discoverable|secret|SELECT|b7e23ec/);
  });

  test.each([
    { dataset: 'hr.salaries' },
    { dataset: 'hr.salaries', decision: 'deny' },
    { project: 'secret-room' },
    { fingerprint: EVENTS[1]?.sql_fingerprint ?? '', decision: 'deny' },
  ])('no search finds what it was about: %o', async (filter) => expect(await ids('ana', filter)).toEqual([]));

  test('policies are not for searching', async () => {
    for (const policy of ['hidden-hr', 'no-such-policy'])
      await expect(search('ana', { filter: { policy } })).rejects.toMatchObject({ code: 'access_denied' });
  });
});

test('own events are shown without what is around them', async () => {
  const [event] = (await search('ana', { filter: { dataset: 'gold.members', project: 'fraud' } })).events;
  expect(event).toMatchObject({ request_id: 'ana-reads', datasets: ['gold.members'], project: 'fraud' });
  for (const field of ['seq', 'hash', 'prev_hash', 'policy_ids', 'reasons', 'snapshot', 'engine'])
    expect(event).not.toHaveProperty(field);
});

test('one request, in its order; another one is not there', async () => {
  const own = await auditOfRequest(author('ana'), 'ana-reads', gate);
  expect(own.events).toHaveLength(1);
  for (const id of ['bob-reads', 'no-such'])
    await expect(auditOfRequest(author('ana'), id, gate)).rejects.toMatchObject({ code: 'not_found' });
});

describe('a cursor', () => {
  test('goes on where the page ended', async () => {
    const first = await search('ana', { limit: 1 });
    const second = await search('ana', { cursor: first.page.next_cursor ?? '' });
    expect([...first.events, ...second.events].map(({ request_id }) => request_id)).toEqual([
      'agent-for-ana',
      'ana-refused',
    ]);
  });

  test.each([
    { name: "is no one else's", use: (cursor: string) => search('bob', { cursor }) },
    { name: 'is of nobody who acts for them', use: (cursor: string) => search('agentOfAna', { cursor }) },
    { name: 'is of no other provider', use: (cursor: string) => search('otherAna', { cursor }) },
    { name: "is no auditor's", use: (cursor: string) => search('auditor', { cursor }) },
    {
      name: 'is of no other search',
      use: (cursor: string) => search('ana', { cursor, filter: { decision: 'allow' } }),
    },
    {
      name: 'cannot be made up',
      use: () => search('ana', { cursor: Buffer.from('[3,100]').toString('base64url') }),
    },
  ])('$name', async ({ use }) => {
    const { page } = await search('ana', { limit: 1 });
    await expect(use(page.next_cursor ?? '')).rejects.toMatchObject({ code: 'cursor_invalid' });
  });

  test('of an auditor is of no use to them once they are none', async () => {
    const { page } = await search('auditor', { limit: 1 });
    const demoted: AuditGate = { ...gate, permits: () => false };
    const asked = searchAudit(author('auditor'), { filter: {}, cursor: page.next_cursor ?? '' }, demoted);
    await expect(asked).rejects.toMatchObject({ code: 'cursor_invalid' });
  });
});

describe('an auditor', () => {
  test('is on record with what they looked for, before they are told', async () => {
    await search('auditor', { filter: { subject: 'bob', dataset: `x${JWT}` } });
    expect((await log.tail(1))[0]).toMatchObject({
      event: 'admin',
      action: 'audit_search',
      subject: { sub: 'alma.auditor' },
      decision: 'allow',
      reasons: ['subject=bob', 'dataset=x[token]'],
    });
  });

  test('is told nothing that could not be put on record', async () => {
    const full: AuditGate = {
      ...gate,
      audit: { ...log, append: () => Promise.reject(new Error('disk full')) },
    };
    await expect(searchAudit(author('auditor'), { filter: {} }, full)).rejects.toThrow('disk full');
  });

  test('exports everything; nobody else does', async () => {
    const { signal } = new AbortController();
    const exported = await exportAudit(author('auditor'), { format: 'ndjson' }, signal, gate);
    if (exported.format !== 'ndjson') throw new Error('another format');
    let text = '';
    for await (const part of exported.lines) text += Buffer.from(part).toString();
    expect(text.split('\n').length).toBeGreaterThan(EVENTS.length);
    for (const name of ['ana', 'token'])
      await expect(exportAudit(author(name), { format: 'ndjson' }, signal, gate)).rejects.toMatchObject({
        code: 'access_denied',
      });
    await expect(exportAudit(author(null), { format: 'parquet' }, signal, gate)).rejects.toMatchObject({
      code: 'token_missing',
    });
  });

  test('who is refused while it is exported gets no more of it', async () => {
    let asked = 0;
    const refusing: AuditGate = {
      ...gate,
      async refusalOf() {
        asked += 1;
        return new SluiceError('identity_denied');
      },
    };
    const { signal } = new AbortController();
    const exported = await exportAudit(author('auditor'), { format: 'ndjson' }, signal, refusing);
    if (exported.format !== 'ndjson') throw new Error('another format');
    await expect.poll(() => asked, { timeout: 10_000 }).toBe(1);
    await expect(exported.lines.next()).rejects.toMatchObject({ code: 'identity_denied' });
  });
});
