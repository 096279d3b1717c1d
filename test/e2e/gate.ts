/** A whole gate in this process: on a copy of the example, or on a warehouse of a test's own. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildWarehouse } from '../../examples/energy-community/build-warehouse.ts';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Engine } from '../../src/engines/engine.ts';
import type { Gate } from '../../src/gate.ts';
import { createMetrics } from '../../src/observe/metrics.ts';
import type { Observation } from '../../src/observe.ts';
import { pushAsOperator } from '../../src/push.ts';
import { type Serving, serve } from '../../src/serve.ts';
import { readArtifacts } from '../../src/state/artifacts.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/energy-community');
const LEFT_OUT = new Set([
  '.venv',
  '.sluice',
  'logs',
  'dbt_packages',
  'compiled',
  'run',
  'partial_parse.msgpack',
]);
/** A warehouse that another process is still building is gone before it is copied. */
const isKept = (path: string) => !LEFT_OUT.has(basename(path)) && !path.includes('.partial');
const CALLER = { requestId: 'seed', client: { ip: null, door: 'test', user_agent: null } };

/** A copy of the example, warehouse included; the edit changes its sluice.yml. */
export async function copyExample(edit: (yaml: string) => string = (yaml) => yaml): Promise<string> {
  await buildWarehouse();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  cpSync(EXAMPLE, folder, { recursive: true, filter: isKept });
  const file = join(folder, 'sluice.yml');
  const yaml = readFileSync(file, 'utf8').replace('port: 8081', 'port: 0').replace('port: 8080', 'port: 0');
  writeFileSync(file, edit(yaml));
  return folder;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly masked: boolean;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: { readonly [key: string]: unknown } & {
    readonly rows?: unknown[][];
    readonly columns?: Column[];
    readonly code?: string;
    readonly page?: { offset: number; returned: number; has_more: boolean; next_cursor: string | null };
  };
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Instead of the persona's own. */
  readonly token?: string;
  readonly signal?: AbortSignal;
}

export interface TestGate {
  readonly folder: string;
  readonly config: Config;
  readonly address: string;
  readonly serving: Serving;
  readonly observed: Observation[];
  token(persona: string, expiresInSeconds?: number): Promise<string | null>;
  /** The answer as it arrives; null asks without a token. */
  open(persona: string | null, method: string, path: string, options?: CallOptions): Promise<Response>;
  call(persona: string | null, method: string, path: string, options?: CallOptions): Promise<Reply>;
  query(persona: string | null, sql: string, rest?: object): Promise<Reply>;
  /** What lies in the folder now. */
  push(): Promise<void>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly edit?: (yaml: string) => string;
  /** Instead of a copy of the example; removed at the end. */
  readonly folder?: string;
  /** Stands before each engine, to look at what reaches it. */
  readonly engine?: (engine: Engine) => Engine;
}

export async function startGate(options: StartOptions = {}): Promise<TestGate> {
  const folder = options.folder ?? (await copyExample(options.edit));
  const config = loadConfig(join(folder, 'sluice.yml'), {});
  const observed: Observation[] = [];
  const metrics = createMetrics();
  const serving = await serve(config, {
    port: 0,
    version: '0.0.0',
    metrics,
    observe: (event) => {
      observed.push(event);
      metrics.observe(event);
    },
    seed: async ({ gate }) => {
      if (options.engine) decorate(gate, options.engine);
      await pushAsOperator('operator:test', CALLER, readArtifacts(config, {}), { dryRun: false }, gate);
    },
  });
  const tokens = new Map<string, Promise<string | null>>();
  const gate: TestGate = {
    folder,
    config,
    address: serving.address,
    serving,
    observed,
    async token(persona, expiresInSeconds) {
      const { issuer } = serving;
      if (issuer === null) throw new Error('this gate has no development issuer');
      if (expiresInSeconds !== undefined)
        return issuer.mintToken(persona, { lifetimeMs: expiresInSeconds * 1000 });
      const known = tokens.get(persona) ?? issuer.mintToken(persona);
      tokens.set(persona, known);
      return known;
    },
    async open(persona, method, path, { body, headers = {}, token: given, signal } = {}) {
      const token = given ?? (persona === null ? null : await gate.token(persona));
      return fetch(new URL(path, serving.address), {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
    },
    async call(persona, method, path, callOptions) {
      const answer = await gate.open(persona, method, path, callOptions);
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, text, body: jsonOr(text) };
    },
    query: (persona, sql, rest = {}) => gate.call(persona, 'POST', '/v1/query', { body: { sql, ...rest } }),
    async push() {
      const content = readArtifacts(config, {});
      await pushAsOperator('operator:test', CALLER, content, { dryRun: false }, serving.open.gate);
    },
    async close() {
      await serving.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return gate;
}

/** An engine that does what another does, but for some of it. */
export function forward(engine: Engine, instead: Partial<Engine>): Engine {
  return {
    name: engine.name,
    kind: engine.kind,
    describe: () => engine.describe(),
    witness: (sql) => engine.witness(sql),
    run: (query, options) => engine.run(query, options),
    stage: () => engine.stage(),
    publish: () => engine.publish(),
    dataVersion: () => engine.dataVersion(),
    health: () => engine.health(),
    close: () => engine.close(),
    ...instead,
  };
}

function decorate(gate: Gate, wrap: (engine: Engine) => Engine): void {
  const engineOf = gate.engine;
  const wrapped = new Map<string, Engine>();
  Object.assign(gate, {
    engine(name: string): Engine {
      const known = wrapped.get(name) ?? wrap(engineOf(name));
      wrapped.set(name, known);
      return known;
    },
  });
}

function jsonOr(text: string): Reply['body'] {
  try {
    return JSON.parse(text) as Reply['body'];
  } catch {
    return {};
  }
}
