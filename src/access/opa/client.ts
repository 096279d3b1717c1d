/**
 * One call to an OPA server: a POST over a kept connection, within a time and a size. Whatever is not a whole JSON document with
 * status 200 is a fault; redirects are never followed, and no part of an answer is in any message.
 */
import { Pool } from 'undici';

export interface OpaClientOptions {
  /** Origin, with the folder that a proxy may want before the path: `https://opa.example.com/team`. */
  readonly url: string;
  /** Of the rule: `/v1/data/sluice/batch`. */
  readonly path: string;
  /** Milliseconds from the call to the last byte of its answer. */
  readonly timeoutMs: number;
  /** Asked before each call; null for none. */
  readonly token: () => string | null;
  readonly tls: OpaTls;
  /** At once; further calls wait, within their time. */
  readonly connections: number;
  /** A connection ended that nobody had asked to end. */
  readonly onLost: () => void;
}

/** PEM. */
export interface OpaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

export interface OpaClient {
  /** The document that was answered, parsed. @throws OpaFault */
  ask(input: unknown): Promise<unknown>;
  close(): Promise<void>;
}

export type OpaFaultKind = 'unreachable' | 'timeout' | 'refused' | 'unusable';

export class OpaFault extends Error {
  readonly kind: OpaFaultKind;

  constructor(kind: OpaFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OpaFault';
    this.kind = kind;
  }
}

/** Fifty decisions take some hundred kilobytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Longer than pauses between queries, shorter than OPA and most proxies keep an idle connection. */
const IDLE_MS = 30_000;

/** What a connection ends with that the other side closed while it was idle. */
const LOST = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

export function createOpaClient(options: OpaClientOptions): OpaClient {
  const { origin, pathname } = new URL(options.url);
  const path = `${pathname.replace(/\/$/, '')}${options.path}?provenance=true`;
  const { ca, cert, key, serverName } = options.tls;
  const pool = new Pool(origin, {
    connections: options.connections,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    headersTimeout: 2 * options.timeoutMs,
    bodyTimeout: 2 * options.timeoutMs,
    maxResponseSize: MOST_BYTES,
    connect: {
      timeout: options.timeoutMs,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(serverName === undefined ? {} : { servername: serverName }),
    },
  });
  pool.on('disconnect', (_origin, _targets, error) => {
    if (codeOf(error) !== 'UND_ERR_INFO') options.onLost();
  });

  async function once(body: string, signal: AbortSignal): Promise<unknown> {
    const token = options.token();
    const {
      statusCode,
      headers,
      body: answer,
    } = await pool.request({
      path,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
      signal,
    });
    if (statusCode !== 200) {
      await answer.dump({ limit: 65_536, signal }).catch(() => {});
      throw new OpaFault('refused', `the OPA server answered with status ${statusCode}`);
    }
    const type = String(headers['content-type'] ?? '');
    if (!/^application\/json\s*(;|$)/i.test(type)) {
      await answer.dump({ limit: 65_536, signal }).catch(() => {});
      throw new OpaFault('unusable', 'the OPA server answered with something that is not JSON');
    }
    const text = await answer.text();
    try {
      return JSON.parse(text);
    } catch {
      throw new OpaFault('unusable', 'the OPA server answered with something that is not JSON');
    }
  }

  return {
    async ask(input) {
      const body = JSON.stringify({ input });
      const signal = AbortSignal.timeout(options.timeoutMs);
      try {
        return await once(body, signal).catch((fault: unknown) => {
          // A decision changes nothing, so it may be asked for again where the connection was gone already.
          if (LOST.has(codeOf(fault)) && !signal.aborted) return once(body, signal);
          throw fault;
        });
      } catch (thrown) {
        throw faultOf(thrown, signal);
      }
    },
    close: () => pool.destroy(),
  };
}

function faultOf(thrown: unknown, signal: AbortSignal): OpaFault {
  if (thrown instanceof OpaFault) return thrown;
  const code = codeOf(thrown);
  if (signal.aborted || code.endsWith('_TIMEOUT'))
    return new OpaFault('timeout', 'the OPA server did not answer in time', { cause: thrown });
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return new OpaFault('unusable', `the OPA server answered with more than ${MOST_BYTES} bytes`);
  return new OpaFault('unreachable', `the OPA server cannot be reached (${code || 'no code'})`, {
    cause: thrown,
  });
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}
