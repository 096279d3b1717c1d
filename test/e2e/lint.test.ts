/** GET /v1/lint: the state that is served, for its stewards, and for nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGate, type TestGate } from './gate.ts';

let gate: TestGate;
beforeAll(async () => {
  gate = await startGate();
});
afterAll(() => gate.close());

interface Lint {
  readonly coverage: { readonly score: number; readonly datasets: number };
  readonly namespaces: readonly { readonly namespace: string }[];
  readonly counts: { readonly warning: number; readonly note: number };
  readonly findings: readonly {
    readonly rule: string;
    readonly level: string;
    readonly dataset: string | null;
  }[];
  readonly truncated: boolean;
}

const lint = async (query = '') => {
  const reply = await gate.call('officer', 'GET', `/v1/lint${query}`);
  expect(reply.status, reply.text).toBe(200);
  return reply.body as unknown as Lint;
};

describe('a steward', () => {
  it('gets coverage, counts and what is worth a look', async () => {
    const found = await lint();
    expect(found.coverage.score).toBeGreaterThan(50);
    expect(found.namespaces.map(({ namespace }) => namespace)).toEqual(['bronze', 'gold', 'silver']);
    expect(found.findings.map(({ rule }) => rule)).toContain('ghost-column');
    expect(found.findings.some(({ level }) => level === 'note')).toBe(false);
    expect(found.counts.note).toBeGreaterThan(0);
    expect(found.truncated).toBe(false);
  });

  it('may ask for notes, of one dataset, and for a few', async () => {
    const { findings, truncated } = await lint('?level=note&dataset=gold.members&limit=2');
    expect(findings).toHaveLength(2);
    expect(new Set(findings.map(({ dataset }) => dataset))).toEqual(new Set(['gold.members']));
    expect(truncated).toBe(true);
  });

  it.each(['?level=fatal', '?limit=0', '?samples=1'])('is refused %s', async (query) => {
    expect((await gate.call('officer', 'GET', `/v1/lint${query}`)).status).toBe(400);
  });
});

it.each([
  ['analyst', 403],
  [null, 401],
] as const)('%s is answered with %s', async (persona, status) => {
  expect((await gate.call(persona, 'GET', '/v1/lint')).status).toBe(status);
});
