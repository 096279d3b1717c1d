/** A table in PostgreSQL: a row an event, the same one however often it comes. */
import type { Client } from 'pg';
import { quotedTable } from './postgres-table.ts';
import { type Sink, TAKEN } from './sink.ts';

export interface PostgresOptions {
  readonly url: string;
  /** `table` or `schema.table`; made where it is missing. */
  readonly table: string;
  readonly instance: string;
}

const TIMEOUT_MS = 30_000;

/** `json` and not `jsonb`: it keeps the text that the hash covers, and takes every text that JSON can hold. */
const tableOf = (name: string): string => `
  CREATE TABLE IF NOT EXISTS ${name} (
    instance text NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL,
    time timestamptz NOT NULL,
    event json NOT NULL,
    PRIMARY KEY (instance, seq, hash)
  )`;

/** A commit that the server only promises is no confirmation: it would be gone after a crash, and the cursor beyond it. */
const DURABLE = `
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`;

export function postgresSink({ url, table, instance }: PostgresOptions): Sink {
  const name = quotedTable(table);
  const insert = `
    INSERT INTO ${name} (instance, seq, hash, time, event)
    SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::timestamptz[], $5::json[])
    ON CONFLICT DO NOTHING`;
  let client: Client | null = null;

  async function connected(): Promise<Client> {
    if (client !== null) return client;
    const { default: pg } = await import('pg');
    const fresh = new pg.Client({
      connectionString: url,
      application_name: 'sluice audit',
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
      keepAlive: true,
    });
    // Told by the statement that needs it; without a listener it would end the thread.
    fresh.on('error', () => {});
    try {
      await fresh.connect();
      await fresh.query(DURABLE);
      const found = await fresh.query<{ found: string | null }>('SELECT to_regclass($1)::text AS found', [
        name,
      ]);
      if (found.rows[0]?.found == null) await fresh.query(tableOf(name));
    } catch (fault) {
      await fresh.end().catch(() => {});
      throw fault;
    }
    client = fresh;
    return fresh;
  }

  async function close(): Promise<void> {
    const open = client;
    client = null;
    await open?.end().catch(() => {});
  }

  return {
    async ship(batch, signal) {
      const abort = (): void => void close();
      signal.addEventListener('abort', abort, { once: true });
      try {
        const times = batch.map(({ body }) => (JSON.parse(body) as { time: string }).time);
        const columns = [batch.map(({ seq }) => seq), batch.map(({ hash }) => hash), times];
        await (await connected()).query(insert, [instance, ...columns, batch.map(({ body }) => body)]);
        return TAKEN;
      } catch (fault) {
        await close();
        throw fault;
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    close,
  };
}
