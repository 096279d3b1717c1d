/** PostgreSQL as an engine: verified texts run on a server that others keep, each in a read-only transaction of its own. */
import { SluiceError } from '../../errors.ts';
import type { VerifiedQuery } from '../../sql/stages.ts';
import { postgresWitness } from '../../sql/verify-postgres.ts';
import { Admission } from '../admission.ts';
import type {
  Engine,
  EngineObservation,
  PhysicalRelation,
  RunningQuery,
  RunOptions,
  Staged,
  Witness,
} from '../engine.ts';
import { type ConnectionOptions, clientConfig } from './connection.ts';
import { describe } from './describe.ts';
import { Server } from './server.ts';
import { ConnectionLost, QueryStream } from './stream.ts';

export interface PostgresOptions {
  readonly name: string;
  readonly connection: ConnectionOptions;
  /** Queries that run at once on this server. */
  readonly concurrency: number;
  readonly perIdentity: number;
  readonly queue: number;
  /** False where a pooler between keeps no prepared statements. Default true. */
  readonly preparedStatements?: boolean;
  readonly observe?: (event: EngineObservation) => void;
  /** Milliseconds that the server may take to stop a query. Default 2000. */
  readonly graceMs?: number;
  /** Milliseconds after which a reader that takes no rows loses its query. Default 60000. */
  readonly stallMs?: number;
}

/** Does not connect: a server that is down makes the gate not ready, and comes back by itself. @throws SluiceError config_invalid */
export function createPostgresEngine(options: PostgresOptions): Engine {
  return new PostgresEngine(options);
}

/** A query is tried again once where its connection was of no use before it had an answer. */
const ATTEMPTS = 2;

class PostgresEngine implements Engine {
  readonly name: string;
  readonly kind = 'postgres';
  private readonly options: PostgresOptions;
  private readonly admission: Admission;
  private readonly server: Server;
  private readonly running = new Set<QueryStream>();
  private closed = false;

  constructor(options: PostgresOptions) {
    const { name, concurrency, perIdentity, queue, observe = () => {} } = options;
    this.name = name;
    this.options = options;
    this.admission = new Admission({ concurrency, perPrincipal: perIdentity, queue });
    this.server = new Server({
      config: clientConfig(options.connection),
      concurrency,
      onLost: (why) => observe({ kind: 'engine_lost', engine: name, pid: 0, why }),
    });
  }

  async run(query: VerifiedQuery, options: RunOptions): Promise<RunningQuery> {
    this.demandOpen();
    const release = await this.admission.enter(options.principal, options.signal);
    try {
      for (let attempt = 1; ; attempt++) {
        const stream = await this.start(query, options, attempt === ATTEMPTS);
        if (stream === null) continue;
        this.running.add(stream);
        void stream.done.then(() => {
          this.running.delete(stream);
          release();
        });
        return stream;
      }
    } catch (error) {
      release();
      throw error;
    }
  }

  describe(): Promise<readonly PhysicalRelation[]> {
    this.demandOpen();
    return describe(this.server);
  }

  /** PostgreSQL's own parser, which the gate has in itself. */
  async witness(sql: string): Promise<Witness> {
    return postgresWitness(sql);
  }

  /** The server's data is served as it stands. */
  async stage(): Promise<Staged> {
    const relations = await this.describe();
    return { relations, commit: () => {}, discard: async () => {} };
  }

  async publish(): Promise<void> {}

  /** Others write to the server, and it tells nobody. */
  dataVersion(): null {
    return null;
  }

  async health(): Promise<'ready' | 'unavailable'> {
    if (this.closed) return 'unavailable';
    return this.server.ask('SELECT 1').then(
      () => 'ready',
      () => 'unavailable',
    );
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.running].map((stream) => stream.cancel()));
    await this.server.close();
  }

  /** Null where the connection was lost before the query had an answer, and it may be tried again. */
  private async start(query: VerifiedQuery, run: RunOptions, last: boolean): Promise<QueryStream | null> {
    const lease = await this.server.lease();
    if (run.signal.aborted) {
      lease.release(true);
      throw new SluiceError('cancelled');
    }
    try {
      return await QueryStream.start(lease, {
        query,
        run,
        graceMs: this.options.graceMs ?? 2_000,
        stallMs: this.options.stallMs ?? 60_000,
        keepStatements: this.options.preparedStatements ?? true,
        last,
      });
    } catch (error) {
      if (error instanceof ConnectionLost) return null;
      throw error;
    }
  }

  private demandOpen(): void {
    if (this.closed) throw new SluiceError('engine_unavailable');
  }
}
