/** POST /v1/plan and POST /v1/simulate: what would be, for those who may know. Neither changes anything. */
import type { Gate } from '../../../gate.ts';
import { planMetadata } from '../../../plan.ts';
import { simulate } from '../../../simulate.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { metadataBody } from '../metadata-schemas.ts';
import { planAnswer, planQuery, simulateAnswer, simulateBody } from '../plan-schemas.ts';
import { refuseNobody } from '../refuse-nobody.ts';

const DAYS = 30;

export function planRoutes(app: HttpApp, gate: Gate, bodyBytes: number): void {
  app.post(
    '/v1/plan',
    {
      bodyLimit: bodyBytes,
      onRequest: refuseNobody(gate, (caller) =>
        planMetadata({ kind: 'caller', caller }, { manifest: {}, policies: [] }, { days: DAYS }, gate),
      ),
      schema: {
        summary: 'What a push would change, and who would gain or lose what; for publishers and stewards',
        description: 'The body is that of PUT /v1/metadata. Nothing changes.',
        tags: ['metadata'],
        body: metadataBody,
        querystring: planQuery,
        response: { 200: planAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => {
      const author = { kind: 'caller', caller: callerOf(request, reply) } as const;
      return planMetadata(author, request.body, { days: request.query.days ?? DAYS }, gate);
    },
  );

  app.post(
    '/v1/simulate',
    {
      bodyLimit: bodyBytes,
      onRequest: refuseNobody(gate, (caller) => simulate({ kind: 'caller', caller }, {}, gate)),
      schema: {
        summary: 'Who would see what: a matrix of identities and datasets; for stewards',
        tags: ['policies'],
        body: simulateBody,
        response: { 200: simulateAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => simulate({ kind: 'caller', caller: callerOf(request, reply) }, request.body, gate),
  );
}
