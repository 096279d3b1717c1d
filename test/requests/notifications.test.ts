/** Notifications against real receivers: a web server that fails first, a mail server, two gates on one state. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NotifyConfig, notifySchema } from '../../src/config/requests-schema.ts';
import { lettersFor, type Message } from '../../src/notify/letters.ts';
import { createMailer, wordsOf } from '../../src/notify/mail.ts';
import { openPostOffice, type PostOffice, waitAfter } from '../../src/notify/post-office.ts';
import { postTo } from '../../src/notify/webhook.ts';
import type { AccessRequest } from '../../src/requests/request.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Outbox, OutboxRow } from '../../src/store/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { startWorld } from './world.ts';

const SECRET = 'a secret of the operator';

interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers with the statuses in turn, then with 204. */
async function receiver(...statuses: number[]) {
  const received: Received[] = [];
  const server: Server = createServer((request, reply) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
      });
      const status = statuses.shift() ?? 204;
      reply.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook/path-secret`,
    received,
    close: () => new Promise((done) => server.close(done)),
  };
}

const request: AccessRequest = {
  id: 'ar_1',
  kind: 'unmask',
  dataset: 'gold.members',
  project: null,
  columns: ['email'],
  purpose: null,
  policies: ['hash-mail'],
  binding: { uniqueId: 'u', digests: { 'hash-mail': 'd' } },
  asker: { sub: 'rita', issuer: 'https://login.example.com', email: 'rita@example.com' },
  through: [],
  reason: 'letters came back from Elm Street 5',
  seconds: 60,
  until: null,
  state: 'open',
  createdAt: 1000,
  closedAt: null,
  closing: null,
  approvals: [],
};

const configOf = (given: object): NotifyConfig => notifySchema.parse(given);

describe('what is told', () => {
  it('goes to those whom policies and owners have addresses for, else to the default', () => {
    const config = configOf({
      smtp: { url: 'smtp://localhost', from: 'gate@example.com' },
      to: {
        'hash-mail': ['officers@example.com'],
        'Team Finance': 'finance@example.com',
        default: 'stewards@example.com',
      },
    });
    const requirement = { key: 'k', name: 'n', approver: { kind: 'steward' }, approvers: 1 } as const;
    const letters = (policy: string | null, owner: string | null) =>
      lettersFor(
        { kind: 'asked', at: 1, request, requirements: [{ ...requirement, policy, owner }] },
        config,
      ).map(({ target }) => target);
    expect(letters('hash-mail', null)).toEqual(['officers@example.com']);
    expect(letters(null, 'Team Finance')).toEqual(['finance@example.com']);
    expect(letters(null, '__proto__')).toEqual(['stewards@example.com']);
    expect(lettersFor({ kind: 'denied', at: 1, request }, config).map(({ target }) => target)).toEqual([
      'rita@example.com',
    ]);
  });

  it('holds neither policies, nor what people wrote, nor a secret of the configuration', () => {
    const config = configOf({
      base_url: 'https://gate.example.com/',
      webhooks: [{ url: 'https://hooks.example.com/T0/path-secret', secret: SECRET }],
      smtp: { url: 'smtp://user:hunter2@localhost', from: 'gate@example.com' },
      before_expiry: '10s',
    });
    const grant = { id: 'gr_1', until: 2000 };
    const letters = lettersFor({ kind: 'approved', at: 1000, request, grant }, config);
    const all = JSON.stringify(letters);
    for (const secret of ['hash-mail', 'Elm Street', 'path-secret', SECRET, 'hunter2'])
      expect(all).not.toContain(secret);
    expect(all).toContain('https://gate.example.com/v1/access-requests/ar_1');
    expect(letters.map(({ channel, target, dueAt }) => [channel, target.split('/…')[0], dueAt])).toEqual([
      ['webhook', 'https://hooks.example.com', 1000],
      ['mail', 'rita@example.com', 1000],
      ['clock', 'expired', 2000],
      ['clock', 'expiring', 1990],
    ]);
  });

  it('has no line that a name brought along', () => {
    const evil = 'x\r\nBcc: all@example.com\r\n\r\n<b>\u2028\u202e';
    const [letter] = lettersFor(
      {
        kind: 'denied',
        at: 1,
        request: { ...request, dataset: evil, asker: { ...request.asker, sub: evil } },
      },
      configOf({ smtp: { url: 'smtp://localhost', from: 'gate@example.com' } }),
    );
    const { subject, text } = wordsOf(JSON.parse(letter!.body) as Message);
    expect(subject).not.toMatch(/[\r\n\u2028\u202e]/);
    expect(text.split('\n').filter((line) => line.startsWith('Bcc'))).toEqual([]);
  });

  it('an address with anything but an address in it is none', () => {
    for (const from of ['a@b.c\r\nBcc: x@y.z', 'a <a@b.c>', 'a@b.c,x@y.z', 'a'])
      expect(() => configOf({ smtp: { url: 'smtp://localhost', from } })).toThrow();
    expect(() => configOf({ webhooks: [{ url: 'https://user:pw@hooks.example.com' }] })).toThrow();
    expect(() => configOf({ webhooks: [{ url: 'ftp://hooks.example.com' }] })).toThrow();
    const secret = 'whsec_no-base64-at-all';
    expect(() => configOf({ webhooks: [{ url: 'https://hooks.example.com', secret }] })).toThrow();
  });

  it('waits ever longer, and never as long as everyone else', () => {
    const waits = [1, 2, 3, 8, 40].map((attempts) => waitAfter(attempts, () => 0.5));
    expect(waits).toEqual([2, 4, 8, 256, 3600]);
    expect(waitAfter(3, () => 0)).toBe(4);
    expect(waitAfter(3, () => 0.999)).toBe(12);
  });
});

describe('delivery', () => {
  let folder: string;
  let store: Store;
  let now: number;
  const offices: PostOffice[] = [];
  const failures: { dead: boolean }[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-outbox-'));
    store = await openStore(`sqlite:${join(folder, 'state.db')}`);
    now = 1_700_000_000;
  });
  afterEach(async () => {
    for (const office of offices.splice(0)) await office.close();
    failures.length = 0;
  });
  afterAll(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function office(
    deliver: (letter: OutboxRow, signal: AbortSignal) => Promise<void>,
    outbox: Outbox = store.outbox,
  ) {
    const opened = openPostOffice({
      outbox,
      deliver,
      timeoutMs: 1000,
      attempts: 4,
      everyMs: null,
      now: () => new Date(now * 1000),
      random: () => 0.5,
      failed: (_letter, problem) => failures.push(problem),
      broken: (error) => {
        throw error;
      },
    });
    offices.push(opened);
    return opened;
  }

  const hook = (url: string) => (letter: OutboxRow, signal: AbortSignal) =>
    postTo({ url, secret: SECRET, events: ['denied'] }, JSON.parse(letter.body) as Message, now, signal);
  const put = (url: string, kind: 'denied' | 'withdrawn' = 'denied') =>
    store.outbox.put(
      lettersFor({ kind, at: now, request }, configOf({ webhooks: [{ url, secret: SECRET }] })),
    );

  it('is tried again until the receiver takes it, signed each time, following nowhere', async () => {
    const target = await receiver(500, 302);
    await put(target.url);
    const { nudge, drained } = office(hook(target.url));
    nudge();
    await drained();
    expect((await store.outbox.list('waiting', 10)).map(({ problem }) => problem)).toEqual(['HTTP 500']);
    // Not before its time.
    await drained();
    expect(target.received).toHaveLength(1);
    for (let i = 0; i < 4; i++) {
      now += 10;
      await drained();
    }
    expect(target.received.map(({ path }) => path)).toEqual(Array(3).fill('/hook/path-secret'));
    const ids = target.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(1);
    for (const { headers, body } of target.received) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      const wanted = createHmac('sha256', SECRET).update(signed).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${wanted}`);
    }
    expect(await store.outbox.list('waiting', 10)).toEqual([]);
    await target.close();
  });

  it('is given up in the end, and listed', async () => {
    const target = await receiver(500, 500, 500, 500, 500, 500);
    await put(target.url);
    const { drained } = office(hook(target.url));
    for (let i = 0; i < 8; i++) {
      await drained();
      now += 100;
    }
    expect(target.received).toHaveLength(4);
    expect(failures.map(({ dead }) => dead)).toEqual([false, false, false, true]);
    const [dead] = await store.outbox.list('dead', 10);
    expect(dead).toMatchObject({ attempts: 4, problem: 'HTTP 500' });
    expect(JSON.stringify(dead)).not.toContain('path-secret');
    await target.close();
  });

  it('a receiver that is not there, or never answers, holds nobody up', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo;
    await put(`http://127.0.0.1:${port}/`);
    const { drained } = office(hook(`http://127.0.0.1:${port}/`));
    await drained();
    expect((await store.outbox.list('waiting', 1))[0]?.problem).toBe('no answer in time');
    silent.closeAllConnections();
    await new Promise((done) => silent.close(done));
    now += 100;
    await drained();
    expect((await store.outbox.list('waiting', 1))[0]?.problem).toBe('no connection (ECONNREFUSED)');
  });

  it('of two gates on one state, one delivers', async () => {
    now += 100_000;
    const other = await openStore(`sqlite:${join(folder, 'state.db')}`);
    const seen: number[] = [];
    const deliver = async (letter: OutboxRow) => void seen.push(letter.id);
    const two = [office(deliver), office(deliver, other.outbox)];
    const target = { url: 'http://127.0.0.1:1/' };
    for (let i = 0; i < 25; i++) await put(target.url);
    await Promise.all(two.map(({ drained }) => drained()));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(25);
    await other.close();
  });

  it('what somebody took and died over is delivered by the next', async () => {
    await put('http://127.0.0.1:1/', 'withdrawn');
    const [taken] = await store.outbox.take(now, now + 60, 10);
    const seen: number[] = [];
    const { drained } = office(async (letter) => void seen.push(letter.id));
    await drained();
    expect(seen).toEqual([]);
    now += 60;
    await drained();
    expect(seen).toEqual([taken!.id]);
  });
});

