/** What is no HTTP request gets a problem like every other fault, and an end. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { faultsOf } from './document.ts';

let gate: TestGate;

beforeAll(async () => {
  gate = await startGate();
});

afterAll(() => gate.close());

/** All that comes back before the gate closes the connection. */
function sent(text: string): Promise<string> {
  const { port, hostname } = new URL(gate.address);
  return new Promise((resolve) => {
    let got = '';
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (part) => {
      got += part.toString();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(got));
  });
}

const POST = 'POST /v1/query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

it.each([
  ['words', 'letmein\r\n\r\n', 400, 'bad_request'],
  ['a method that nobody knows', 'FOO /v1/me HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'bad_request'],
  [
    'two lengths at once',
    `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    'bad_request',
  ],
  ['a chunk without a size', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`, 400, 'bad_request'],
  ['a header within a header', 'GET /v1/me HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n', 400, 'bad_request'],
  [
    'a head of 20 kB',
    `GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
])('%s', async (_, text, status, code) => {
  const [head = '', body = ''] = (await sent(text)).split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers(lines.map((line): [string, string] => line.split(': ', 2) as [string, string]));
  expect(first.split(' ')[1]).toBe(String(status));
  expect(JSON.parse(body)).toMatchObject({ code });
  expect(faultsOf(null, { status, headers, text: body })).toEqual([]);
  expect(headers.get('connection')).toBe('close');
  expect((await gate.call(null, 'GET', '/health/live')).status).toBe(200);
});
