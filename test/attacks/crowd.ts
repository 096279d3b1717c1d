/** Callers who keep a gate busy: that places come back, streams that are begun and not read, ten thousand requests at once. */
import { type IncomingMessage, request } from 'node:http';
import { Pool } from 'undici';
import { expect } from 'vitest';
import type { TestGate } from '../e2e/gate.ts';

/** Each caller has two places: more at once than that are only answered where every place was given back. */
export async function expectPlaces(gate: TestGate, persona: string, rows: number): Promise<void> {
  const ask = () => gate.query(persona, 'SELECT count(*) FROM gold.members');
  const replies = await Promise.all(Array.from({ length: 6 }, ask));
  for (const reply of replies) expect(reply.body.rows, reply.text).toEqual([[rows]]);
}

/** Begun and not read: fetch would show no trailers, and read ahead. */
export async function opened(
  gate: TestGate,
  persona: string,
  accept: string,
  sql: string,
): Promise<IncomingMessage> {
  const token = await gate.token(persona);
  const headers = { accept, authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    request(new URL('/v1/query', gate.address), { method: 'POST', headers }, resolve)
      .on('error', reject)
      .end(JSON.stringify({ sql }));
  });
}

export async function stream(
  gate: TestGate,
  accept: string,
  sql: string,
): Promise<{ text: string; trailers: unknown }> {
  const answer = await opened(gate, 'analyst', accept, sql);
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return { text: Buffer.concat(parts).toString(), trailers: answer.trailers };
}

const MANY = 10_000;

/**
 * Ten thousand requests of one caller, both of whose places are kept by streams that nobody reads: each waits in turn or is
 * told to, and others are served.
 *
 * @param queue how many may wait @param meanwhile what must hold while they do
 */
export async function expectOrderInACrowd(
  gate: TestGate,
  options: { readonly held: string; readonly queue: number; readonly meanwhile?: () => Promise<void> },
): Promise<void> {
  const held = await Promise.all(
    [1, 2].map(() => opened(gate, 'analyst', 'application/x-ndjson', options.held)),
  );
  const pool = new Pool(gate.address, { connections: 400, pipelining: 25, headersTimeout: 0 });
  const authorization = `Bearer ${await gate.token('analyst')}`;
  const told: { status: number; retryAfter: unknown }[] = [];
  const ask = async (): Promise<void> => {
    const answer = await pool.request({
      method: 'GET',
      path: '/v1/datasets/gold.tariffs/rows?select=count(*)',
      headers: { authorization },
    });
    await answer.body.dump();
    told.push({ status: answer.statusCode, retryAfter: answer.headers['retry-after'] });
  };
  const crowd = Promise.all(Array.from({ length: MANY }, ask));

  await expect.poll(() => told.length, { timeout: 120_000 }).toBeGreaterThan(100);
  const seen = told.length;
  await expectPlaces(gate, 'officer', 300);
  await expectPlaces(gate, 'intern', 57);
  expect(seen).toBeLessThan(MANY);
  await options.meanwhile?.();

  for (const answer of held) answer.destroy();
  await crowd;
  await pool.close();
  const refused = told.filter(({ status }) => status === 429);
  expect(refused.every(({ retryAfter }) => Number(retryAfter) >= 1)).toBe(true);
  expect(told.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(options.queue);
  expect(told.filter(({ status }) => status !== 200 && status !== 429)).toEqual([]);
  expect(refused.length).toBeGreaterThan(0);
  console.log(`${MANY} requests at once: ${refused.length} told to wait, ${MANY - refused.length} served`);
}
