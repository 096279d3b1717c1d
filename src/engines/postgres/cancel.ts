/** Stops what a connection runs, by the protocol's own message: no privilege is needed for it. */
import pg from 'pg';
import type { GateClient } from './client.ts';

/** What the driver's connection can do beside what its types say (pg 8). */
interface Cancelling {
  connect(port: number, host: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

const PATIENCE_MS = 2_000;
/** A cancellation that comes before the query has begun is lost, so it is repeated. */
const REPEAT_MS = 250;

/** As long as one query. */
export class Canceller {
  private readonly client: GateClient;
  private readonly options: pg.ClientConfig;
  private timer: NodeJS.Timeout | null = null;
  private asked = false;

  constructor(client: GateClient, options: pg.ClientConfig) {
    this.client = client;
    this.options = options;
  }

  /** A cancellation may still be on its way, and must not meet another query. */
  get active(): boolean {
    return this.asked;
  }

  /** Asks after `delayMs`, again and again; closes the connection where the server does not stop within the grace. */
  begin(graceMs: number, delayMs = 0): void {
    this.end();
    if (delayMs > 0) {
      this.timer = setTimeout(() => this.begin(graceMs), delayMs);
      return;
    }
    this.asked = true;
    const deadline = performance.now() + graceMs;
    const ask = (): void => {
      if (performance.now() >= deadline) {
        this.client.connection.stream.destroy();
        return;
      }
      void cancelBackend(this.client, this.options);
      this.timer = setTimeout(ask, REPEAT_MS);
    };
    ask();
    // What the server still sends must be read before it can see the cancellation.
    this.client.tap.release();
  }

  /** The server has stopped. */
  end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

/** Resolves when the server has taken the message, or cannot be reached; whether the query still ran, nobody tells. */
function cancelBackend(client: GateClient, options: pg.ClientConfig): Promise<void> {
  const { key } = client;
  if (key === null) return Promise.resolve();
  return new Promise((resolve) => {
    const ssl = options.ssl ?? false;
    const connection = new pg.Connection({ ssl });
    const cancelling = connection as pg.Connection & Cancelling;
    const timer = setTimeout(() => connection.stream.destroy(), PATIENCE_MS);
    const send = (): void => cancelling.cancel(key.processID, key.secretKey);
    connection.on('connect', () => (ssl === false ? send() : cancelling.requestSsl()));
    connection.on('sslconnect', send);
    connection.on('error', () => connection.stream.destroy());
    connection.on('end', () => {
      clearTimeout(timer);
      resolve();
    });
    const { host = 'localhost', port = 5432 } = options;
    if (host.startsWith('/')) connectTo(cancelling, `${host}/.s.PGSQL.${port}`);
    else cancelling.connect(port, host);
  });
}

/** A socket's path goes where the port does. */
function connectTo(connection: Cancelling, path: string): void {
  (connection.connect as unknown as (path: string) => void).call(connection, path);
}
