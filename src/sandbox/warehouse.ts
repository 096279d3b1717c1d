/** The DuckDB files that a sandbox is made in: a stage of what was read, and the file that is handed over. Both lie in a folder of their own until the end. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { SluiceError } from '../errors.ts';
import type { Rows } from './read.ts';
import type { Statements } from './sample.ts';
import {
  decimalLanding,
  identifier,
  isList,
  isUnboundedDecimal,
  JSON_LANDING,
  type Landing,
  landingOf,
  literal,
} from './types.ts';

/** A dataset on the stage; its columns are `c0`, `c1`, …. */
export interface Stage {
  readonly name: string;
  readonly rows: number;
  /** DuckDB's, column by column. */
  readonly types: readonly string[];
}

export interface Finished {
  readonly rows: number;
  readonly hash: string;
}

/** DuckDB reserves twice as much for each thread. */
const USUAL_ROW = 1 << 24;
/** Hex digits: rows are hashed in so many buckets that none grows large. */
const BUCKET = 3;

/** DuckDB's messages quote what they could not convert; the first words tell what kind of failure it was. */
function withoutValues(cause: unknown): never {
  const kind = cause instanceof Error ? /^[A-Z][A-Za-z ]* Error/.exec(cause.message)?.[0] : undefined;
  throw new SluiceError('internal', `The sandbox could not be written (${kind ?? 'DuckDB failed'}).`, {
    cause,
  });
}

export class Warehouse implements Statements {
  private readonly instance: DuckDBInstance;
  private readonly connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.instance = instance;
    this.connection = connection;
  }

  /** @param folder holds the stage; `out` is the file that is handed over */
  static async open(folder: string, out: string): Promise<Warehouse> {
    const instance = await DuckDBInstance.create(`${folder}/stage.duckdb`, {
      temp_directory: `${folder}/spilled`,
    });
    const warehouse = new Warehouse(instance, await instance.connect());
    await warehouse.run("SET GLOBAL TimeZone = 'UTC'");
    await warehouse.run('SET GLOBAL autoinstall_known_extensions = false');
    await warehouse.run(`ATTACH ${literal(out)} AS handed_over`);
    return warehouse;
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql).catch(withoutValues);
  }

  async number(sql: string): Promise<number> {
    return Number((await this.row(sql))[0]);
  }

  private async row(sql: string): Promise<readonly unknown[]> {
    const [row] = (await this.connection.runAndReadAll(sql).catch(withoutValues)).getRows();
    return row ?? [];
  }

  /** @param file NDJSON with keys `c0`, `c1`, … */
  async load(index: number, file: string, { columns, longestBytes }: Rows): Promise<Stage> {
    const name = `t${index}`;
    const shape = columns.map((_, at) => `c${at}: 'VARCHAR'`).join(', ');
    const source = `read_json(${literal(file)}, format = 'newline_delimited', columns = {${shape}}, maximum_object_size = ${Math.max(USUAL_ROW, longestBytes)})`;
    const landings: Landing[] = [];
    for (const [at, { type }] of columns.entries()) landings.push(await this.landing(type, `c${at}`, source));
    const made = landings.map((landing, at) => `${landing.from(`c${at}`)} AS c${at}`);
    await this.run(`CREATE TABLE ${name} AS SELECT ${made.join(', ')} FROM ${source}`);
    const rows = await this.number(`SELECT count(*) FROM ${name}`);
    return { name, rows, types: landings.map(({ type }) => type) };
  }

  /** PostgreSQL does not tell how many digits a bare numeric has, nor how deep a list goes: what was read does. */
  private async landing(type: string, column: string, source: string): Promise<Landing> {
    if (isUnboundedDecimal(type)) {
      const [plain, whole, scale] = await this.row(
        `SELECT coalesce(bool_and(regexp_full_match(${column}, '-?[0-9]+(\\.[0-9]+)?')), true),
                coalesce(max(length(split_part(ltrim(${column}, '-'), '.', 1))), 1),
                coalesce(max(length(split_part(${column}, '.', 2))), 0) FROM ${source}`,
      );
      return decimalLanding(plain === true ? { whole: Number(whole), scale: Number(scale) } : null);
    }
    if (isList(type) && !type.replace(/\[\d*\]$/, '').endsWith(']')) {
      const [deep] = await this.row(`SELECT coalesce(bool_or(${column} LIKE '[[%'), false) FROM ${source}`);
      if (deep === true) return JSON_LANDING;
    }
    return landingOf(type);
  }

  /** In one order of rows, so that equal content is an equal table. */
  async handOver(
    stage: Stage,
    relation: { readonly schema: string; readonly identifier: string },
    columns: readonly string[],
    kept: string | null,
  ): Promise<Finished> {
    const target = `handed_over.${identifier(relation.schema)}.${identifier(relation.identifier)}`;
    const named = columns.map((name, at) => `c${at} AS ${identifier(name)}`).join(', ');
    const where = kept === null ? '' : ` WHERE rowid IN (SELECT rid FROM ${kept})`;
    await this.run(`CREATE SCHEMA IF NOT EXISTS handed_over.${identifier(relation.schema)}`);
    await this.run(`CREATE TABLE ${target} AS SELECT ${named} FROM ${stage.name}${where} ORDER BY ALL`);
    const texts = columns.map((name) => `CAST(${identifier(name)} AS VARCHAR)`).join(', ');
    const [rows, hash] = await this.row(
      `SELECT coalesce(sum(count), 0), sha256(coalesce(string_agg(hash, '' ORDER BY bucket), '')) FROM (
         SELECT bucket, count(*) AS count, sha256(string_agg(line, chr(10) ORDER BY line)) AS hash FROM (
           SELECT line, substr(md5(line), 1, ${BUCKET}) AS bucket FROM (
             SELECT CAST(to_json([${texts}]) AS VARCHAR) AS line FROM ${target})) GROUP BY bucket)`,
    );
    return { rows: Number(rows), hash: String(hash) };
  }

  /** Beside the data, so that the file says by itself what it is. */
  async describe(manifest: string): Promise<void> {
    await this.run('CREATE SCHEMA handed_over._sluice');
    await this.run(
      `CREATE TABLE handed_over._sluice.manifest AS SELECT CAST(${literal(manifest)} AS JSON) AS manifest`,
    );
  }

  /** Everything is in the file then, and nothing beside it. */
  async finish(): Promise<void> {
    await this.run('CHECKPOINT handed_over');
    await this.run('DETACH handed_over');
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}