describe('mail', () => {
  async function mailServer(options: object = {}) {
    const mails: { readonly to: readonly string[]; readonly text: string; readonly user: string | null }[] =
      [];
    const server = new SMTPServer({
      disabledCommands: ['STARTTLS'],
      authOptional: true,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        password === 'p@ss' ? done(null, { user: username ?? '' }) : done(new Error('no')),
      onData(stream, session, done) {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          const user = typeof session.user === 'string' ? session.user : null;
          mails.push({ to, text: Buffer.concat(parts).toString(), user });
          done();
        });
      },
      ...options,
    });
    server.on('error', () => {});
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.server.address() as AddressInfo;
    return { port, mails, close: () => new Promise<void>((done) => server.close(done)) };
  }

  const message = JSON.parse(
    lettersFor(
      { kind: 'denied', at: 1, request },
      configOf({ webhooks: [{ url: 'http://x.example.com' }] }),
    )[0]!.body,
  ) as Message;

  it('arrives as a plain text for one person, with the password of the URL', async () => {
    const server = await mailServer();
    const url = `smtp://gate:p%40ss@127.0.0.1:${server.port}`;
    const mailer = createMailer({ url, from: 'gate@example.com', starttls: 'never' }, 2000);
    await mailer.send('rita@example.com', message);
    mailer.close();
    expect(server.mails).toHaveLength(1);
    const [mail] = server.mails;
    expect(mail).toMatchObject({ to: ['rita@example.com'], user: 'gate' });
    expect(mail!.text).toContain('Subject: Your access request was denied: gold.members');
    expect(mail!.text).toContain('sluice requests show ar_1');
    expect(mail!.text).not.toContain('Elm Street');
    expect(mail!.text).toContain('Auto-Submitted: auto-generated');
    await server.close();
  });

  it('has a name of its own for each receiver, and the same one when it comes again', async () => {
    const server = await mailServer();
    const url = `smtp://127.0.0.1:${server.port}`;
    const mailer = createMailer({ url, from: 'gate@example.com', starttls: 'never' }, 2000);
    const receivers = ['data-governance-north@example.com', 'data-governance-south@example.com'];
    for (const to of [...receivers, ...receivers]) await mailer.send(to, message);
    mailer.close();
    await server.close();
    const names = server.mails.map(({ text }) => /^Message-ID:\s+(<.*@example\.com>)/m.exec(text)?.[1]);
    expect(names).toEqual([names[0], names[1], names[0], names[1]]);
    expect(new Set(names).size).toBe(2);
    expect(names).not.toContain(undefined);
  });

  it('is not sent over a connection that is not encrypted, unless that is said', async () => {
    const server = await mailServer();
    const url = `smtp://127.0.0.1:${server.port}`;
    const mailer = createMailer({ url, from: 'gate@example.com', starttls: 'require' }, 2000);
    await expect(mailer.send('rita@example.com', message)).rejects.toThrow(/^SMTP /);
    mailer.close();
    expect(server.mails).toEqual([]);
    await server.close();
  });

  it('fails in words that hold neither the password nor what the server said', async () => {
    const server = await mailServer();
    const url = `smtp://gate:wrong-hunter2@127.0.0.1:${server.port}`;
    const mailer = createMailer({ url, from: 'gate@example.com', starttls: 'never' }, 2000);
    const failed = await mailer.send('rita@example.com', message).catch((error: Error) => error.message);
    expect(failed).toBe('SMTP EAUTH 535');
    mailer.close();
    await server.close();
  });
});

