/** GET /v1/usage and GET /v1/audit/sinks. */
import { readSinks } from '../../../audit-sinks.ts';
import type { Gate } from '../../../gate.ts';
import { readUsage } from '../../../usage.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { sinksAnswer, usageAnswer, usageQuery } from '../usage-schemas.ts';

export function usageRoutes(app: HttpApp, gate: Gate): void {
  app.get(
    '/v1/usage',
    {
      schema: {
        summary: 'Who read which dataset and column, how often and for which purpose',
        description:
          "Stewards and auditors see everybody's use, owners that of their datasets, everyone their own. Looks at the use of others are on record.",
        tags: ['audit'],
        querystring: usageQuery,
        response: { 200: usageAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => readUsage({ kind: 'caller', caller: callerOf(request, reply) }, request.query, gate),
  );

  app.get(
    '/v1/audit/sinks',
    {
      schema: {
        summary: 'How far each sink of the audit has come, for auditors',
        tags: ['audit'],
        response: { 200: sinksAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => readSinks({ kind: 'caller', caller: callerOf(request, reply) }, gate),
  );
}
