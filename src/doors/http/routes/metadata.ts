/** PUT, GET and PATCH under /v1/metadata: whole states, tag changes, the history and the way back; each applied atomically or not at all. */
import type { FastifyRequest } from 'fastify';
import type { Gate } from '../../../gate.ts';
import { listHistory, readContent, rollBack } from '../../../history.ts';
import { currentMetadata, type PushOptions, pushMetadata } from '../../../push.ts';
import { changeTags, tagChangesSchema } from '../../../retag.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { expectedOf } from '../expected.ts';
import {
  contentAnswer,
  contentQuery,
  historyAnswer,
  historyQuery,
  metadataAnswer,
  metadataBody,
  metadataQuery,
  pushAnswer,
  retagAnswer,
  rollbackBody,
} from '../metadata-schemas.ts';
import { refuseNobody } from '../refuse-nobody.ts';

function optionsOf(request: FastifyRequest, dryRun: 'true' | 'false' | undefined): PushOptions {
  return { dryRun: dryRun === 'true', expected: expectedOf(request.headers) };
}

const CONDITIONAL =
  'With If-Match it is refused with 409 when someone else changed the metadata meanwhile; with `If-None-Match: *` when there is any yet.';

export function metadataRoutes(app: HttpApp, gate: Gate, bodyBytes: number): void {
  app.put(
    '/v1/metadata',
    {
      bodyLimit: bodyBytes,
      onRequest: refuseNobody(gate, (caller) =>
        pushMetadata(caller, { manifest: {}, policies: [] }, { dryRun: false }, gate),
      ),
      schema: {
        summary: 'Push a whole state: dbt artifacts and policies',
        description: `Idempotent by hash. ${CONDITIONAL}`,
        tags: ['metadata'],
        body: metadataBody,
        querystring: metadataQuery,
        response: { 200: pushAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const options = optionsOf(request, request.query.dry_run);
      const report = await pushMetadata(callerOf(request, reply), request.body, options, gate);
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

  app.patch(
    '/v1/metadata/tags',
    {
      bodyLimit: bodyBytes,
      onRequest: refuseNobody(gate, (caller) =>
        changeTags(
          { kind: 'caller', caller },
          { source: 'nobody', changes: [], mode: 'merge' },
          { dryRun: false },
          gate,
        ),
      ),
      schema: {
        summary: "Change a tool's tags, thousands at once",
        description: `All of the changes or none. A tool changes its own tags: what dbt declares stays, and a push from dbt leaves them. ${CONDITIONAL}`,
        tags: ['metadata'],
        body: tagChangesSchema,
        querystring: metadataQuery,
        response: { 200: retagAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const author = { kind: 'caller', caller: callerOf(request, reply) } as const;
      const options = optionsOf(request, request.query.dry_run);
      const report = await changeTags(author, request.body, options, gate);
      return reply.header('etag', `"${report.etag}"`).send(report);
    },
  );

  app.get(
    '/v1/metadata/history',
    {
      schema: {
        summary: 'The states that were applied, newest first, for publishers and stewards',
        tags: ['metadata'],
        querystring: historyQuery,
        response: { 200: historyAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const author = { kind: 'caller', caller: callerOf(request, reply) } as const;
      return { states: await listHistory(author, request.query, gate) };
    },
  );

  app.get(
    '/v1/metadata/content',
    {
      schema: {
        summary: 'What was pushed, for publishers and stewards: the source of an export',
        tags: ['metadata'],
        querystring: contentQuery,
        response: { 200: contentAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const author = { kind: 'caller', caller: callerOf(request, reply) } as const;
      return readContent(author, request.query.etag, gate);
    },
  );

  app.post(
    '/v1/metadata/rollback',
    {
      schema: {
        summary: 'Apply an earlier state again',
        description: `The whole state of then, tags of other tools included, as a new entry of the history. ${CONDITIONAL}`,
        tags: ['metadata'],
        body: rollbackBody,
        querystring: metadataQuery,
        response: { 200: pushAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const author = { kind: 'caller', caller: callerOf(request, reply) } as const;
      const options = optionsOf(request, request.query.dry_run);
      const report = await rollBack(author, request.body.etag, options, gate);
      return reply.header('etag', `"${report.etag}"`).send(report);
    },
  );
}
