/** Real OPA servers for tests: found on this machine, started on a free port, and ended with whatever was done to them. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import type { OpaOptions } from '../../../src/access/opa/opa-pdp.ts';
import { loadServedBundle } from '../../../src/access/opa/served-bundle.ts';

/** Where scripts/test-rego.sh looks as well. */
export function findOpa(): string | null {
  const places = [
    process.env.OPA,
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'opa')),
    join(homedir(), 'go', 'bin', 'opa'),
    '.tools/opa',
  ];
  const found = places.find((place) => place !== undefined && place !== '' && existsSync(place)) ?? null;
  if (found === null)
    console.log('OPA is not on this machine (OPA=…, PATH, ~/go/bin, .tools): tests with it are skipped');
  return found;
}

export interface OpaServer {
  readonly url: string;
  /** At once, as a machine that loses its power. */
  kill(): Promise<void>;
  /** Alive, and not answering. */
  pause(): void;
  resume(): void;
  /** On the same port, after it was killed. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface OpaStart {
  /** Rego and data to load, by file name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Bundles to load, by name. */
  readonly bundles?: Readonly<Record<string, Uint8Array>>;
  /** sluice's own bundle, as the gate serves it. Default: true. */
  readonly ours?: boolean;
  readonly args?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
  readonly config?: { readonly bundles?: object; readonly services?: object };
  /** PEM: the port speaks TLS. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

export async function startOpa(start: OpaStart = {}): Promise<OpaServer> {
  const opa = findOpa();
  if (opa === null) throw new Error('no OPA');
  const folder = mkdtempSync(join(tmpdir(), 'sluice-opa-'));
  const args: string[] = [];
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const bundles = {
    ...((start.ours ?? true) ? { sluice: await loadServedBundle().archive() } : {}),
    ...start.bundles,
  };
  // As bundles of the configuration: with --bundle, loose files would be bundles as well.
  const config = {
    bundles: Object.fromEntries(
      Object.entries(bundles).map(([name, bytes]) => [
        name,
        { resource: `file://${put(`${name}.tar.gz`, bytes)}` },
      ]),
    ),
    ...start.config,
  };
  args.push('--config-file', put('config.json', JSON.stringify(config)));
  // Without any bundle OPA would wait for one.
  if (Object.keys(config.bundles).length > 0) args.push('--ready-timeout', '10');
  for (const [name, content] of Object.entries(start.files ?? {})) args.push(put(name, content));
  const port = start.port ?? (await freePort());
  const url = `${start.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  let child: ChildProcess;

  async function run(): Promise<void> {
    child = spawn(
      opa ?? '',
      [
        'run',
        '--server',
        '--skip-version-check',
        '--addr',
        `127.0.0.1:${port}`,
        ...(start.args ?? []),
        ...args,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const running = child;
    process.once('exit', () => running.kill('SIGKILL'));
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk) => {
        said = `${said}${chunk}`.slice(-4_000);
      });
    for (let turn = 0; turn < 400; turn += 1) {
      if (child.exitCode !== null) throw new Error(`OPA ended: ${said}`);
      if (await answers(url, start.tls)) return;
      await setTimeout(25);
    }
    throw new Error(`OPA does not answer: ${said}`);
  }

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  await run();
  return {
    url,
    kill,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    restart: run,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Anything is an answer: a server that wants a token is there. */
async function answers(url: string, tls: OpaStart['tls']): Promise<boolean> {
  if (tls === undefined) {
    return fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
  }
  return new Promise((resolve) => {
    const agent = new Agent({ ...tls, keepAlive: false });
    request(`${url}/health`, { agent }, (answer) => {
      answer.resume();
      resolve(true);
    })
      .on('error', () => resolve(false))
      .end();
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What the configuration gives by default, with the times of a test. */
export function opaOptions(
  url: string,
  over: Partial<OpaOptions> = {},
): OpaOptions & { readonly kind: 'opa' } {
  return {
    kind: 'opa',
    url,
    path: '/v1/data/sluice/batch',
    timeoutMs: 5_000,
    token: () => null,
    tls: {},
    connections: 8,
    cacheMs: 0,
    cacheable: false,
    breaker: { failures: 1_000, openMs: 1_000 },
    revision: loadServedBundle().revision,
    observe: () => {},
    ...over,
  };
}

/** As `opa build --target wasm` compiles it: the whole archive, and what is in it. */
export async function buildWasm(
  entrypoint: string,
  sources: readonly string[],
): Promise<{ archive: Buffer; wasm: Uint8Array<ArrayBuffer> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-wasm-'));
  try {
    const out = join(folder, 'bundle.tar.gz');
    execFileSync(findOpa() ?? '', [
      'build',
      '--target',
      'wasm',
      '--entrypoint',
      entrypoint,
      '--output',
      out,
      ...sources,
    ]);
    const archive = readFileSync(out);
    const entries = await unpackTar(new Uint8Array(gunzipSync(archive)));
    const wasm = entries.find(({ header }) => header.name.endsWith('policy.wasm'))?.data;
    if (wasm === undefined) throw new Error('no policy.wasm');
    return { archive, wasm: new Uint8Array(wasm) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
