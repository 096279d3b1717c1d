/** /v1/rooms: what clean rooms remember of their readers, for stewards. */
import type { Gate } from '../../../gate.ts';
import { resetRoom, roomSpending } from '../../../rooms.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { resetAnswer, resetBody, roomParams, spendingAnswer } from '../room-schemas.ts';

export function roomRoutes(app: HttpApp, gate: Gate): void {
  app.get(
    '/v1/rooms/:room/budget',
    {
      schema: {
        summary: 'What each subject has spent in a clean room, for stewards',
        description: 'In the present period. A room is named by its project, or by its policy.',
        tags: ['projects'],
        params: roomParams,
        response: { 200: spendingAnswer, ...PROBLEMS },
      },
    },
    (request, reply) =>
      roomSpending({ kind: 'caller', caller: callerOf(request, reply) }, request.params.room, gate),
  );

  app.post(
    '/v1/rooms/:room/reset',
    {
      schema: {
        summary: 'Forget what a subject was answered in a clean room, for stewards',
        description:
          'The subject has its budget again, and may subtract new answers from those that it has: do it where the two cannot meet.',
        tags: ['projects'],
        params: roomParams,
        body: resetBody,
        response: { 200: resetAnswer, ...PROBLEMS },
      },
    },
    (request, reply) =>
      resetRoom(
        { kind: 'caller', caller: callerOf(request, reply) },
        request.params.room,
        request.body,
        gate,
      ),
  );
}
