/** /v1/identity/denials: who is refused whatever their token says, for stewards. */
import { allowAgain, deny, listDenials } from '../../../denials.ts';
import type { Gate } from '../../../gate.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { denialAnswer, denialBody, denialParams, denialsAnswer } from '../denial-schemas.ts';

export function denialRoutes(app: HttpApp, gate: Gate): void {
  app.get(
    '/v1/identity/denials',
    {
      schema: {
        summary: 'Who is refused, for stewards',
        description: 'Those in force, the newest first.',
        tags: ['identity'],
        response: { 200: denialsAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => ({
      denials: await listDenials({ kind: 'caller', caller: callerOf(request, reply) }, gate),
    }),
  );

  app.post(
    '/v1/identity/denials',
    {
      schema: {
        summary: 'Refuse a subject or a token, for stewards',
        description:
          'Every gate on this state refuses it with its next request, also where the token is known already.',
        tags: ['identity'],
        body: denialBody,
        response: { 201: denialAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const denial = await deny({ kind: 'caller', caller: callerOf(request, reply) }, request.body, gate);
      return reply.status(201).send(denial);
    },
  );

  app.delete(
    '/v1/identity/denials/:id',
    {
      schema: {
        summary: 'Let in again whom a denial refuses, for stewards',
        tags: ['identity'],
        params: denialParams,
        response: { 200: denialAnswer, ...PROBLEMS },
      },
    },
    (request, reply) =>
      allowAgain({ kind: 'caller', caller: callerOf(request, reply) }, request.params.id, gate),
  );
}
