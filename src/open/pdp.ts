/** Puts the decision point of the configuration together: what it needs of files is read here. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import type { OpaTls } from '../access/opa/client.ts';
import { createPdp, type Pdp } from '../access/pdp.ts';
import type { Config } from '../config.ts';
import { SluiceError } from '../errors.ts';
import type { Observe } from '../observe.ts';

/**
 * @param revision of the bundle that this gate serves
 * @throws SluiceError config_invalid for a file that cannot be read
 */
export async function openPdp({ pdp }: Config, revision: string, observe: Observe): Promise<Pdp> {
  if (pdp.kind === 'embedded') {
    const { bundle, entrypoint, cacheable } = pdp;
    if (bundle === undefined) return createPdp({ kind: 'embedded' });
    return createPdp({ kind: 'embedded', ...(await readBundle(bundle)), entrypoint, cacheable });
  }
  const { url, path, timeout, connections, cache, cacheable, breaker } = pdp;
  return createPdp({
    kind: 'opa',
    url,
    path,
    timeoutMs: timeout,
    token: tokenOf(pdp),
    tls: readTls(pdp.tls),
    connections,
    cacheMs: cache,
    cacheable,
    breaker: { failures: breaker.failures, openMs: breaker.open_for },
    revision,
    observe,
  });
}

type OpaConfig = Extract<Config['pdp'], { kind: 'opa' }>;

/** How long a token from a file is taken for the current one: what a platform renews is valid for longer. */
const TOKEN_MS = 10_000;

function tokenOf({ token, token_file: file }: OpaConfig): () => string | null {
  if (file === undefined) return () => token ?? null;
  let read = { token: readToken(file), at: performance.now() };
  return () => {
    if (performance.now() - read.at > TOKEN_MS) read = { token: readToken(file), at: performance.now() };
    return read.token;
  };
}

function readToken(file: string): string {
  const token = text('pdp.token_file', file).trim();
  // Anything else would be no header, or more than one.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new SluiceError('config_invalid', `pdp.token_file: ${file} does not hold a token`);
  return token;
}

function readTls({ ca, cert, key, server_name: serverName }: OpaConfig['tls']): OpaTls {
  return {
    ...(ca === undefined ? {} : { ca: text('pdp.tls.ca', ca) }),
    ...(cert === undefined ? {} : { cert: text('pdp.tls.cert', cert) }),
    ...(key === undefined ? {} : { key: text('pdp.tls.key', key) }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function text(key: string, file: string): string {
  return bytes(key, file).toString('utf8');
}

function bytes(key: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SluiceError('config_invalid', `${key}: ${file} cannot be read`, { cause });
  }
}

const WASM_MAGIC = Buffer.from('\0asm');

/** What `opa build --target wasm` writes, whole or only the module in it. */
async function readBundle(file: string): Promise<{ wasm: Uint8Array<ArrayBuffer>; data: object }> {
  const given = bytes('pdp.bundle', file);
  if (given.subarray(0, 4).equals(WASM_MAGIC)) return { wasm: new Uint8Array(given), data: {} };
  const parts = await partsOf(given).catch((cause: unknown) => {
    throw new SluiceError('config_invalid', `pdp.bundle: ${file} is no bundle of OPA`, { cause });
  });
  const wasm = parts.get('policy.wasm');
  if (wasm === undefined)
    throw new SluiceError('config_invalid', `pdp.bundle: ${file} holds no policy.wasm`, {
      hint: 'Build it with `opa build --target wasm --entrypoint acme/batch`.',
    });
  const data: unknown = JSON.parse(Buffer.from(parts.get('data.json') ?? Buffer.from('{}')).toString('utf8'));
  return { wasm: new Uint8Array(wasm), data: data as object };
}

async function partsOf(archive: Buffer): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = await unpackTar(new Uint8Array(gunzipSync(archive)));
  return new Map(
    entries.map(({ header, data }) => [header.name.replace(/^\.?\//, ''), data ?? new Uint8Array()]),
  );
}
