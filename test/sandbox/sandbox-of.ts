/** A sandbox of a test gate's own, made in its folder through the same call as the command's, and a look into the file. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeSandbox, type SandboxAsk, type SandboxManifest } from '../../src/sandbox.ts';
import { readManifestFile } from '../../src/state/artifacts.ts';
import type { TestGate } from '../e2e/gate.ts';

export interface Sandbox {
  readonly path: string;
  readonly manifest: SandboxManifest;
  /** Rows of the file itself, values as texts. */
  rows(sql: string): Promise<unknown[][]>;
}

export async function sandboxOf(
  gate: TestGate,
  persona: string | null,
  ask: Partial<SandboxAsk> & { readonly requestId?: string; readonly signal?: AbortSignal } = {},
): Promise<Sandbox> {
  const { requestId, signal, ...rest } = ask;
  const path = rest.out ?? join(mkdtempSync(join(tmpdir(), 'sluice-sandbox-')), 'sandbox.duckdb');
  const manifest = await makeSandbox(
    {
      requestId: requestId ?? randomUUID(),
      token: persona === null ? null : await gate.token(persona),
      client: { ip: null, door: 'test', user_agent: null },
      signal: signal ?? new AbortController().signal,
    },
    {
      out: path,
      manifestOut: path.replace('.duckdb', '.manifest.json'),
      force: false,
      datasets: [],
      sample: null,
      dbtManifest: readManifestFile(gate.config, undefined),
      onStep: () => {},
      ...rest,
    },
    gate.serving.open.gate,
  );
  return { path, manifest, rows: (sql) => rowsIn(path, sql) };
}

/** @param sql runs with the file as the database, and may attach others */
export async function rowsIn(path: string, ...sql: readonly string[]): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    for (const one of sql.slice(0, -1)) await connection.run(one);
    return (await connection.runAndReadAll(sql.at(-1) ?? '')).getRowsJson() as unknown[][];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
