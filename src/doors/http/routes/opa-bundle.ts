/** GET /opa/bundles/sluice.tar.gz: the default policies, for OPA servers that keep up with this gate. */
import { z } from 'zod';
import type { Gate } from '../../../gate.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';

const bundleAnswer = {
  description: 'The bundle',
  content: { 'application/gzip': { schema: z.string().describe('gzipped tar') } },
};

const unchanged = z.undefined().describe('The caller has it already');

export function opaBundleRoutes(app: HttpApp, { bundle }: Gate): void {
  app.get(
    '/opa/bundles/sluice.tar.gz',
    {
      schema: {
        summary: 'The default policy bundle for OPA servers',
        description:
          'The Rego that comes with this version of the gate, with its revision as the ETag. It is the same for everyone and holds neither data nor policies of the operator, so it needs no token.',
        tags: ['opa'],
        security: [],
        response: { 200: bundleAnswer, 304: unchanged, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      const etag = `"${bundle.revision}"`;
      reply.header('etag', etag).header('cache-control', 'no-cache');
      if (isKnown(request.headers['if-none-match'], etag)) return reply.status(304).send();
      return reply.type('application/gzip').send(Buffer.from(await bundle.archive()));
    },
  );
}

function isKnown(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((one) => ['*', etag, `W/${etag}`].includes(one.trim()));
}
