/** A process that turns events (a file of NDJSON) into one Parquet file: `parquet-child.ts IN OUT`. A process of its own, so that DuckDB never runs in the gate's. */
import { DuckDBInstance } from '@duckdb/node-api';

/** In the order of the file. Lists stay lists; the hash and the one before come along, so that the chain can be checked. */
const COLUMNS: Readonly<Record<string, string>> = {
  seq: 'BIGINT',
  time: 'TIMESTAMPTZ',
  request_id: 'VARCHAR',
  event: 'VARCHAR',
  subject: 'STRUCT(sub VARCHAR, kind VARCHAR, issuer VARCHAR)',
  on_behalf_of: 'STRUCT(sub VARCHAR, issuer VARCHAR)',
  prior_actors: 'STRUCT(sub VARCHAR, issuer VARCHAR)[]',
  action: 'VARCHAR',
  datasets: 'VARCHAR[]',
  columns: 'VARCHAR[]',
  project: 'VARCHAR',
  purpose: 'VARCHAR',
  decision: 'VARCHAR',
  reasons: 'VARCHAR[]',
  policy_ids: 'VARCHAR[]',
  snapshot: 'VARCHAR',
  sql_fingerprint: 'VARCHAR',
  sql_normalised: 'VARCHAR',
  error_code: 'VARCHAR',
  rows: 'BIGINT',
  bytes: 'BIGINT',
  duration_ms: 'DOUBLE',
  engine: 'VARCHAR',
  client: 'STRUCT(ip VARCHAR, door VARCHAR, user_agent VARCHAR)',
  prev_hash: 'VARCHAR',
  hash: 'VARCHAR',
};

const [source = '', out = ''] = process.argv.slice(2);
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
const instance = await DuckDBInstance.create(':memory:', {
  threads: '1',
  memory_limit: '512MB',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
});
const connection = await instance.connect();
const columns = Object.entries(COLUMNS).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
await connection.run("SET TimeZone = 'UTC'");
await connection.run(
  `COPY (SELECT * FROM read_json(${literal(source)}, format = 'newline_delimited', columns = {${columns.join(', ')}}, maximum_object_size = 4194304))
   TO ${literal(out)} (FORMAT parquet, COMPRESSION zstd)`,
);
