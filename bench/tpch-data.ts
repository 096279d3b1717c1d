/** TPC-H for the benches: tables as Parquet, made once for each scale by `tpchgen-cli` (needs Python), its queries, and a warehouse of them. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { guard } from '../src/sql/guard/guard.ts';
import { parse } from '../src/sql/parse.ts';
import { bind } from '../src/sql/resolve/bind.ts';
import type { VerifiedQuery } from '../src/sql/stages.ts';
import { writeProject } from '../test/e2e/project.ts';
import { TPCH } from '../test/sql/tpch.ts';
import { type BenchGate, startGate } from './gate.ts';

const ROOT = join(import.meta.dirname, '..');
const QUERIES = join(ROOT, '../shared/corpora/tpch');
const TOOLS = join(ROOT, '.tools');

export interface TpchQuery {
  /** `q01`. */
  readonly name: string;
  readonly text: string;
}

/** The 22 texts; none where they are not beside the repository. */
export function tpchQueries(): readonly TpchQuery[] {
  if (!existsSync(QUERIES)) return [];
  return readdirSync(QUERIES)
    .sort()
    .map((file) => ({
      name: file.replace('.sql', ''),
      text: readFileSync(join(QUERIES, file), 'utf8').trim().replace(/;$/, ''),
    }));
}

const folderOf = (scale: number): string => join(TOOLS, `tpch-sf${scale}`);

/** The tables as Parquet; a reason where they cannot be made. */
export function makeTpch(scale: number): string | null {
  const folder = folderOf(scale);
  if (existsSync(join(folder, 'lineitem.parquet'))) return null;
  const venv = join(TOOLS, 'tpch-venv');
  const run = (command: string, args: readonly string[]) => execFileSync(command, args, { stdio: 'pipe' });
  try {
    mkdirSync(TOOLS, { recursive: true });
    if (!existsSync(join(venv, 'bin/tpchgen-cli'))) {
      run(process.env.PYTHON ?? 'python3', ['-m', 'venv', venv]);
      run(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', 'tpchgen-cli==4.0.0']);
    }
    run(join(venv, 'bin/tpchgen-cli'), ['parquet', '-s', String(scale), '--output-dir', folder]);
    return null;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  }
}

/** A row filter on the largest table, which 17 of the 22 queries read, and three masks. */
export const POLICIES = `
  - { id: own-rows, on: { id: tpch.lineitem }, rows: { where: "l_shipmode in ('AIR', 'MAIL', 'RAIL', 'SHIP', 'TRUCK')" } }
  - { id: customer-name, on: { column_name: c_name }, mask: { with: hash } }
  - { id: customer-phone, on: { column_name: c_phone }, mask: { with: partial, first: 2, last: 0 } }
  - { id: supplier-address, on: { column_name: s_address }, mask: { with: constant, value: hidden } }`;

/** A gate on the tables as a DuckDB file; without a scale they are empty. @param policies YAML under `policies:` */
export async function startTpch(scale: number | null, policies?: string): Promise<BenchGate> {
  const tables = TPCH.map(({ name, columns }) => ({
    schema: 'tpch',
    name,
    columns: columns.map((column) => `${column.name} ${column.type}`),
  }));
  const folder = await writeProject({
    sql: [
      'CREATE SCHEMA tpch',
      ...tables.map(({ name, columns }) =>
        scale === null
          ? `CREATE TABLE tpch.${name} (${columns.join(', ')})`
          : `CREATE TABLE tpch.${name} AS FROM read_parquet('${join(folderOf(scale), name)}.parquet')`,
      ),
    ],
    tables,
    config: 'limits: { timeout: 600s }',
    ...(policies === undefined ? {} : { policies }),
  });
  return startGate(folder);
}

/** The text with each dataset's name replaced by what `written` gives for it; the rest stays as it is. */
export function replaceTables(
  text: string,
  { open }: BenchGate,
  written: (dataset: string, aliased: boolean) => string,
): string {
  const snapshot = open.gate.metadata.loaded();
  if (snapshot === null) throw new Error('nothing is pushed');
  const { relations } = bind(guard(parse(text, { maxBytes: 1 << 20 })), snapshot.catalogue);
  const places = [...relations].flatMap(([{ location, alias }, relation]) =>
    relation.kind === 'dataset'
      ? [{ at: location ?? 0, name: relation.dataset.name, aliased: alias !== undefined }]
      : [],
  );
  return places
    .sort((a, b) => b.at - a.at)
    .reduce(
      (sql, { at, name, aliased }) =>
        `${sql.slice(0, at)}${written(name, aliased)}${sql.slice(at + name.length)}`,
      text,
    );
}

export interface Timed {
  /** Milliseconds to the last byte. */
  readonly time: number;
  readonly rows: number;
}

/** A text straight at the engine. */
export async function runRaw(text: VerifiedQuery | string, { open }: BenchGate): Promise<Timed> {
  const query =
    typeof text === 'string'
      ? ({ engine: 'warehouse', sql: text, params: [], columns: [] } as unknown as VerifiedQuery)
      : text;
  const started = performance.now();
  const running = await open.gate.engine('warehouse').run(query, {
    requestId: 'bench',
    principal: 'bench',
    encoding: 'ndjson',
    maxRows: 1_000_000,
    maxBytes: Number.MAX_SAFE_INTEGER,
    timeoutMs: 600_000,
    signal: new AbortController().signal,
  });
  let rows = 0;
  for await (const chunk of running.chunks) rows += chunk.rows;
  return { time: performance.now() - started, rows };
}
