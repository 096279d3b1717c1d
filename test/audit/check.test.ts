/** Nothing enters the log but the contract's fields, bounded, without tokens. */
import { describe, expect, test } from 'vitest';
import { checkEvent } from '../../src/audit/check.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import { sampleEvent } from './sample.ts';

const TOKEN =
  'eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhbmEiLCJhdWQiOiJzbHVpY2UifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ';

test('an event as the contract names it passes unchanged', () => {
  const whole = sampleEvent('a', {
    on_behalf_of: { sub: 'eve', issuer: null },
    project: 'forecast',
    purpose: 'fraud-investigation',
    error_code: 'timeout',
  });
  expect(checkEvent(whole)).toEqual(whole);
  expect(checkEvent(sampleEvent('b'))).toEqual(sampleEvent('b'));
});

describe('refused', () => {
  const { time: _, ...withoutTime } = sampleEvent('a');
  test.each<{ name: string; event: unknown; where: string }>([
    { name: 'a field too many', event: { ...sampleEvent('a'), sql: 'SELECT 1' }, where: 'unrecognized_keys' },
    { name: 'a field missing', event: withoutTime, where: 'time' },
    {
      name: 'a field too many inside the subject',
      event: { ...sampleEvent('a'), subject: { ...sampleEvent('a').subject, email: 'x' } },
      where: 'subject',
    },
    {
      name: 'a field too many inside the client',
      event: { ...sampleEvent('a'), client: { ...sampleEvent('a').client, authorization: 'x' } },
      where: 'client',
    },
    { name: 'a position of its own', event: { ...sampleEvent('a'), seq: 7 }, where: 'unrecognized_keys' },
    { name: 'an unknown kind', event: { ...sampleEvent('a'), event: 'read' }, where: 'event' },
    { name: 'a decision that is none', event: { ...sampleEvent('a'), decision: 'maybe' }, where: 'decision' },
    { name: 'negative rows', event: sampleEvent('a', { rows: -1 }), where: 'rows' },
    { name: 'half a row', event: sampleEvent('a', { rows: 0.5 }), where: 'rows' },
    { name: 'a count beyond exactness', event: sampleEvent('a', { bytes: 2 ** 53 }), where: 'bytes' },
    { name: 'no duration', event: sampleEvent('a', { duration_ms: Number.NaN }), where: 'duration_ms' },
    { name: 'a local time', event: sampleEvent('a', { time: '2026-03-01T12:00:00+01:00' }), where: 'time' },
    { name: 'an empty request id', event: sampleEvent(''), where: 'request_id' },
    { name: 'a bigint', event: { ...sampleEvent('a'), rows: 1n }, where: 'rows' },
    { name: 'nothing', event: null, where: 'invalid_type' },
  ])('$name', ({ event, where }) => {
    expect(() => checkEvent(event as AuditEvent)).toThrow(
      expect.objectContaining({ code: 'audit_unavailable', details: [where] }),
    );
  });

  test('without a value in the message', () => {
    const event = sampleEvent('a', { engine: 'secret'.repeat(1000) });
    expect(() => checkEvent(event)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret'), details: ['engine'] }),
    );
  });
});

describe('text that a caller chooses', () => {
  const withAgent = (user_agent: string) =>
    checkEvent(sampleEvent('a', { client: { ip: null, door: 'http', user_agent } })).client.user_agent;

  test('is cut', () => {
    expect(withAgent('x'.repeat(100_000))).toBe(`${'x'.repeat(511)}…`);
  });

  test('is cut between characters', () => {
    expect(withAgent(`${'x'.repeat(510)}😀 and more`)?.isWellFormed()).toBe(true);
  });

  test.each([
    TOKEN,
    `Bearer ${TOKEN}`,
    `${TOKEN.split('.').slice(0, 2).join('.')}.`,
    `a ${TOKEN} b ${TOKEN}`,
  ])('loses its tokens: %s', (agent) => {
    const stored = withAgent(agent);
    expect(stored).toContain('[token]');
    expect(stored).not.toMatch(/eyJ/);
  });

  test('loses tokens wherever it stands', () => {
    const stored = checkEvent(
      sampleEvent('a', {
        purpose: TOKEN,
        project: TOKEN,
        sql_normalised: TOKEN,
        subject: { sub: TOKEN, kind: 'user', issuer: TOKEN },
      }),
    );
    expect(JSON.stringify(stored)).not.toContain('eyJ');
  });
});
