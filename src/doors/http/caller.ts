/** What the HTTP request tells of its caller: the token, the address, and whether it is still there. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SluiceError } from '../../errors.ts';
import { readBearer } from '../../identity/bearer.ts';
import type { Caller } from '../../query.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** As the audit names it. */
    door: 'http' | 'cli';
  }
}

/** What a body or a query string says of it, beside the headers. */
export interface Within {
  readonly project?: string | undefined;
  readonly purpose?: string | undefined;
}

/**
 * The signal aborts when the connection closes before the answer was sent whole.
 *
 * @throws SluiceError bad_request where header and request name two projects, or two purposes
 */
export function callerOf(request: FastifyRequest, reply: FastifyReply, within: Within = {}): Caller {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return {
    requestId: request.id,
    token: tokenOf(request),
    client: {
      ip: request.ip,
      door: request.door,
      user_agent: request.headers['user-agent']?.slice(0, 256) ?? null,
    },
    signal: gone.signal,
    project: one('X-Sluice-Project', request, 'project', within.project),
    purpose: one('X-Sluice-Purpose', request, 'purpose', within.purpose),
  };
}

/**
 * Of several such headers Node keeps the first, and what stands in front of the gate may have looked at another.
 *
 * @throws SluiceError token_malformed
 */
function tokenOf({ headers, raw: { rawHeaders } }: FastifyRequest): string | null {
  const names = rawHeaders.filter((_, at) => at % 2 === 0);
  if (names.filter((name) => name.toLowerCase() === 'authorization').length > 1)
    throw new SluiceError('token_malformed', 'The request has several Authorization headers');
  return readBearer(headers.authorization);
}

/** One that is empty says nothing. */
function one(
  header: string,
  { headers }: FastifyRequest,
  name: string,
  said: string | undefined,
): string | null {
  const value = headers[header.toLowerCase()];
  const headed = typeof value === 'string' && value !== '' ? value : undefined;
  if (headed !== undefined && said !== undefined && headed !== said)
    throw new SluiceError('bad_request', `${header} and \`${name}\` say two different things.`, {
      hint: 'Say it once.',
    });
  return said ?? headed ?? null;
}
