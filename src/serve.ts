/** `serve`: the development issuer where there is one, the gate, its doors, and an orderly end on SIGTERM or SIGINT. */
import type { Config } from './config.ts';
import { createHttpDoor } from './doors/http/server.ts';
import { SluiceError } from './errors.ts';
import type { DevelopmentIssuer } from './identity/development/issuer.ts';
import { startDevelopmentIssuer } from './identity/development/start.ts';
import type { Metrics } from './observe/metrics.ts';
import type { Observe } from './observe.ts';
import { reloadOnChange } from './open/reload.ts';
import { type OpenGate, openGate, personasOf, stateFolder } from './open.ts';

export interface ServeOptions {
  readonly port: number | undefined;
  readonly version: string;
  readonly observe: Observe;
  readonly metrics: Metrics;
  /** Before the doors open: an empty store is given its first state here. */
  readonly seed: (open: OpenGate) => Promise<void>;
  /** Reads the file of the configuration again; without it, changes of it are not looked for. */
  readonly reread?: () => Config;
}

export interface Serving {
  readonly address: string;
  readonly open: OpenGate;
  /** Null where the configuration names none. */
  readonly issuer: DevelopmentIssuer | null;
  /** Takes `identity:` of the changed file over; never rejects. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** @throws SluiceError port_taken, and whatever keeps the gate from opening */
export async function serve(config: Config, options: ServeOptions): Promise<Serving> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    const issuer = await startIssuer(config);
    if (issuer !== null) closing.push(() => issuer.close());
    const open = await openGate(config, {
      observe: options.observe,
      role: 'serve',
      ...(issuer ? { issuer } : {}),
    });
    closing.push(() => open.close());
    await options.seed(open);
    const door = await createHttpDoor({
      gate: open.gate,
      door: 'http',
      health: { ready: open.ready, instance: open.instance, metrics: () => options.metrics.text() },
      bodyBytes: config.limits.body_bytes,
      pushBytes: config.limits.push_bytes,
      trustedProxies: config.doors.http.trusted_proxies,
      version: options.version,
    });
    closing.push(() => door.close());
    const { host, port: configured } = config.doors.http;
    const port = options.port ?? configured;
    const address = await door.listen({ host, port }).catch((cause: NodeJS.ErrnoException) => {
      throw new SluiceError(
        'port_taken',
        cause.code === 'EADDRINUSE' ? `Port ${port} is taken.` : `The gate cannot listen on ${host}:${port}.`,
        {
          hint: 'Use --port or PORT, or stop what listens there.',
          cause,
        },
      );
    });
    const { reread, observe } = options;
    const reloading =
      reread === undefined ? null : reloadOnChange(config, { reread, apply: open.reloadIdentity, observe });
    closing.push(async () => reloading?.close());
    return { address, open, issuer, reload: async () => reloading?.now(), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function startIssuer(config: Config) {
  const { development } = config.identity;
  const personas = personasOf(config);
  if (development === undefined || personas === null) return null;
  return startDevelopmentIssuer({
    port: development.port,
    environment: config.environment,
    personas,
    audience: development.audience,
    folder: stateFolder(config),
    lifetimeMs: development.token_lifetime,
  });
}
