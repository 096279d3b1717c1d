/** `sluice doctor` on what leaves the gate: the audit's sinks and key, webhooks and mail, with real receivers. */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';
import { type Example, example, freePort, sluice } from './run.ts';

if (missingServer !== null) console.warn(`doctor skips the sink in PostgreSQL: ${missingServer}`);

let here: Example;
let plain: string;
let web: Server;
let asked: string[];
beforeAll(async () => {
  here = await example();
  plain = readFileSync(join(here.folder, 'sluice.yml'), 'utf8');
  web = createServer((request, reply) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
    if (request.url === '/moved') reply.writeHead(301, { location: '/hook' }).end();
    else reply.writeHead(request.method === 'POST' ? 204 : 405).end();
  }).listen(0, '127.0.0.1');
  await once(web, 'listening');
});
afterAll(async () => {
  web.close();
  rmSync(here.folder, { recursive: true, force: true });
});

const there = (path: string): string => `http://127.0.0.1:${(web.address() as AddressInfo).port}${path}`;

interface Report {
  readonly engines: readonly {
    readonly engine: string;
    readonly findings: readonly {
      readonly level: string;
      readonly check: string;
      readonly message: string;
    }[];
  }[];
}

/** What it says of one room, with `yaml` added to the example's configuration. */
async function doctor(room: 'audit' | 'notify', yaml: string) {
  asked = [];
  const file = join(here.folder, 'sluice.yml');
  writeFileSync(file, plain);
  appendFileSync(file, `\n${yaml}\n`);
  const { code, stdout, stderr } = await sluice(['doctor', '--json'], { cwd: here.folder });
  expect(stderr).toBe('');
  const { engines } = JSON.parse(stdout) as Report;
  const { findings = [] } = engines.find(({ engine }) => engine === room) ?? {};
  return {
    code,
    stdout,
    told: findings.map(({ level, check, message }) => `${level} ${check}: ${message}`),
  };
}

it('says nothing of what is not configured', async () => {
  expect(await doctor('audit', '')).toMatchObject({ code: 0, told: [] });
  expect(await doctor('notify', '')).toMatchObject({ code: 0, told: [] });
});

describe('the audit', () => {
  it('names the key that signs, and refuses one that cannot', async () => {
    const pem = (kind: 'ed25519' | 'x25519'): string => {
      const file = join(here.folder, `${kind}.pem`);
      const { privateKey } =
        kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
      writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
      return `audit: { signing: { key_file: ${file} } }`;
    };
    const fit = await doctor('audit', pem('ed25519'));
    expect(fit).toMatchObject({
      code: 0,
      told: [expect.stringMatching(/^ok audit_signing: .* key [0-9a-f]{32}$/)],
    });
    const unfit = await doctor('audit', pem('x25519'));
    expect(unfit).toMatchObject({
      code: 2,
      told: [expect.stringMatching(/^problem audit_signing: .*x25519/)],
    });
  });

  it('reaches sinks that are there, sends them nothing, and makes no file', async () => {
    const { code, told } = await doctor(
      'audit',
      `audit:
  sinks:
    - { kind: stdout }
    - { kind: file, path: out/deep/audit.ndjson }
    - { kind: webhook, url: "${there('/hook')}", secret: a secret of the receiver }
    - { kind: otel, endpoint: "${there('/otel')}", headers: { authorization: Bearer a-secret } }`,
    );
    expect(code).toBe(0);
    expect(told.map((one) => one.split(' (')[0])).toEqual([
      'ok audit_sink: sink stdout',
      'ok audit_sink: sink file',
      'ok audit_sink: sink webhook',
      'ok audit_sink: sink otel',
    ]);
    expect(asked).toEqual(['HEAD /hook ', 'HEAD /otel ']);
    expect(existsSync(join(here.folder, 'out'))).toBe(false);
  });

  it('finds those that are not there, without a word of where they lead', async () => {
    const closed = await freePort();
    const { code, told, stdout } = await doctor(
      'audit',
      `audit:
  sinks:
    - { kind: file, path: sluice.yml/audit.ndjson }
    - { kind: webhook, name: gone, url: "http://127.0.0.1:${closed}/path-secret", secret: a secret of the receiver }
    - { kind: webhook, name: moved, url: "${there('/moved')}", secret: a secret of the receiver }
    - { kind: postgres, url: "postgres://gate:hidden@127.0.0.1:${closed}/audit" }`,
    );
    expect(code).toBe(2);
    expect(told).toEqual([
      expect.stringMatching(/^problem audit_sink: sink file .*sluice\.yml is no folder$/),
      'problem audit_sink: sink gone (webhook) does not answer: ECONNREFUSED',
      'warning audit_sink: sink moved (webhook) answers a HEAD with a redirect',
      'problem audit_sink: sink postgres (postgres) cannot be reached: ECONNREFUSED',
    ]);
    expect(stdout).not.toMatch(/path-secret|hidden|a secret/);
  });
});

