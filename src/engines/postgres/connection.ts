/** Where the server is and how it is reached: an address in one piece or in parts, with TLS wherever a network lies between. */
import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { SluiceError } from '../../errors.ts';

/** `verify` checks the certificate and its name, `require` encrypts only. */
export type Tls = 'disable' | 'require' | 'verify';

export interface ConnectionOptions {
  /** `postgres://user:password@host:5432/database?sslmode=…`; goes before the parts. */
  readonly url?: string | undefined;
  /** A name, an address, or the folder of a socket. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Default: `verify`, and `disable` where the server is on this machine. */
  readonly ssl?: Tls | undefined;
  /** A file of certificates to trust instead of the system's. */
  readonly sslCa?: string | undefined;
}

const CONNECT_MS = 5_000;
const SSL_MODES: Readonly<Record<string, Tls>> = {
  disable: 'disable',
  require: 'require',
  'verify-ca': 'verify',
  'verify-full': 'verify',
};

/** @throws SluiceError config_invalid, without the address: it holds a password */
export function clientConfig(options: ConnectionOptions): pg.ClientConfig & { readonly host: string } {
  const parts = options.url === undefined ? options : { ...options, ...partsOf(options.url) };
  const { host = 'localhost', port = 5432, database, user, password } = parts;
  if (database === undefined || user === undefined)
    throw new SluiceError('config_invalid', 'A PostgreSQL engine needs a database and a user.');
  return {
    host,
    port,
    database,
    user,
    ...(password === undefined ? {} : { password }),
    ssl: tlsOf(parts.ssl ?? (isLocal(host) ? 'disable' : 'verify'), options.sslCa),
    application_name: 'sluice',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS,
  };
}

function partsOf(text: string): ConnectionOptions {
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw new SluiceError('config_invalid', 'The url of a PostgreSQL engine is not a postgres:// address.');
  const known = { sslmode: url.searchParams.get('sslmode'), host: url.searchParams.get('host') };
  const other = [...url.searchParams.keys()].filter((key) => !(key in known));
  const ssl = known.sslmode === null ? undefined : SSL_MODES[known.sslmode];
  if (other.length > 0 || (known.sslmode !== null && ssl === undefined))
    throw new SluiceError('config_invalid', 'The url of a PostgreSQL engine takes sslmode and host alone.', {
      hint: `sslmode is one of ${Object.keys(SSL_MODES).join(', ')}.`,
    });
  const host = known.host ?? url.hostname.replace(/^\[|\]$/g, '');
  return {
    ...(host === '' ? {} : { host }),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.pathname.length > 1 ? { database: decodeURIComponent(url.pathname.slice(1)) } : {}),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(ssl === undefined ? {} : { ssl }),
  };
}

function isLocal(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function tlsOf(tls: Tls, ca: string | undefined): NonNullable<pg.ClientConfig['ssl']> {
  switch (tls) {
    case 'disable':
      return false;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify':
      return { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca: readCertificates(ca) }) };
    default:
      return tls satisfies never;
  }
}

function readCertificates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SluiceError('config_invalid', `${path}: the certificates cannot be read`, { cause });
  }
}
