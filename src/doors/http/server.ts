/** The HTTP door: Fastify, one shape for every fault, a request id on every answer, security headers, bounded bodies. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { jsonSchemaTransform, validatorCompiler } from 'fastify-type-provider-zod';
import helmet from 'helmet';
import { CODES, SluiceError } from '../../errors.ts';
import type { Gate } from '../../gate.ts';
import type { Observation } from '../../observe.ts';
import { createApp, type HttpApp, refuse, type ZodRequests } from './app.ts';
import { accessRequestRoutes } from './routes/access-requests.ts';
import { auditRoutes } from './routes/audit.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { denialRoutes } from './routes/denials.ts';
import { detokeniseRoutes } from './routes/detokenise.ts';
import { grantRoutes } from './routes/grants.ts';
import { type Health, healthRoutes } from './routes/health.ts';
import { lintRoutes } from './routes/lint.ts';
import { metadataRoutes } from './routes/metadata.ts';
import { opaBundleRoutes } from './routes/opa-bundle.ts';
import { planRoutes } from './routes/plan.ts';
import { projectRoutes } from './routes/projects.ts';
import { queryRoutes } from './routes/query.ts';
import { replayRoutes } from './routes/replay.ts';
import { roomRoutes } from './routes/rooms.ts';
import { usageRoutes } from './routes/usage.ts';

export interface HttpDoorOptions {
  readonly gate: Gate;
  /** As the audit names it: the CLI comes in through this door too, in process. */
  readonly door: 'http' | 'cli';
  readonly health: Health;
  /** Bytes of an ordinary request body, and of a metadata push. */
  readonly bodyBytes: number;
  readonly pushBytes: number;
  /** None where absent: the client's address is that of the connection. */
  readonly trustedProxies?: readonly string[];
  readonly version: string;
}

/** What the log and the metrics learn of a request once its answer is out, or has broken off. */
function served(request: FastifyRequest, reply: FastifyReply, begun: number): Observation {
  return {
    kind: 'request_served',
    requestId: request.id,
    door: request.door,
    method: request.method,
    route: request.routeOptions.url ?? null,
    status: reply.raw.writableFinished ? reply.statusCode : CODES.cancelled.status,
    // Not the reply's elapsedTime: Fastify only counts it where it logs by itself or has a hook for responses.
    durationMs: performance.now() - begun,
  };
}

/** A door that is ready to listen; `app.close()` ends it. */
export async function createHttpDoor(options: HttpDoorOptions): Promise<HttpApp> {
  const app = await createApp(options);
  app.decorateRequest('door', options.door);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  // Made once: Fastify's plugin for it makes it anew for each request.
  const secure = helmet({
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
  app.addHook('onRequest', (request, reply, done) =>
    secure(request.raw, reply.raw, (fault) => done(fault as Error | undefined)),
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    // Not onResponse: it is never told of an answer that broke off.
    const begun = performance.now();
    reply.raw.once('close', () => options.gate.observe(served(request, reply, begun)));
  });
  app.setErrorHandler((thrown, request, reply) => refuse(thrown, request, reply, options.gate));
  app.setNotFoundHandler(() => {
    throw new SluiceError('not_found', undefined, { hint: 'See /docs for what there is.' });
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
    usageRoutes(typed, options.gate);
    replayRoutes(typed, options.gate, options.pushBytes);
    catalogueRoutes(typed, options.gate);
    projectRoutes(typed, options.gate);
    roomRoutes(typed, options.gate);
    detokeniseRoutes(typed, options.gate);
    denialRoutes(typed, options.gate);
    metadataRoutes(typed, options.gate, options.pushBytes);
    planRoutes(typed, options.gate, options.pushBytes);
    lintRoutes(typed, options.gate);
    opaBundleRoutes(typed, options.gate);
    accessRequestRoutes(typed, options.gate);
    grantRoutes(typed, options.gate);
    auditRoutes(typed, options.gate);
    healthRoutes(typed, options.health);
    typed.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
  await app.ready();
  return app;
}
