/** How the CLI speaks to a gate: over HTTP to a running one, or in process through the same door; the answers are the same. */
import type { Readable } from 'node:stream';
import { request } from 'undici';
import { SluiceError } from '../../errors.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
  /** What the gate says after the body: known once that is read. */
  trailers(): Readonly<Record<string, string>>;
}

export interface GateClient {
  /** For people: where the answers come from. */
  readonly where: string;
  request(call: Call): Promise<Reply>;
  close(): Promise<void>;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly token: string | null;
  readonly accept?: string;
  readonly ifMatch?: string;
  readonly project?: string | undefined;
  readonly purpose?: string | undefined;
  readonly body?: unknown;
}

function headersOf(call: Call): Record<string, string> {
  return {
    accept: call.accept ?? 'application/json',
    'user-agent': 'sluice-cli',
    ...(call.token === null ? {} : { authorization: `Bearer ${call.token}` }),
    ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
    ...(call.project === undefined ? {} : { 'x-sluice-project': call.project }),
    ...(call.purpose === undefined ? {} : { 'x-sluice-purpose': call.purpose }),
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

/** A gate may take its time to the limit that it is configured with; it is not for the caller to be impatient. */
const PATIENCE_MS = 600_000;

/** @param base `http://127.0.0.1:8080`, or with the path that a proxy puts before it */
export function httpClient(base: string): GateClient {
  const root = base.replace(/\/+$/, '');
  return {
    where: root,
    async request(call) {
      // Redirects are not followed: the token is for this gate.
      const answer = await request(`${root}${call.path}`, {
        method: call.method,
        headers: headersOf(call),
        body: call.body === undefined ? null : JSON.stringify(call.body),
        headersTimeout: PATIENCE_MS,
        bodyTimeout: PATIENCE_MS,
      }).catch((cause: unknown) => {
        throw new SluiceError('gate_unreachable', `No gate answers at ${root}.`, {
          hint: 'Is `sluice serve` running there?',
          cause,
        });
      });
      return {
        status: answer.statusCode,
        headers: plain(answer.headers),
        body: answer.body,
        trailers: () => plain(answer.trailers),
      };
    },
    close: async () => {},
  };
}

function plain(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** The part of the HTTP door that is called in process. */
export interface InProcessDoor {
  inject(call: {
    method: Call['method'];
    url: string;
    headers: Record<string, string>;
    payload?: string;
    payloadAsStream: true;
  }): Promise<{
    statusCode: number;
    headers: Record<string, string | string[] | number | undefined>;
    trailers: Record<string, string>;
    stream(): Readable;
  }>;
  close(): Promise<unknown>;
}

/** @param close ends the gate behind the door too */
export function inProcessClient(door: InProcessDoor, close: () => Promise<void>): GateClient {
  return {
    where: 'this process',
    async request(call) {
      const answer = await door.inject({
        method: call.method,
        url: call.path,
        headers: headersOf(call),
        payloadAsStream: true,
        ...(call.body === undefined ? {} : { payload: JSON.stringify(call.body) }),
      });
      return {
        status: answer.statusCode,
        headers: plain(answer.headers),
        body: answer.stream(),
        trailers: () => answer.trailers,
      };
    },
    close,
  };
}

/** @throws SluiceError gate_unreachable where the answer breaks off */
export async function* bytesOf(reply: Reply): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of reply.body) yield part as Uint8Array;
  } catch (cause) {
    throw new SluiceError('gate_unreachable', 'The gate broke the answer off.', {
      hint: 'What was written is not all of it.',
      cause,
    });
  }
}

export async function textOf(reply: Reply): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytesOf(reply)) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** A good answer. @throws RefusedByGate with the problem details of another one */
export async function accepted(reply: Reply): Promise<Reply> {
  if (reply.status >= 300) throw new RefusedByGate(reply.status, await textOf(reply));
  return reply;
}

/** The JSON of a good answer. @throws RefusedByGate */
export async function jsonOf<T>(reply: Reply): Promise<T> {
  const text = await textOf(await accepted(reply));
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new SluiceError('gate_unreachable', 'What answers there is no gate.', { cause });
  }
}

interface ProblemBody {
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string | null;
  readonly position?: number | null;
  readonly details?: readonly string[];
  readonly request_id?: string;
  readonly request_access?: { readonly dataset: string };
}

/** What the gate answered instead of data. */
export class RefusedByGate extends Error {
  readonly status: number;
  readonly problem: ProblemBody;

  constructor(status: number, body: string | ProblemBody) {
    const problem = typeof body === 'string' ? parseProblem(body) : body;
    super(problem.message ?? `The gate answered ${status}.`);
    this.name = 'RefusedByGate';
    this.status = status;
    this.problem = problem;
  }

  withoutPlace(): RefusedByGate {
    return new RefusedByGate(this.status, { ...this.problem, position: null });
  }
}

function parseProblem(text: string): ProblemBody {
  try {
    return JSON.parse(text) as ProblemBody;
  } catch {
    return {};
  }
}
