/** Requests made from the OpenAPI document: never a 500, always an answer that is documented, and the gate is as well as before. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../src/audit/verify.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { type Answer, faultsOf, type Operation } from './document.ts';
import { counted, described, fuzzRoutes } from './fuzz.ts';

const CASES = 1_500;

let gate: TestGate;

beforeAll(async () => {
  gate = await startGate();
});

afterAll(() => gate.close());

it('every made-up request is answered as the document says', async () => {
  const seed = Number(process.env.SLUICE_SEED ?? Date.now() % 1_000_000);
  const report = await fuzzRoutes({ cases: CASES, seed }, gate);
  console.log(`routes, seed ${seed} (SLUICE_SEED repeats it): ${counted(report)}`);
  expect(report.findings.map(described)).toEqual([]);
  expect(report.cases).toBeGreaterThanOrEqual(CASES);
  // Both sides of the doors were tried: what gets in, and what is sent away.
  for (const status of [200, 400, 401, 403, 404]) expect(report.statuses.get(status) ?? 0).toBeGreaterThan(0);
});

it('afterwards the gate is ready, answers, and its audit verifies', async () => {
  expect(await gate.call(null, 'GET', '/health/ready')).toMatchObject({ status: 200, body: { missing: [] } });
  expect(await gate.query('officer', 'SELECT count(*) FROM gold.members')).toMatchObject({
    status: 200,
    body: { rows: [[300]] },
  });
  expect(await verifyAudit(join(gate.folder, '.sluice/audit.db'))).toMatchObject({ ok: true });
});

describe('what would be found', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'integer' } },
    required: ['a'],
    additionalProperties: false,
  };
  const operation: Operation = {
    method: 'GET',
    route: '/x',
    parameters: [],
    body: null,
    responses: {
      200: { 'application/json': schema },
      304: {},
      '4XX': { 'application/problem+json': { type: 'object' } },
    },
    open: false,
  };
  const id = '00000000-0000-4000-8000-000000000000';
  const problem = {
    type: '/docs/errors#access_denied',
    title: 'Access denied',
    status: 403,
    code: 'access_denied',
    message: 'No.',
    hint: null,
    position: null,
    request_id: id,
  };
  const answer = (status: number, type: string, body: unknown, requestId = id): Answer => ({
    status,
    headers: new Headers({ 'content-type': type, 'x-request-id': requestId }),
    text: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const JSON_TYPE = 'application/json; charset=utf-8';
  const PROBLEM_TYPE = 'application/problem+json';

  it.each([
    ['a good answer', answer(200, JSON_TYPE, { a: 1 })],
    ['a good refusal', answer(403, PROBLEM_TYPE, problem)],
    ['nothing new', answer(304, '', '')],
  ])('nothing in %s', (_, one) => {
    expect(faultsOf(operation, one)).toEqual([]);
  });

  it.each([
    ['a member that the schema does not have', answer(200, JSON_TYPE, { a: 1, b: 2 }), /additional/],
    ['a member that is missing', answer(200, JSON_TYPE, {}), /required/],
    ['another type of content', answer(200, 'text/html', '<p>'), /not documented/],
    [
      'a status that is not documented',
      answer(500, PROBLEM_TYPE, { ...problem, status: 500 }),
      /not documented/,
    ],
    ['what is no JSON', answer(200, JSON_TYPE, '{'), /not JSON/],
    ['a body where there is none', answer(304, '', 'x'), /body/],
    ['no request id', answer(200, JSON_TYPE, { a: 1 }, ''), /x-request-id/],
    ["somebody else's request id", answer(403, PROBLEM_TYPE, { ...problem, request_id: 'x' }), /request_id/],
    [
      'a code that there is not',
      answer(403, PROBLEM_TYPE, { ...problem, code: 'x', type: '/docs/errors#x' }),
      /exist/,
    ],
    ['a code with the wrong status', answer(400, PROBLEM_TYPE, { ...problem, status: 400 }), /told with/],
    ['a member of its own', answer(403, PROBLEM_TYPE, { ...problem, stack: '' }), /stack/],
    ['a place in the code', answer(403, PROBLEM_TYPE, { ...problem, message: 'at /srv/a.ts:1' }), /inside/],
  ])('%s', (_, one, fault) => {
    expect(faultsOf(operation, one).join('; ')).toMatch(fault);
  });
});
