/** PUT and GET /v1/metadata: a whole state, applied atomically or not at all. */
import type { Gate } from '../../../gate.ts';
import { currentMetadata, pushMetadata } from '../../../push.ts';
import { metadataAnswer, PROBLEMS, pushAnswer } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { metadataBody, metadataQuery } from '../schemas.ts';

/** `W/"x"`, `"x"` and `x` all name x; `*` means: whatever is there. */
function etagOf(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  return header
    .trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');
}

export function metadataRoutes(app: HttpApp, gate: Gate, bodyBytes: number): void {
  app.put(
    '/v1/metadata',
    {
      bodyLimit: bodyBytes,
      schema: {
        summary: 'Push a whole state: dbt artifacts and policies',
        description: 'Idempotent by hash; with If-Match it is refused when someone else pushed meanwhile.',
        tags: ['metadata'],
        body: metadataBody,
        querystring: metadataQuery,
        response: { 200: pushAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const expected = etagOf(request.headers['if-match']);
      const dryRun = request.query.dry_run === 'true';
      const report = await pushMetadata(
        callerOf(request, reply),
        request.body,
        { dryRun, ...(expected === undefined ? {} : { expected }) },
        gate,
      );
      return reply.header('etag', `"${report.etag}"`).send(report);
    },
  );

  app.get(
    '/v1/metadata',
    {
      schema: {
        summary: 'The applied state, for publishers and stewards',
        tags: ['metadata'],
        response: { 200: metadataAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const state = await currentMetadata(callerOf(request, reply), gate);
      return reply.header('etag', `"${state.etag}"`).send(state);
    },
  );
}
