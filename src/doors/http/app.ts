/** The Fastify application of the HTTP door: its types, its limits, and the one shape of every fault. */
import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyReply, type FastifyRequest, type FastifyTypeProvider } from 'fastify';
import type { z } from 'zod';
import type { Gate } from '../../gate.ts';
import { problemOf, toSluiceError } from './problem.ts';
import { refuseClient } from './refuse-client.ts';

/** Requests are typed by their schemas. Answers are the spines' own values: their schemas document them, and a test holds both together. */
export interface ZodRequests extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: unknown;
}

export type HttpApp = Awaited<ReturnType<typeof createApp>>;

export interface AppOptions {
  readonly bodyBytes: number;
  readonly gate: Gate;
  /** Addresses and networks whose word on the client's address counts. */
  readonly trustedProxies?: readonly string[];
}

export async function createApp({ bodyBytes, gate, trustedProxies = [] }: AppOptions) {
  return Fastify({
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    logger: false,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    bodyLimit: bodyBytes,
    // A request that dawdles is cut: slow headers and bodies hold a connection, not a query slot.
    requestTimeout: 60_000,
    // Thrown before a route is chosen, so no hook has run.
    frameworkErrors: (thrown, request, reply) => {
      reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff');
      refuse(thrown, request, reply as unknown as FastifyReply, gate);
    },
    clientErrorHandler: (fault, socket) => refuseClient(fault, socket, gate),
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
  }).withTypeProvider<ZodRequests>();
}

/** Tells the caller what was thrown, in the one shape that every fault has. */
export function refuse(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  gate: Gate,
): FastifyReply {
  const error = toSluiceError(thrown);
  gate.observe({ kind: 'request_failed', requestId: request.id, code: error.code, error });
  if (error.status === 401)
    reply.header('www-authenticate', `Bearer error="invalid_token", error_description="${error.code}"`);
  if (error.retryAfter !== null) reply.header('retry-after', String(Math.ceil(error.retryAfter)));
  return reply
    .status(error.status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problemOf(error, request.id));
}
