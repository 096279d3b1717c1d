/** The connections to one server: so many at most, lent one query at a time, and given back only when nothing of it is left. */
import pg from 'pg';
import { SluiceError } from '../../errors.ts';
import { Canceller } from './cancel.ts';
import { failure } from './classify.ts';
import { GateClient } from './client.ts';
import { BEGIN, COMMIT, settingsFor } from './settings.ts';
import { TYPE_ROWS, type TypeRow, Types } from './types.ts';

/** Beside the queries: what the gate itself asks (its health, its catalog, types). */
const OWN_CONNECTIONS = 2;
const IDLE_MS = 60_000;
/** Connections do not grow old: settings of the role and the memory of the process are renewed. */
const LIFETIME_S = 3_600;
/** Time for one of the gate's own queries. */
const OWN_QUERY_MS = 30_000;

export interface ServerOptions {
  readonly config: pg.ClientConfig;
  /** Queries at once. */
  readonly concurrency: number;
  /** An idle connection ended. */
  readonly onLost: (why: string) => void;
}

/** A connection for one query. */
export interface Lease {
  readonly client: GateClient;
  readonly types: Types;
  /** Adds types that are not built in. */
  lookUp(oids: readonly number[]): Promise<void>;
  /** Stops what this connection runs. */
  canceller(): Canceller;
  /** Closes the connection at once. */
  destroy(): void;
  /** @param clean false where anything of the query may be left; the connection is closed then */
  release(clean: boolean): void;
}

export class Server {
  readonly types = new Types();
  private readonly pool: pg.Pool;
  private readonly config: pg.ClientConfig;

  constructor({ config, concurrency, onLost }: ServerOptions) {
    this.config = config;
    this.pool = new pg.Pool({
      ...config,
      max: concurrency + OWN_CONNECTIONS,
      idleTimeoutMillis: IDLE_MS,
      maxLifetimeSeconds: LIFETIME_S,
      // The pool hands its options to the constructor, which the types do not say.
      Client: GateClient as unknown as new () => pg.ClientBase,
    });
    this.pool.on('error', (error) => onLost(error.message));
  }

  /** @throws SluiceError engine_unavailable */
  async lease(): Promise<Lease> {
    const client = await this.connect();
    let held = true;
    return {
      client,
      types: this.types,
      lookUp: (oids) => this.lookUp(oids),
      canceller: () => new Canceller(client, this.config),
      destroy: () => void client.connection.stream.destroy(),
      release(clean) {
        if (held) client.release(!clean);
        held = false;
      },
    };
  }

  async lookUp(oids: readonly number[]): Promise<void> {
    if (oids.length > 0) this.types.add(await this.ask<TypeRow>(TYPE_ROWS, [oids]));
  }

  /** A query of the gate's own, as bounded as everyone's. @throws SluiceError with a 7xxx code */
  async ask<T extends object>(sql: string, params: readonly unknown[] = []): Promise<readonly T[]> {
    const client = await this.connect();
    let clean = false;
    try {
      await client.query(BEGIN);
      await client.query(settingsFor(client.version), [String(OWN_QUERY_MS)]);
      const { rows } = await client.query<T>(sql, [...params]);
      await client.query(COMMIT);
      clean = true;
      return rows;
    } catch (error) {
      throw failure(error instanceof Error ? error : new Error(String(error)));
    } finally {
      client.release(!clean);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async connect(): Promise<GateClient & pg.PoolClient> {
    try {
      return (await this.pool.connect()) as GateClient & pg.PoolClient;
    } catch (cause) {
      throw new SluiceError('engine_unavailable', undefined, { cause, retryAfter: 1 });
    }
  }
}
