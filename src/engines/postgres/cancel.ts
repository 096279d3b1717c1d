/** Asks the server to stop what a connection runs, by the protocol's own message: no privilege is needed for it. */
import pg from 'pg';
import type { GateClient } from './client.ts';

/** What the driver's connection can do beside what its types say (pg 8). */
interface Cancelling {
  connect(port: number, host: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

const PATIENCE_MS = 2_000;

/** Resolves when the server has taken the message, or cannot be reached; whether the query still ran, nobody tells. */
export function cancelBackend(client: GateClient, options: pg.ClientConfig): Promise<void> {
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
