/** A Keycloak of this test's own: started in memory on a free port, set up through its administration API, ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { REALM, SCOPES } from './realm.ts';

const ADMIN = { username: 'admin', password: 'of this test alone' };
const START_MS = 300_000;

export interface Keycloak {
  /** As its tokens name it. */
  readonly issuer: string;
  /** What the token endpoint answers. @throws where it refuses */
  token(form: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>>;
  /** A new key signs from now on; the old one stays published. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

export async function startKeycloak(home: string): Promise<Keycloak> {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const child = spawn(
    `${home}/bin/kc.sh`,
    ['start-dev', '--db=dev-mem', '--http-host=127.0.0.1', `--http-port=${port}`],
    {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        JAVA_HOME: process.env.JAVA_HOME,
        JAVA_OPTS_KC_HEAP: '-Xms128m -Xmx768m',
        KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // The script starts Java: both end together.
      detached: true,
    },
  );
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(String(text)));
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGTERM');
    await ended;
  };
  try {
    await answering(base, child, said);
    await setUp(base);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    issuer: `${base}/realms/acme`,
    close,
    token: (form) => tokenAt(`${base}/realms/acme/protocol/openid-connect/token`, form),
    async rotate() {
      const providers = await admin(base, 'GET', '/admin/realms/acme');
      await admin(base, 'POST', '/admin/realms/acme/components', {
        name: 'a newer key',
        providerId: 'rsa-generated',
        providerType: 'org.keycloak.keys.KeyProvider',
        parentId: (providers as { id: string }).id,
        config: { priority: ['200'], enabled: ['true'], active: ['true'], algorithm: ['RS256'] },
      });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answering(base: string, child: ChildProcess, said: readonly string[]): Promise<void> {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`${base}/realms/master`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`Keycloak does not answer:\n${said.join('').slice(-4_000)}`);
}

async function tokenAt(url: string, form: Readonly<Record<string, string>>) {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  const body = (await answer.json()) as Readonly<Record<string, unknown>>;
  if (!answer.ok) throw new Error(`${answer.status} ${JSON.stringify(body)}`);
  return body;
}

async function admin(base: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const form = { grant_type: 'password', client_id: 'admin-cli', ...ADMIN };
  const { access_token } = await tokenAt(`${base}/realms/master/protocol/openid-connect/token`, form);
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { authorization: `Bearer ${String(access_token)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? null : JSON.parse(text);
}

interface Named {
  readonly id: string;
  readonly name?: string;
  readonly clientId?: string;
}

async function setUp(base: string): Promise<void> {
  const realm = '/admin/realms/acme';
  await admin(base, 'POST', '/admin/realms', REALM);
  for (const name of new Set(Object.values(SCOPES).flat()))
    await admin(base, 'POST', `${realm}/client-scopes`, {
      name,
      protocol: 'openid-connect',
      attributes: { 'include.in.token.scope': 'true' },
    });
  const scopes = (await admin(base, 'GET', `${realm}/client-scopes`)) as readonly Named[];
  const clients = (await admin(base, 'GET', `${realm}/clients`)) as readonly Named[];
  const idOf = (name: string): string => scopes.find((scope) => scope.name === name)?.id ?? '';
  for (const [clientId, names] of Object.entries(SCOPES)) {
    const client = clients.find((one) => one.clientId === clientId)?.id ?? '';
    const place = `${realm}/clients/${client}/default-client-scopes`;
    await admin(base, 'DELETE', `${place}/${idOf('email')}`);
    for (const name of names) await admin(base, 'PUT', `${place}/${idOf(name)}`);
  }
}
