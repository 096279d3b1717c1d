/** A whole gate in this process, on a copy of the example in a folder of its own. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildWarehouse } from '../../examples/energy-community/build-warehouse.ts';
import { readArtifacts } from '../../src/artifacts.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { Observation } from '../../src/observe.ts';
import { developmentIssuer } from '../../src/open.ts';
import { pushAsOperator } from '../../src/push.ts';
import { type Serving, serve } from '../../src/serve.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/energy-community');
const LEFT_OUT = new Set(['.venv', '.sluice', 'logs', 'dbt_packages', 'partial_parse.msgpack']);

/** A copy of the example, warehouse included; the edit changes its sluice.yml. */
export async function copyExample(edit: (yaml: string) => string = (yaml) => yaml): Promise<string> {
  await buildWarehouse();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  cpSync(EXAMPLE, folder, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
  const file = join(folder, 'sluice.yml');
  const yaml = readFileSync(file, 'utf8').replace('port: 8081', 'port: 0').replace('port: 8080', 'port: 0');
  writeFileSync(file, edit(yaml));
  return folder;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: { readonly [key: string]: unknown } & {
    readonly rows?: unknown[][];
    readonly columns?: { name: string; type: string; masked: boolean }[];
    readonly code?: string;
  };
}

export interface TestGate {
  readonly folder: string;
  readonly config: Config;
  readonly address: string;
  readonly serving: Serving;
  readonly observed: Observation[];
  token(persona: string, expiresInSeconds?: number): Promise<string | null>;
  call(
    persona: string | null,
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<Reply>;
  query(persona: string | null, sql: string, rest?: object): Promise<Reply>;
  push(): Promise<void>;
  close(): Promise<void>;
}

export async function startGate(
  options: { edit?: (yaml: string) => string; folder?: string } = {},
): Promise<TestGate> {
  const folder = options.folder ?? (await copyExample(options.edit));
  const config = loadConfig(join(folder, 'sluice.yml'), {});
  const observed: Observation[] = [];
  const metrics = createMetrics();
  const caller = { requestId: 'seed', client: { ip: null, door: 'test', user_agent: null } };
  const serving = await serve(config, {
    port: 0,
    version: '0.0.0',
    metrics,
    observe: (event) => {
      observed.push(event);
      metrics.observe(event);
    },
    seed: async (open) => {
      await pushAsOperator('operator:test', caller, readArtifacts(config, {}), { dryRun: false }, open.gate);
    },
  });
  const tokens = new Map<string, string | null>();
  const gate: TestGate = {
    folder,
    config,
    address: serving.address,
    serving,
    observed,
    async token(persona, expiresInSeconds) {
      const issuer = serving.issuer ?? (await developmentIssuer(config));
      if (issuer === null) throw new Error('no development issuer');
      if (expiresInSeconds !== undefined)
        return issuer.mintToken(persona, { lifetimeMs: expiresInSeconds * 1000 });
      if (!tokens.has(persona)) tokens.set(persona, await issuer.mintToken(persona));
      return tokens.get(persona) ?? null;
    },
    async call(persona, method, path, { body, headers = {} } = {}) {
      const token = persona === null ? null : await gate.token(persona);
      const answer = await fetch(new URL(path, serving.address), {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, text, body: jsonOr(text) };
    },
    query: (persona, sql, rest = {}) => gate.call(persona, 'POST', '/v1/query', { body: { sql, ...rest } }),
    async push() {
      await pushAsOperator(
        'operator:test',
        caller,
        readArtifacts(config, {}),
        { dryRun: false },
        serving.open.gate,
      );
    },
    async close() {
      await serving.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return gate;
}

function jsonOr(text: string): Reply['body'] {
  try {
    return JSON.parse(text) as Reply['body'];
  } catch {
    return {};
  }
}
