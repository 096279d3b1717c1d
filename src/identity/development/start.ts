/** Serves the development issuer on a loopback port of its own. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SluiceError } from '../../errors.ts';
import {
  createDevelopmentIssuer,
  type DevelopmentIssuer,
  type DevelopmentIssuerOptions,
  refuseOutsideDevelopment,
} from './issuer.ts';

export interface RunningDevelopmentIssuer extends DevelopmentIssuer {
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** Where the issuer of a port is, for a process that only mints. */
export function developmentIssuerUrl(port: number): string {
  return `http://${LOOPBACK}:${port}`;
}

/**
 * Port 0 takes a free one. Throws `development_only` outside development, before anything is opened,
 * and `port_taken`.
 */
export async function startDevelopmentIssuer(
  options: DevelopmentIssuerOptions & { readonly port: number },
): Promise<RunningDevelopmentIssuer> {
  refuseOutsideDevelopment(options.environment);
  const server = createServer();
  const port = await listen(server, options.port);
  const close = () => shut(server);
  try {
    const issuer = await createDevelopmentIssuer(developmentIssuerUrl(port), options);
    server.on('request', (request, response) => {
      if (isForUs(request, port)) return issuer.handle(request, response);
      response.writeHead(421).end();
    });
    return { ...issuer, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A page in a browser may point a name of its own at 127.0.0.1 (DNS rebinding); it then sends that name. */
function isForUs({ headers }: IncomingMessage, port: number): boolean {
  return headers.host === `${LOOPBACK}:${port}` || headers.host === `localhost:${port}`;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new SluiceError('port_taken', `Port ${port} of the development issuer is taken`, {
              hint: 'Stop what listens there, or set identity.development.port to another port (0: any).',
            })
          : new SluiceError('port_taken', `The development issuer cannot listen on port ${port}`, { cause }),
      );
    });
    server.listen(port, LOOPBACK, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function shut(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
