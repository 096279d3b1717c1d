/** POST /v1/audit/replay: what another state would have decided. */
import type { Gate } from '../../../gate.ts';
import { replay } from '../../../replay.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { refuseNobody } from '../refuse-nobody.ts';
import { replayAnswer, replayBody } from '../replay-schemas.ts';

export function replayRoutes(app: HttpApp, gate: Gate, bodyBytes: number): void {
  app.post(
    '/v1/audit/replay',
    {
      bodyLimit: bodyBytes,
      onRequest: refuseNobody(gate, (caller) => replay({ kind: 'caller', caller }, {}, gate)),
      schema: {
        summary: 'Decide the audited queries of a period again, under another state, for auditors',
        description:
          'Nothing is read and nothing changes. Callers are taken with the facts that were seen of them last; the look itself is on record.',
        tags: ['audit'],
        body: replayBody,
        response: { 200: replayAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => {
      const caller = callerOf(request, reply);
      return replay({ kind: 'caller', caller }, request.body, gate);
    },
  );
}
