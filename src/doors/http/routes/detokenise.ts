/** POST /v1/detokenise. */
import { z } from 'zod';
import { detokenise, MOST_TOKENS } from '../../../detokenise.ts';
import type { Gate } from '../../../gate.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';

const detokeniseBody = z.strictObject({
  dataset: z.string().max(512),
  column: z.string().max(512),
  tokens: z.array(z.string().max(1024)).min(1).max(MOST_TOKENS),
});

const detokeniseAnswer = z.strictObject({
  dataset: z.string(),
  column: z.string(),
  values: z
    .array(z.string().nullable())
    .describe('In the order of the tokens; null for each that is no token of this column.'),
});

export function detokeniseRoutes(app: HttpApp, gate: Gate): void {
  app.post(
    '/v1/detokenise',
    {
      schema: {
        summary: 'Reverse tokens of a column',
        description:
          'For those whom the policy that makes the tokens names (`reveal`), and who may read the dataset. Each call is on record; no row is read.',
        tags: ['query'],
        body: detokeniseBody,
        response: { 200: detokeniseAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => detokenise(callerOf(request, reply), request.body, gate),
  );
}
