/** GET /health/live, /health/ready and /metrics. */
import { liveAnswer, metricsAnswer, readyAnswer } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';

/** What the door needs to answer for the whole gate. */
export interface Health {
  /** Tells a gate on one state from a gate on another. */
  readonly instance: string;
  /** Names of parts that are not ready, empty when all are. */
  ready(): Promise<readonly string[]>;
  /** Prometheus text. */
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
}

export function healthRoutes(app: HttpApp, health: Health): void {
  const schema = { tags: ['health'], security: [] };
  app.get(
    '/health/live',
    {
      schema: { ...schema, summary: 'The process answers', response: { 200: liveAnswer } },
      logLevel: 'silent',
    },
    async () => ({ status: 'live', instance: health.instance }),
  );

  app.get(
    '/health/ready',
    {
      schema: {
        ...schema,
        summary: 'Snapshot, engines, audit and decision point are available',
        response: { 200: readyAnswer, 503: readyAnswer },
      },
      logLevel: 'silent',
    },
    async (_request, reply) => {
      const missing = await health.ready();
      return reply
        .status(missing.length === 0 ? 200 : 503)
        .send({ status: missing.length === 0 ? 'ready' : 'not ready', missing });
    },
  );

  app.get(
    '/metrics',
    {
      schema: { ...schema, summary: 'Prometheus metrics', response: { 200: metricsAnswer } },
      logLevel: 'silent',
    },
    async (_request, reply) => {
      const { type, text } = await health.metrics();
      return reply.type(type).send(text);
    },
  );
}
