/** GET /v1/audit, its export and the events of one request: auditors see everything, everyone else their own. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { auditOfRequest, exportAudit, searchAudit } from '../../../audit-search.ts';
import type { Gate } from '../../../gate.ts';
import type { Author } from '../../../request/on-record.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import {
  auditAnswer,
  auditExportAnswer,
  auditExportQuery,
  auditQuery,
  auditRequestAnswer,
  auditRequestParams,
} from '../audit-schemas.ts';
import { callerOf } from '../caller.ts';
import { NDJSON_TYPE } from '../negotiate.ts';

export function auditRoutes(app: HttpApp, gate: Gate): void {
  app.get(
    '/v1/audit',
    {
      schema: {
        summary: "Search the audit: everyone's events for auditors, their own for everyone else",
        description:
          'Newest first; what was acknowledged before is found. A search by an auditor is itself on record.',
        tags: ['audit'],
        querystring: auditQuery,
        response: { 200: auditAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => {
      const { limit, cursor, ...filter } = request.query;
      const author: Author = { kind: 'caller', caller: callerOf(request, reply) };
      return searchAudit(author, { filter, limit, cursor }, gate);
    },
  );

  app.get(
    '/v1/audit/export',
    {
      schema: {
        summary: 'The audit of a period, whole, for auditors',
        description:
          'Each event with its place in the chain: `sluice audit verify --file` checks the NDJSON by itself. A fault halfway breaks the connection off.',
        tags: ['audit'],
        querystring: auditExportQuery,
        response: { 200: auditExportAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request, reply);
      const exported = await exportAudit({ kind: 'caller', caller }, request.query, caller.signal, gate);
      if (exported.format === 'ndjson') {
        const body = Readable.from(exported.lines, { objectMode: true, highWaterMark: 2 });
        return reply.type(`${NDJSON_TYPE}; charset=utf-8`).send(body);
      }
      const file = createReadStream(exported.path);
      file.once('close', exported.discard);
      return reply.type('application/vnd.apache.parquet').send(file);
    },
  );

  app.get(
    '/v1/audit/:request_id',
    {
      schema: {
        summary: 'All events of one request that the caller may see',
        tags: ['audit'],
        params: auditRequestParams,
        response: { 200: auditRequestAnswer, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const author: Author = { kind: 'caller', caller: callerOf(request, reply) };
      const { events } = await auditOfRequest(author, request.params.request_id, gate);
      return { events };
    },
  );
}
