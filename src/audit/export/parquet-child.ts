/** A process that turns events (a file of NDJSON) into one Parquet file: `parquet-child.ts IN OUT`. A process of its own, so that DuckDB never runs in the gate's. */
import { DuckDBInstance } from '@duckdb/node-api';
import { EVENT_SHAPE, type Shape, typeOf } from '../event-shape.ts';

/** In the order of the file. Lists stay lists; the hash and the one before come along, so that the chain can be checked. */
const COLUMNS: Readonly<Record<string, Shape>> = {
  seq: 'BIGINT',
  ...EVENT_SHAPE,
  time: 'TIMESTAMPTZ',
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
const columns = Object.entries(COLUMNS).map(([name, type]) => `${literal(name)}: ${literal(typeOf(type))}`);
await connection.run("SET TimeZone = 'UTC'");
await connection.run(
  `COPY (SELECT * FROM read_json(${literal(source)}, format = 'newline_delimited', columns = {${columns.join(', ')}}, maximum_object_size = 4194304))
   TO ${literal(out)} (FORMAT parquet, COMPRESSION zstd)`,
);