describe('a whole gate', () => {
  it('tells of asking, approval and end, once each, and has the end on record', async () => {
    const target = await receiver(500);
    const world = await startWorld(`notify: { webhooks: [{ url: "${target.url}", secret: "${SECRET}" }] }`);
    const { id } = await world.ask('rita', { kind: 'dataset', dataset: 'vault.payouts', duration: 2 });
    await world.approve('olga', id);
    const types = () => target.received.map(({ body }) => (JSON.parse(body) as Message).type.split('.')[1]);
    await expect
      .poll(() => new Set(types()), { timeout: 15_000 })
      .toEqual(new Set(['asked', 'approved', 'expired']));
    const events = await world.serving.open.gate.audit.tail(100);
    const ends = events.filter(({ action }) => action === 'expire');
    expect(ends).toMatchObject([{ event: 'grant', subject: { sub: 'sluice' }, datasets: ['vault.payouts'] }]);
    expect(ends[0]?.reasons).toContain(`request ${id}`);
    const listed = await world.call('stew', 'GET', '/v1/notifications');
    expect(listed.text).not.toContain('path-secret');
    expect(listed.text).not.toContain(SECRET);
    const { notifications } = JSON.parse(listed.text) as { notifications: { event: string }[] };
    expect(new Set(notifications.map(({ event }) => event))).toEqual(
      new Set(['asked', 'approved', 'expired']),
    );
    await world.close();
    await target.close();
  }, 60_000);
});
