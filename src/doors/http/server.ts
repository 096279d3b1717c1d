/** The HTTP door: Fastify, one shape for every fault, a request id on every answer, security headers, bounded bodies. */
import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyReply, type FastifyRequest, type FastifyTypeProvider } from 'fastify';
import { jsonSchemaTransform, validatorCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { CODES, SluiceError } from '../../errors.ts';
import type { Gate } from '../../gate.ts';
import type { Observation } from '../../observe.ts';
import { problemOf, toSluiceError } from './problem.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { type Health, healthRoutes } from './routes/health.ts';
import { metadataRoutes } from './routes/metadata.ts';
import { queryRoutes } from './routes/query.ts';

export interface HttpDoorOptions {
  readonly gate: Gate;
  /** As the audit names it: the CLI comes in through this door too, in process. */
  readonly door: 'http' | 'cli';
  readonly health: Health;
  /** Bytes of an ordinary request body, and of a metadata push. */
  readonly bodyBytes: number;
  readonly pushBytes: number;
  readonly version: string;
}

/** Requests are typed by their schemas. Answers are the spines' own values: their schemas document them, and a test holds both together. */
interface ZodRequests extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: unknown;
}

export type HttpApp = Awaited<ReturnType<typeof createApp>>;

async function createApp({ bodyBytes, gate }: HttpDoorOptions) {
  return Fastify({
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
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
  }).withTypeProvider<ZodRequests>();
}

/** Tells the caller what was thrown, in the one shape that every fault has. */
function refuse(thrown: unknown, request: FastifyRequest, reply: FastifyReply, gate: Gate): FastifyReply {
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

/** What the log and the metrics learn of a request once its answer is out, or has broken off. */
function served(request: FastifyRequest, reply: FastifyReply): Observation {
  return {
    kind: 'request_served',
    requestId: request.id,
    door: request.door,
    method: request.method,
    route: request.routeOptions.url ?? null,
    status: reply.raw.writableFinished ? reply.statusCode : CODES.cancelled.status,
    durationMs: reply.elapsedTime,
  };
}

/** A door that is ready to listen; `app.close()` ends it. */
export async function createHttpDoor(options: HttpDoorOptions): Promise<HttpApp> {
  const app = await createApp(options);
  app.decorateRequest('door', options.door);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    // Not onResponse: it is never told of an answer that broke off.
    reply.raw.once('close', () => options.gate.observe(served(request, reply)));
  });
  app.setErrorHandler((thrown, request, reply) => refuse(thrown, request, reply, options.gate));
  app.setNotFoundHandler(() => {
    throw new SluiceError('not_found', undefined, { hint: 'See /docs for what there is.' });
  });
  await app.register(helmet, {
    // Answers are data: a browser that shows one as a page loads and runs nothing. /docs has a policy of its own.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice',
        version: options.version,
        description: 'A governed gate between dbt data and its readers.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      security: [{ bearer: [] }, {}],
    },
    transform: jsonSchemaTransform,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  await app.register(async (routes) => {
    const typed = routes.withTypeProvider<ZodRequests>() as unknown as HttpApp;
    queryRoutes(typed, options.gate);
    catalogueRoutes(typed, options.gate);
    metadataRoutes(typed, options.gate, options.pushBytes);
    healthRoutes(typed, options.health);
    typed.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
  await app.ready();
  return app;
}
