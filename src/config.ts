/** Loads sluice.yml into a frozen, complete value; the only module that sees the environment. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { checkReferences } from './config/check.ts';
import type { DeepReadonly } from './config/deep-readonly.ts';
import type { Environment } from './config/environment-values.ts';
import { showPath } from './config/paths.ts';
import { configSchema, type Loaded } from './config/schema.ts';
import { readStrictYaml } from './config/strict-yaml.ts';
import { SluiceError } from './errors.ts';

/** Keys are those of the file. Paths are absolute, durations milliseconds, sizes bytes. */
export type Config = DeepReadonly<Loaded> & {
  /** The file as the caller named it. */
  readonly file: string;
  /** Absolute folder of the file. */
  readonly folder: string;
  /** Dotted paths of values that came from `${NAME}`: never logged. */
  readonly fromEnvironment: readonly string[];
};

/**
 * Reads and checks the file, fills `${NAME}` from `env` and resolves paths against the file's folder.
 * Throws `config_invalid` with every problem in `details`, `development_only` for a development issuer elsewhere.
 */
export function loadConfig(path: string, env: Environment): Config {
  return parseConfig(readConfigFile(path), path, env);
}

/** As `loadConfig`, of a text that is already read. */
export function parseConfig(text: string, path: string, env: Environment): Config {
  const { value, fromEnvironment, lineOf } = readStrictYaml(text, configSchema, {
    file: path,
    env,
    code: 'config_invalid',
  });
  if (value.identity.development !== undefined && value.environment !== 'development') {
    throw new SluiceError(
      'development_only',
      `${path}:${lineOf(['identity', 'development'])}: identity.development needs environment: development`,
      { hint: 'Remove identity.development, or set environment: development on a developer machine.' },
    );
  }
  checkReferences(value, path, lineOf);
  const folder = dirname(resolve(path));
  return deepFreeze({ ...withPort(resolvePaths(value, folder), env), file: path, folder, fromEnvironment });
}

/** Also where they are written into the file itself. */
const SECRET: ReadonlySet<string> = new Set(['password', 'token', 'secret', 'headers']);

/** A copy fit for logs: without anything that came from the environment, and without passwords. */
export function redacted(config: Config): unknown {
  const hidden = new Set(config.fromEnvironment);
  const walk = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (hidden.has(showPath(path))) return '(from the environment)';
    if (typeof value === 'string' && showPath(path).startsWith('keys.tokenise.keys.') && path.length === 4)
      return '(a key)';
    if (showPath(path) === 'audit.signing.key') return '(a key)';
    if (typeof value === 'string') return value.replace(/(\w+:\/\/)[^/@\s]*@/g, '$1***@');
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        SECRET.has(key) ? `(a ${key})` : walk(item, [...path, key]),
      ]),
    );
  };
  return walk(config, []);
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new SluiceError(
      'config_invalid',
      `${path}: ${missing ? 'no such file' : 'the file cannot be read'}`,
      {
        hint: missing ? 'Run `sluice init` to write one, or name another with --config.' : undefined,
        cause,
      },
    );
  }
}

function resolvePaths(value: Loaded, folder: string): Loaded {
  const at = <T extends string | null | undefined>(path: T) =>
    (typeof path === 'string' ? resolve(folder, path) : path) as T;
  const { metadata, identity } = value;
  return {
    ...value,
    engines: Object.fromEntries(
      Object.entries(value.engines).map(([name, engine]) => [
        name,
        engine.kind === 'duckdb'
          ? { ...engine, database: at(engine.database), parquet: at(engine.parquet) }
          : { ...engine, ssl_ca: at(engine.ssl_ca) },
      ]),
    ),
    metadata: {
      ...metadata,
      manifest: at(metadata.manifest),
      catalog: at(metadata.catalog),
      project: at(metadata.project),
      catalogue: at(metadata.catalogue),
    },
    policies: at(value.policies),
    pdp: withPdpFiles(value.pdp, at),
    keys: withKeyFiles(value.keys, at),
    audit: withSinkFiles(withSigningFile(value.audit, at), at),
    identity:
      identity.development === undefined
        ? identity
        : {
            ...identity,
            development: { ...identity.development, personas: at(identity.development.personas) },
          },
    state: `sqlite:${at(value.state.slice('sqlite:'.length))}`,
  };
}

function withKeyFiles({ tokenise }: Loaded['keys'], at: (path: string) => string): Loaded['keys'] {
  if (tokenise === undefined) return {};
  const keys = Object.entries(tokenise.keys).map(([id, key]) => [
    id,
    typeof key === 'string' ? key : { file: at(key.file) },
  ]);
  return { tokenise: { ...tokenise, keys: Object.fromEntries(keys) } };
}

function withSigningFile(audit: Loaded['audit'], at: (path: string) => string): Loaded['audit'] {
  const file = audit.signing?.key_file;
  return file === undefined ? audit : { ...audit, signing: { key_file: at(file) } };
}

function withSinkFiles(audit: Loaded['audit'], at: (path: string) => string): Loaded['audit'] {
  const sinks = audit.sinks.map((sink) => (sink.kind === 'file' ? { ...sink, path: at(sink.path) } : sink));
  return { ...audit, sinks };
}

function withPdpFiles(pdp: Loaded['pdp'], at: <T extends string | undefined>(path: T) => T): Loaded['pdp'] {
  if (pdp.kind === 'embedded') return { ...pdp, bundle: at(pdp.bundle) };
  const { ca, cert, key } = pdp.tls;
  return {
    ...pdp,
    token_file: at(pdp.token_file),
    tls: { ...pdp.tls, ca: at(ca), cert: at(cert), key: at(key) },
  };
}

/** `PORT` is how hosts and `npm start` move the HTTP door without a file. */
function withPort(value: Loaded, env: Environment): Loaded {
  if (env.PORT === undefined || env.PORT === '') return value;
  const port = Number(env.PORT);
  if (!/^\d+$/.test(env.PORT) || port > 65_535) {
    throw new SluiceError('config_invalid', 'The environment variable PORT is not a port number');
  }
  return { ...value, doors: { ...value.doors, http: { ...value.doors.http, port } } };
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const item of Object.values(value)) deepFreeze(item);
  }
  return value;
}
