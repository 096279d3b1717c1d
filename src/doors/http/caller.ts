/** What the HTTP request tells of its caller: the token, the address, and whether it is still there. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readBearer } from '../../identity/bearer.ts';
import type { Caller } from '../../query.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** As the audit names it. */
    door: 'http' | 'cli';
  }
}

/** The signal aborts when the connection closes before the answer was sent whole. */
export function callerOf(request: FastifyRequest, reply: FastifyReply): Caller {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return {
    requestId: request.id,
    token: readBearer(request.headers.authorization),
    client: {
      ip: request.ip,
      door: request.door,
      user_agent: request.headers['user-agent']?.slice(0, 256) ?? null,
    },
    signal: gone.signal,
  };
}
