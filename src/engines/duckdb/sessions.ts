/** Connections of an engine process, one a running query, each with the statements it prepared last. */
import duckdb from '@duckdb/node-bindings';

/** Statements kept prepared on each connection: preparing costs about as much as a small query itself. */
const PREPARED = 64;
/** Longer texts are rarely repeated and their plans are large. */
const CACHED_TEXT = 64 << 10;

export class Session {
  readonly connection: duckdb.Connection;
  private readonly prepared = new Map<string, duckdb.PreparedStatement>();
  private inTransaction = false;

  constructor(connection: duckdb.Connection) {
    this.connection = connection;
  }

  has(sql: string): boolean {
    return this.prepared.has(sql);
  }

  async prepare(sql: string): Promise<duckdb.PreparedStatement> {
    const known = this.prepared.get(sql);
    if (known !== undefined) {
      this.prepared.delete(sql);
      this.prepared.set(sql, known);
      duckdb.clear_bindings(known);
      return known;
    }
    const statement = await duckdb.prepare(this.connection, sql);
    this.prepared.set(sql, statement);
    if (this.prepared.size > PREPARED) this.forget(this.prepared.keys().next().value ?? sql);
    return statement;
  }

  /**
   * What is streamed runs in a transaction: a query that fails in the middle ends its stream as if it were whole (driver
   * 1.5.6), and only a transaction keeps the mark of it.
   */
  async begin(): Promise<void> {
    await duckdb.query(this.connection, 'BEGIN TRANSACTION');
    this.inTransaction = true;
  }

  /** @throws the engine's error where the query that was streamed failed; it does not say of what */
  async demandUnbroken(): Promise<void> {
    await duckdb.query(this.connection, 'SELECT 1');
  }

  /** Leaves nothing of the query behind. */
  async end(): Promise<void> {
    if (this.inTransaction) await duckdb.query(this.connection, 'ROLLBACK');
    this.inTransaction = false;
  }

  /** Called when a statement failed, and for texts that are not worth keeping. */
  forget(sql: string): void {
    const statement = this.prepared.get(sql);
    this.prepared.delete(sql);
    if (statement !== undefined) duckdb.destroy_prepare_sync(statement);
  }

  settle(sql: string): void {
    if (sql.length > CACHED_TEXT) this.forget(sql);
  }
}

/** As many connections as queries run at once; the gate bounds that number. */
export class Sessions {
  private readonly database: duckdb.Database;
  private readonly idle: Session[] = [];

  constructor(database: duckdb.Database) {
    this.database = database;
  }

  /** Prefers a connection that has the statement already. */
  async take(sql: string): Promise<Session> {
    const index = this.idle.findIndex((session) => session.has(sql));
    const [known] = index >= 0 ? this.idle.splice(index, 1) : [this.idle.pop()];
    return known ?? new Session(await duckdb.connect(this.database));
  }

  give(session: Session): void {
    this.idle.push(session);
  }
}
