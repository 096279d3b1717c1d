/** Hostile requests over HTTP: each has its stable answer in the one shape of faults, and nothing in it that is none of the caller's business. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CODES } from '../../src/errors.ts';
import type { TestGate } from '../e2e/gate.ts';
import { nameOf, type RawAnswer, REQUESTS, send } from './requests.ts';
import { ENGINES, MISSING, openStand, type Stand } from './stands.ts';

/** Names of this code's files and of what it is made of are no answer to anyone. */
const INNER = /node_modules|\.ts\b:?\d|\bat .+\(|duckdb|SQLITE|postgres:|\/tmp\//i;

function expectSound({ headers, status, text: body }: RawAnswer): void {
  expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['access-control-allow-origin']).toBeUndefined();
  expect(headers['set-cookie']).toBeUndefined();
  if (status < 400) return;
  expect(headers['content-type']).toContain('application/problem+json');
  expect(body).not.toMatch(INNER);
}

describe.each(ENGINES.filter((kind) => MISSING[kind] === null))('on %s', (kind) => {
  let stand: Stand;
  let gate: TestGate;

  beforeAll(async () => {
    stand = await openStand(kind, undefined, (yaml) => yaml);
    gate = stand.gate;
  });

  afterAll(() => stand.close());

  describe.each(REQUESTS)('$class', ({ cases, reason }) => {
    it('says why', () => expect(reason.length).toBeGreaterThan(20));

    it.each(cases.map((asked) => ({ asked, shown: nameOf(asked) })))('$shown', async ({ asked }) => {
      const answer = await send(gate, asked);
      const all = `${JSON.stringify(answer.headers)}\n${answer.text}`;
      const wanted = asked.code === undefined ? asked.status : CODES[asked.code].status;
      expect(answer.status, all.slice(0, 2_000)).toBe(wanted);
      if (asked.code !== undefined) expect(JSON.parse(answer.text)).toMatchObject({ code: asked.code });
      if (asked.has !== undefined) expect(answer.text).toContain(asked.has);
      if (asked.never !== undefined) expect(all).not.toMatch(new RegExp(asked.never));
      expectSound(answer);
    });
  });

  describe('bytes that are no request', () => {
    it.each([
      {
        name: 'two lengths',
        head: 'POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
      },
      {
        name: 'a length and chunks',
        head: 'POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/policies HTTP/1.1\r\n\r\n',
      },
      { name: 'a line that ends in a line feed', head: 'GET /v1/me HTTP/1.1\nHost: x\nX: y\n z\n\n' },
      { name: 'a header without a name', head: 'GET /v1/me HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n' },
      { name: 'a NUL in a header', head: 'GET /v1/me HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n' },
      { name: 'no host', head: 'GET /v1/me HTTP/1.1\r\n\r\n' },
      {
        name: 'headers of a megabyte',
        head: `GET /v1/me HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(1_000_000)}\r\n\r\n`,
      },
      { name: 'another protocol', head: 'SSH-2.0-x\r\n\r\n' },
    ])('$name: refused once, and the connection is closed', async ({ head }) => {
      const { hostname, port } = new URL(gate.address);
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(head);
      const answer = await text(socket).catch(() => '');
      const lines = answer.match(/^HTTP\/1\.1 \d{3}/gm) ?? [];
      expect(lines.length).toBeLessThanOrEqual(1);
      for (const line of lines) expect(line).toMatch(/ 4\d\d$/);
      expect((await gate.query('analyst', 'SELECT 1')).status).toBe(200);
    });
  });

  describe('the requests as a whole', () => {
    it('were none of them an unclassified fault', () => {
      const all = REQUESTS.flatMap(({ cases }) => cases);
      console.log(`${all.length} hostile requests of ${REQUESTS.length} classes on ${kind}`);
      const seen = gate.observed.flatMap((event) => (event.kind === 'request_failed' ? [event.code] : []));
      expect(seen.filter((code) => ['internal', 'rewrite_failed', 'verify_failed'].includes(code))).toEqual(
        [],
      );
    });

    it('left no mark on what every object inherits', () => {
      expect(({} as Record<string, unknown>).admin).toBeUndefined();
    });
  });
});
