/** How the CLI speaks to a gate: over HTTP to a running one, or in process through the same door; the answers are the same. */
import { Readable } from 'node:stream';
import { SluiceError } from '../../errors.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

export interface GateClient {
  /** For people: where the answers come from. */
  readonly where: string;
  request(call: Call): Promise<Reply>;
  close(): Promise<void>;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly token: string | null;
  readonly accept?: string;
  readonly ifMatch?: string;
  readonly body?: unknown;
}

function headersOf(call: Call): Record<string, string> {
  return {
    accept: call.accept ?? 'application/json',
    'user-agent': 'sluice-cli',
    ...(call.token === null ? {} : { authorization: `Bearer ${call.token}` }),
    ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
    ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

/** @param base `http://127.0.0.1:8080` */
export function httpClient(base: string): GateClient {
  return {
    where: base,
    async request(call) {
      const body = call.body === undefined ? null : JSON.stringify(call.body);
      const answer = await fetch(new URL(call.path, base), {
        method: call.method,
        headers: headersOf(call),
        body,
      }).catch((cause: unknown) => {
        throw new SluiceError('engine_unavailable', `No gate answers at ${base}.`, {
          hint: 'Is `sluice serve` running?',
          cause,
        });
      });
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: answer.body
          ? Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0])
          : Readable.from([]),
      };
    },
    close: async () => {},
  };
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
      const headers = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
      return { status: answer.statusCode, headers: Object.fromEntries(headers), body: answer.stream() };
    },
    close,
  };
}

export async function textOf(reply: Reply): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of reply.body) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts).toString();
}

/** The JSON of a good answer. @throws RefusedByGate with the problem details of a bad one */
export async function jsonOf<T>(reply: Reply): Promise<T> {
  const text = await textOf(reply);
  if (reply.status >= 400) throw new RefusedByGate(reply.status, text);
  return JSON.parse(text) as T;
}

interface ProblemBody {
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string | null;
  readonly position?: number | null;
  readonly details?: readonly string[];
  readonly request_id?: string;
}

/** What the gate answered instead of data. */
export class RefusedByGate extends Error {
  readonly status: number;
  readonly problem: ProblemBody;

  constructor(status: number, text: string) {
    const problem = parseProblem(text);
    super(problem.message ?? `The gate answered ${status}.`);
    this.name = 'RefusedByGate';
    this.status = status;
    this.problem = problem;
  }
}

function parseProblem(text: string): ProblemBody {
  try {
    return JSON.parse(text) as ProblemBody;
  } catch {
    return {};
  }
}
