/** /v1/grants: who holds what, and its end before its time; and the notifications of both requests and grants. */
import type { Gate } from '../../../gate.ts';
import { listGrants, listNotifications, revokeGrant } from '../../../grants.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import {
  grantAnswer,
  grantsAnswer,
  grantsQuery,
  idParams,
  notificationsAnswer,
  notificationsQuery,
  revokeQuery,
} from '../request-schemas.ts';

const tags = ['access requests'];

export function grantRoutes(app: HttpApp, gate: Gate): void {
  app.get(
    '/v1/grants',
    {
      schema: {
        summary: "The caller's grants, and those that they decide; all of them for stewards",
        tags,
        querystring: grantsQuery,
        response: { 200: grantsAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => listGrants(callerOf(request, reply), request.query, gate),
  );

  app.delete(
    '/v1/grants/:id',
    {
      schema: {
        summary: 'Revoke a grant: for whoever holds it, decides such requests, or is a steward',
        description: 'It is gone with the next query.',
        tags,
        params: idParams,
        querystring: revokeQuery,
        response: { 200: grantAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => revokeGrant(callerOf(request, reply), request.params.id, request.query.comment, gate),
  );

  app.get(
    '/v1/notifications',
    {
      schema: {
        summary: 'Notifications that wait, were delivered, or were given up; for stewards',
        tags,
        querystring: notificationsQuery,
        response: { 200: notificationsAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => listNotifications(callerOf(request, reply), request.query, gate),
  );
}
