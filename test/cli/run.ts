/** Runs `sluice` as a process, as a shell would, on a copy of the example with ports of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { copyExample } from '../e2e/gate.ts';

export const MAIN = join(import.meta.dirname, '../../src/main.ts');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  /** Program and first arguments; the sources on this Node by default. */
  readonly command?: readonly [string, ...string[]];
}

const SOURCES: readonly [string, ...string[]] = [process.execPath, MAIN];

export async function sluice(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const [program, ...first] = options.command ?? SOURCES;
  const child = spawn(program, [...first, ...args], { cwd: options.cwd, env: bareEnvironment() });
  child.stdin.end(options.input ?? '');
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number | null, stdout, stderr };
}

/** What moves a gate must not come from whoever runs the tests. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const { PORT: _, SLUICE_CONFIG: _config, SLUICE_LOG: _log, ...rest } = process.env;
  return rest;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Example {
  readonly folder: string;
  readonly port: number;
}

/** A copy of the example whose gate and issuer have ports that other processes know. */
export async function example(): Promise<Example> {
  const folder = await copyExample();
  const port = await freePort();
  const issuer = await freePort();
  const file = join(folder, 'sluice.yml');
  const yaml = readFileSync(file, 'utf8')
    .replace(/(personas: .*\n\s+port: )\d+/, `$1${issuer}`)
    .replace(/(host: .*\n\s+port: )\d+/, `$1${port}`);
  writeFileSync(file, yaml);
  return { folder, port };
}

export interface Served {
  readonly process: ChildProcess;
  readonly address: string;
  /** Standard error so far. */
  readonly said: () => string;
  /** Exit code or signal. */
  readonly ended: Promise<number | string>;
}

/** `sluice serve` in a folder, once it is open. */
export async function serveIn(folder: string, args: readonly string[] = []): Promise<Served> {
  const child = spawn(process.execPath, [MAIN, 'serve', ...args], {
    cwd: folder,
    env: { ...bareEnvironment(), SLUICE_LOG: 'warn' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      said += part;
      const found = /the gate is open at (\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`serve ended: ${said}`)));
  });
  return { process: child, address, said: () => said, ended };
}