describe.skipIf(missingServer !== null)('a table of the audit', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
    await server.run(
      `CREATE ROLE shipper LOGIN PASSWORD 'test'`,
      'CREATE SCHEMA own AUTHORIZATION shipper',
      'CREATE TABLE public.closed (instance text, seq bigint, hash text, time timestamptz, event json)',
      'CREATE TABLE public.open (instance text, seq bigint, hash text, time timestamptz, event json)',
      'CREATE TABLE public.other (seq bigint)',
      'GRANT INSERT ON public.open TO shipper',
    );
  });
  afterAll(() => server?.close());

  it.each([
    ['public.open', 0, 'ok', 'may insert into public.open'],
    ['own.fresh', 0, 'ok', 'will make own.fresh, which it may'],
    ['public.closed', 2, 'problem', 'may not insert into public.closed'],
    ['public.fresh', 2, 'problem', 'public.fresh is missing and may not be made'],
    ['public.other', 2, 'problem', 'public.other is there with other columns'],
    ['nowhere.fresh', 2, 'problem', 'the schema of nowhere.fresh is missing'],
  ])('%s', async (table, code, level, words) => {
    const found = await doctor(
      'audit',
      `audit: { sinks: [{ kind: postgres, url: "${server.urlFor('shipper')}", table: ${table} }] }`,
    );
    expect(found.code).toBe(code);
    expect(found.told).toHaveLength(1);
    expect(found.told[0]).toMatch(new RegExp(`^${level} audit_sink: .*${words.replaceAll('.', '\\.')}$`));
    const made = await server.rows(`SELECT 1 FROM pg_class WHERE relname = 'fresh'`);
    expect(made).toEqual([]);
  });
});

describe('notifications', () => {
  it('logs in at the mail server without a mail, and says when it may not', async () => {
    let mails = 0;
    const server = new SMTPServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ password }, _session, done) =>
        password === 'right'
          ? done(null, { user: 'gate' })
          : done(new Error('the password is not right-secret')),
      onData(stream, _session, done) {
        mails++;
        stream.resume().on('end', done);
      },
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.server.address() as AddressInfo;
    const yaml = (password: string): string => `notify:
  base_url: https://gate.example.com
  smtp: { url: "smtp://gate:${password}@127.0.0.1:${port}", from: gate@example.com, starttls: if_offered }
  webhooks: [{ url: "${there('/hook/path-secret')}" }]`;
    try {
      // The server's certificate is nobody's.
      const refused = await doctor('notify', yaml('wrong'));
      expect(refused.code).toBe(2);
      expect(refused.told[0]).toMatch(/^problem notify_mail: .*SMTP (CERT_HAS_EXPIRED|\w*SELF_SIGNED\w*)$/);
      expect(refused.stdout).not.toMatch(/right-secret|wrong/);
      const taken = await doctor('notify', yaml('right').replace('if_offered', 'never'));
      expect(taken.told).toEqual([
        'ok notify_mail: the mail server takes the gate in; no mail was sent',
        expect.stringMatching(
          /^ok notify_webhook: webhook http:\/\/127\.0\.0\.1:\d+\/… [0-9a-f]{8} is there/,
        ),
      ]);
      expect(taken.code).toBe(0);
      expect(taken.stdout).not.toContain('path-secret');
      expect(mails).toBe(0);
    } finally {
      await new Promise<void>((done) => server.close(() => done()));
    }
  });

  it('warns where nobody could follow them', async () => {
    const { told, code } = await doctor('notify', `notify: { webhooks: [{ url: "${there('/hook')}" }] }`);
    expect(code).toBe(0);
    expect(told[1]).toBe('warning notify_base_url: notifications carry no link');
  });
});
