/** GET /v1/catalogue, GET /v1/catalogue/{id}, GET /v1/datasets/{id}/schema, GET /v1/me, GET /v1/policies: what the caller may know. */
import { describeDataset, listDatasets, listPolicies, rowSchema, whoAmI } from '../../../discover.ts';
import type { Gate } from '../../../gate.ts';
import {
  catalogueAnswer,
  datasetAnswer,
  identityAnswer,
  PROBLEMS,
  policiesAnswer,
  rowSchemaAnswer,
} from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import { catalogueQuery, datasetParams, withinQuery } from '../schemas.ts';

export function catalogueRoutes(app: HttpApp, gate: Gate): void {
  app.get(
    '/v1/catalogue',
    {
      schema: {
        summary: 'Datasets that the caller may know of',
        tags: ['catalogue'],
        querystring: catalogueQuery,
        response: { 200: catalogueAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => {
      const { project, purpose, ...filter } = request.query;
      return listDatasets(callerOf(request, reply, { project, purpose }), filter, gate);
    },
  );

  app.get(
    '/v1/catalogue/:dataset_id',
    {
      schema: {
        summary: 'One dataset, as the caller may know it',
        tags: ['catalogue'],
        params: datasetParams,
        querystring: withinQuery,
        response: { 200: datasetAnswer, ...PROBLEMS },
      },
    },
    (request, reply) =>
      describeDataset(callerOf(request, reply, request.query), request.params.dataset_id, gate),
  );

  app.get(
    '/v1/datasets/:dataset_id/schema',
    {
      schema: {
        summary: 'JSON Schema of a row, as the caller sees it',
        tags: ['datasets'],
        params: datasetParams,
        querystring: withinQuery,
        response: { 200: rowSchemaAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const schema = await rowSchema(
        callerOf(request, reply, request.query),
        request.params.dataset_id,
        gate,
      );
      return reply.type('application/schema+json').send(JSON.stringify(schema));
    },
  );

  app.get(
    '/v1/me',
    {
      schema: {
        summary: 'The caller as normalised',
        tags: ['identity'],
        response: { 200: identityAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => whoAmI(callerOf(request, reply), gate),
  );

  app.get(
    '/v1/policies',
    {
      schema: {
        summary: 'Policies, for stewards',
        tags: ['policies'],
        response: { 200: policiesAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => listPolicies(callerOf(request, reply), gate),
  );
}
