/** Hostile requests of the files in requests/: sent byte by byte as they stand, since fetch would tidy their paths and headers up. */
import { type IncomingHttpHeaders, request } from 'node:http';
import type { Code } from '../../src/errors.ts';
import type { TestGate } from '../e2e/gate.ts';
import { classesIn } from './corpus.ts';

interface Bomb {
  readonly open: string;
  readonly body?: string;
  readonly close: string;
  readonly times: number;
  /** After the body, so many times. */
  readonly repeat?: string;
  readonly many?: number;
}

export interface HostileRequest {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** A body that is not JSON, or not as a program would write it. */
  readonly raw?: string;
  readonly bomb?: Bomb;
  readonly as?: string;
  readonly why?: string;
  readonly code?: Code;
  readonly status?: number;
  /** Stands in the answer. */
  readonly has?: string;
  /** A pattern that may not match anything in the answer, headers included. */
  readonly never?: string;
}

interface RequestClass {
  readonly file: string;
  readonly class: string;
  readonly reason: string;
  /** For the cases that do not say. */
  readonly method?: string;
  readonly path?: string;
  readonly cases: readonly HostileRequest[];
}

export const REQUESTS: readonly RequestClass[] = classesIn<RequestClass>('requests').map((one) => ({
  ...one,
  cases: one.cases.map((asked) => ({
    ...(one.method === undefined ? {} : { method: one.method }),
    ...(one.path === undefined ? {} : { path: one.path }),
    ...asked,
  })),
}));

export function nameOf({ method = 'GET', path = '', query, headers, raw, as, bomb }: HostileRequest): string {
  const rest = [query, headers, raw, bomb]
    .filter((one) => one !== undefined)
    .map((one) => JSON.stringify(one));
  return [method, path, ...rest, as].filter(Boolean).join(' ').slice(0, 110);
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export async function send(gate: TestGate, asked: HostileRequest): Promise<RawAnswer> {
  const { method = 'GET', path = '/', query, headers = {}, as = 'analyst' } = asked;
  const body = bodyOf(asked);
  const token = await gate.token(as);
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
  return exchange(gate.address, {
    method,
    path: path + search,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    },
    body,
  });
}

function bodyOf({ body, raw, bomb }: HostileRequest): string | undefined {
  if (bomb !== undefined) {
    const { open, body: middle = '', close, times, repeat = '', many = 0 } = bomb;
    return open.repeat(times) + middle + repeat.repeat(many) + close.repeat(times);
  }
  return raw ?? (body === undefined ? undefined : JSON.stringify(body));
}

function exchange(
  address: string,
  asked: { method: string; path: string; headers: Record<string, string>; body: string | undefined },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(address);
  const { method, path, headers } = asked;
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          text: Buffer.concat(parts).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(asked.body);
  });
}
