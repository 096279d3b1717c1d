/** POST /v1/query, POST /v1/explain and GET /v1/datasets/{id}/rows. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { explain } from '../../../explain.ts';
import type { Gate } from '../../../gate.ts';
import { type Ask, query } from '../../../query.ts';
import { primed, sendCsv, sendNdjson, sendPage } from '../answer.ts';
import { PROBLEMS, queryAnswer } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf, type Within } from '../caller.ts';
import { explainAnswer } from '../explain-schemas.ts';
import { answerType, CSV_TYPE, JSON_TYPE, NDJSON_TYPE } from '../negotiate.ts';
import { datasetParams, explainBody, queryBody, rowsQuery } from '../schemas.ts';

const ANSWERS = { 200: queryAnswer, ...PROBLEMS };

export function queryRoutes(app: HttpApp, gate: Gate): void {
  async function respond(
    request: FastifyRequest,
    reply: FastifyReply,
    { project, purpose, ...ask }: Ask & Within,
  ): Promise<FastifyReply> {
    const caller = callerOf(request, reply, { project, purpose });
    const type = answerType(request.raw);
    switch (type) {
      case JSON_TYPE:
        return sendPage(reply, await query(caller, ask, { mode: 'page', encoding: 'json' }, gate));
      case NDJSON_TYPE:
        return sendNdjson(
          reply,
          await primed(await query(caller, ask, { mode: 'stream', encoding: 'ndjson' }, gate)),
        );
      case CSV_TYPE:
        return sendCsv(
          reply,
          await primed(await query(caller, ask, { mode: 'stream', encoding: 'csv' }, gate)),
        );
    }
  }

  app.post(
    '/v1/query',
    {
      schema: {
        summary: 'Run one governed query',
        description: 'JSON gives a page; NDJSON and CSV stream up to the limit of rows.',
        tags: ['query'],
        body: queryBody,
        response: ANSWERS,
      },
    },
    (request, reply) => {
      const { sql, ...rest } = request.body;
      return respond(request, reply, { text: { sql }, ...rest });
    },
  );

  app.get(
    '/v1/datasets/:dataset_id/rows',
    {
      schema: {
        summary: 'Read a dataset without SQL',
        tags: ['datasets'],
        params: datasetParams,
        querystring: rowsQuery,
        response: ANSWERS,
      },
    },
    (request, reply) => {
      const { select, where, order, ...rest } = request.query;
      const read = {
        dataset: request.params.dataset_id,
        select: select ?? null,
        where: where ?? null,
        order: order ?? null,
      };
      return respond(request, reply, { text: { read }, ...rest });
    },
  );

  app.post(
    '/v1/explain',
    {
      schema: {
        summary: 'Decide and govern a query without running it',
        tags: ['query'],
        body: explainBody,
        response: { 200: explainAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const { sql, project, purpose, ...rest } = request.body;
      return explain(callerOf(request, reply, { project, purpose }), { text: { sql }, ...rest }, gate);
    },
  );
}
