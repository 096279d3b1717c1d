/** GET /v1/projects, GET /v1/projects/{name}, POST /v1/projects/{name}/acknowledge. */
import type { Gate } from '../../../gate.ts';
import { acknowledge, describeProject, listProjects } from '../../../projects.ts';
import { PROBLEMS } from '../answer-schemas.ts';
import type { HttpApp } from '../app.ts';
import { callerOf } from '../caller.ts';
import {
  acknowledgeAnswer,
  acknowledgeBody,
  projectAnswer,
  projectParams,
  projectsAnswer,
} from '../project-schemas.ts';

export function projectRoutes(app: HttpApp, gate: Gate): void {
  app.get(
    '/v1/projects',
    {
      schema: {
        summary: 'Projects (dbt exposures): those that the caller may know of, and may act in',
        tags: ['projects'],
        response: { 200: projectsAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => listProjects(callerOf(request, reply), gate),
  );

  app.get(
    '/v1/projects/:name',
    {
      schema: {
        summary: 'One project; for members with its purposes and their texts',
        tags: ['projects'],
        params: projectParams,
        response: { 200: projectAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => describeProject(callerOf(request, reply), request.params.name, gate),
  );

  app.post(
    '/v1/projects/:name/acknowledge',
    {
      schema: {
        summary: 'Acknowledge the text of a purpose',
        description:
          'Once for each version: when the text changes it is asked for again. A version that is not the current one is refused with 409. Each call is on record.',
        tags: ['projects'],
        params: projectParams,
        body: acknowledgeBody,
        response: { 200: acknowledgeAnswer, ...PROBLEMS },
      },
    },
    (request, reply) => acknowledge(callerOf(request, reply), request.params.name, request.body, gate),
  );
}
