/**
 * One query with the transaction around it, sent at once and executed to its end: a round trip in all. Whatever fails,
 * the server skips the rest, so that the query never runs outside its transaction. Executing without a row limit keeps
 * parallel plans (a fetch size turns them off); holding the connection is what slows the server down.
 */
import type pg from 'pg';
import type { BoundValue } from './bind.ts';
import { isFatal } from './classify.ts';
import type { GateClient } from './client.ts';
import { BEGIN, COMMIT, settingsFor } from './settings.ts';

export interface PipelineQuery {
  readonly sql: string;
  readonly values: readonly BoundValue[];
  readonly statementMs: number;
  /** Whether statements may stay prepared on the connection. */
  readonly keep: boolean;
}

export interface PipelineEvents {
  /** Before the first row. */
  described(fields: readonly pg.FieldDef[]): void;
  /** The transaction is over and the connection is free. */
  completed(): void;
  /** Nothing comes after it. The connection is in a failed transaction, or gone where the error is fatal. */
  failed(error: Error): void;
}

/** Steps of which the third is the query. */
const QUERY = 2;

export class Pipeline implements pg.Submittable {
  private readonly client: GateClient;
  private readonly query: PipelineQuery;
  private readonly events: PipelineEvents;
  private step = 0;
  private over = false;

  constructor(client: GateClient, query: PipelineQuery, events: PipelineEvents) {
    this.client = client;
    this.query = query;
    this.events = events;
  }

  /** Rows that come now are the query's. */
  get atQuery(): boolean {
    return this.step === QUERY;
  }

  submit(connection: pg.Connection): void {
    const { sql, values, statementMs } = this.query;
    connection.stream.cork();
    for (const name of this.client.evicted()) connection.close({ type: 'S', name }, true);
    this.send(connection, BEGIN, []);
    const timeout = { type: '25', value: String(statementMs) };
    this.send(connection, settingsFor(this.client.version), [timeout]);
    this.send(connection, sql, values);
    this.send(connection, COMMIT, []);
    connection.sync();
    connection.stream.uncork();
  }

  private send(connection: pg.Connection, text: string, values: readonly BoundValue[]): void {
    const types = values.map(({ type }) => type);
    const statement = this.client.statement(text, types, this.query.keep);
    if (statement.fresh) connection.parse({ name: statement.name, text, types }, true);
    connection.bind({ statement: statement.name, values: values.map(({ value }) => value) }, true);
    if (text === this.query.sql) connection.describe({ type: 'P' }, true);
    connection.execute(null, true);
  }

  // What follows is called by the driver.

  handleRowDescription(message: { readonly fields: readonly pg.FieldDef[] }): void {
    this.events.described(message.fields);
  }

  handleDataRow(): void {
    // The tap takes them.
  }

  handleCommandComplete(): void {
    this.step += 1;
  }

  handleEmptyQuery(): void {
    this.step += 1;
  }

  handlePortalSuspended(): void {
    // Without a row limit no portal is.
  }

  handleReadyForQuery(): void {
    if (this.over) return;
    this.over = true;
    this.events.completed();
  }

  handleError(error: Error): void {
    if (this.over) return;
    this.over = true;
    if (!isFatal(error)) this.client.failed();
    this.events.failed(error);
  }
}
