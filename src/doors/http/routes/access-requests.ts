/** /v1/access-requests: asking, looking, deciding. */

import { listRequests, showRequest } from '../../../access-requests/look.ts';
import { approve, ask, deny, withdraw } from '../../../access-requests.ts';
import type { Gate } from '../../../gate.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import {
  approveBody,
  askBody,
  denyBody,
  idParams,
  requestAnswer,
  requestsAnswer,
  requestsQuery,
} from '../request-schemas.ts';

const tags = ['access requests'];

export function accessRequestRoutes(app: HttpApp, gate: Gate): void {
  app.post(
    '/v1/access-requests',
    {
      schema: {
        summary: 'Ask for a dataset, a project, columns without a mask, or rows without a filter',
        description:
          'It goes to those whom the policies name, else to the owner. What the caller may not know of is unknown here too.',
        tags,
        body: askBody,
        response: { 201: requestAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const made = await ask(callerOf(request, reply), request.body, gate);
      return reply.status(201).header('location', `/v1/access-requests/${made.id}`).send(made);
    },
  );

  app.get(
    '/v1/access-requests',
    {
      schema: {
        summary: "The caller's requests, and those that they decide; all of them for stewards",
        tags,
        querystring: requestsQuery,
        response: { 200: requestsAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => listRequests(callerOf(request, reply), request.query, gate),
  );

  app.get(
    '/v1/access-requests/:id',
    {
      schema: {
        summary: 'One request',
        tags,
        params: idParams,
        response: { 200: requestAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => showRequest(callerOf(request, reply), request.params.id, gate),
  );

  app.post(
    '/v1/access-requests/:id/approve',
    {
      schema: {
        summary: 'Approve a request, for as long as was asked for or for less',
        description: 'Once everyone has approved whose word it needs, the grant holds with the next query.',
        tags,
        params: idParams,
        body: approveBody,
        response: { 200: requestAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => approve(callerOf(request, reply), request.params.id, request.body, gate),
  );

  app.post(
    '/v1/access-requests/:id/deny',
    {
      schema: {
        summary: 'Deny a request',
        tags,
        params: idParams,
        body: denyBody,
        response: { 200: requestAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => deny(callerOf(request, reply), request.params.id, request.body.comment, gate),
  );

  app.post(
    '/v1/access-requests/:id/withdraw',
    {
      schema: {
        summary: "Withdraw one's own request",
        tags,
        params: idParams,
        response: { 200: requestAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => withdraw(callerOf(request, reply), request.params.id, gate),
  );
}
