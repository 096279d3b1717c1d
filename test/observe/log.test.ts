/** The log tells what happened under which request, and holds neither tokens nor, above debug, values of the data. */
import { describe, expect, test } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { createLog } from '../../src/observe/log.ts';
import type { Observation } from '../../src/observe.ts';

const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbmEiLCJhdWQiOiJzbHVpY2UifQ.c2lnbmF0dXJl_c2ln-bmF0dXJl';

function logged(level: string, ...observations: readonly Observation[]): readonly Record<string, unknown>[] {
  const lines: string[] = [];
  const log = createLog({ level, destination: { write: (line) => void lines.push(line) } });
  for (const observation of observations) log(observation);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const failed = (error: SluiceError): Observation => ({
  kind: 'request_failed',
  requestId: 'r1',
  code: error.code,
  error,
});

describe('a line', () => {
  test.each<{ observation: Observation; line: Record<string, unknown> }>([
    {
      observation: {
        kind: 'request_served',
        requestId: 'r1',
        door: 'http',
        method: 'POST',
        route: '/v1/query',
        status: 200,
        durationMs: 1.23456,
      },
      line: {
        level: 'info',
        event: 'request_served',
        request_id: 'r1',
        route: '/v1/query',
        duration_ms: 1.235,
      },
    },
    {
      observation: {
        kind: 'query_finished',
        requestId: 'r1',
        rows: 3,
        bytes: 40,
        durationMs: 2,
        code: 'timeout',
      },
      line: { level: 'error', event: 'query_finished', rows: 3, code: 'timeout' },
    },
    {
      observation: failed(new SluiceError('access_denied')),
      line: { level: 'info', event: 'request_failed', code: 'access_denied', told: 'Access denied' },
    },
    {
      observation: { kind: 'engine_lost', engine: 'warehouse', pid: 7, why: 'killed' },
      line: { level: 'warn', event: 'engine_lost', engine: 'warehouse', why: 'killed' },
    },
    {
      observation: { kind: 'snapshot_applied', etag: 'abc', datasets: 12 },
      line: { level: 'info', event: 'snapshot_applied', snapshot: 'abc', datasets: 12 },
    },
  ])('of $observation.kind', ({ observation, line }) => {
    expect(logged('info', observation)).toEqual([
      expect.objectContaining({ ...line, time: expect.any(String) }),
    ]);
  });
});

describe('the cause of an error', () => {
  const engineSays = () =>
    failed(
      new SluiceError('invalid_cast', undefined, {
        cause: new Error("Could not convert 'Ana Lima' to INT32"),
      }),
    );

  test('of a caller is not in the log', () => {
    const lines = logged('info', engineSays());
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('Ana Lima');
  });

  test('of a caller is there at debug, under the request id', () => {
    const lines = logged('debug', engineSays());
    expect(lines).toEqual([
      expect.objectContaining({ level: 'info' }),
      expect.objectContaining({
        level: 'debug',
        request_id: 'r1',
        cause: expect.objectContaining({ type: 'Error' }),
      }),
    ]);
    expect(JSON.stringify(lines[1])).toContain('Ana Lima');
  });

  test('of ours is there, with the causes behind it', () => {
    const disk = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR' });
    const fault = new SluiceError('audit_unavailable', undefined, {
      cause: new SluiceError('audit_unavailable', 'full', { cause: disk }),
    });
    expect(logged('info', failed(fault))).toEqual([
      expect.objectContaining({
        level: 'error',
        code: 'audit_unavailable',
        cause: expect.objectContaining({
          message: 'full',
          cause: expect.objectContaining({ code: 'ERR_SQLITE_ERROR', message: 'database or disk is full' }),
        }),
      }),
    ]);
  });

  test('that no stage foresaw comes with its stack', () => {
    const seen = {
      kind: 'request_failed',
      requestId: 'r1',
      code: 'internal',
      error: new TypeError('x'),
    } as const;
    expect(logged('info', seen)).toEqual([
      expect.objectContaining({
        cause: expect.objectContaining({ type: 'TypeError', stack: expect.any(String) }),
      }),
    ]);
  });
});

test.each([
  ['a token', TOKEN],
  ['a header', `authorization: Bearer ${TOKEN}`],
  ['an opaque token', 'Bearer 7f3a9c.opaque-token=='],
  ['a token in lower case words', `bearer ${TOKEN}`],
])('%s never reaches the log', (_, text) => {
  const fault = new SluiceError('issuer_unavailable', undefined, {
    cause: new Error(`fetch failed: ${text} at x`),
  });
  const lines = JSON.stringify(logged('trace', failed(fault), { kind: 'engine_stale', engine: 'w', text }));
  expect(lines).toContain('[token]');
  for (const part of [...TOKEN.split('.'), 'opaque-token']) expect(lines).not.toContain(part);
});

test('a level that there is not is refused', () => {
  expect(() => createLog({ level: 'loud' })).toThrow(expect.objectContaining({ code: 'config_invalid' }));
});

test('silent is silent', () => {
  expect(logged('silent', failed(new SluiceError('internal')))).toEqual([]);
});
