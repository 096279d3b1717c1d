/** GET /v1/lint: the coverage score and what is amiss in the applied state. */
import type { Gate } from '../../../gate.ts';
import { lintApplied } from '../../../lint-applied.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { lintAnswer, lintQuery } from '../lint-schemas.ts';

export function lintRoutes(app: HttpApp, gate: Gate): void {
  app.get(
    '/v1/lint',
    {
      schema: {
        summary: 'Coverage and findings of the applied state; for stewards and publishers',
        description: 'Rules and score are those of `sluice lint`. No data is read.',
        tags: ['metadata'],
        querystring: lintQuery,
        response: { 200: lintAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => lintApplied(callerOf(request, reply), request.query, gate),
  );
}
