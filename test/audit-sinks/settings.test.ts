/** What `audit.sinks` takes, and what it does not. */
import { describe, expect, test } from 'vitest';
import { sinksSchema } from '../../src/config/sinks-schema.ts';

const SECRET = 'a secret of the receiver';

const hook = (secret: string) => ({ kind: 'webhook', url: 'https://example.com', secret });

describe('the configuration of sinks', () => {
  const parse = (sinks: unknown) => sinksSchema.safeParse(sinks);
  test.each([
    ['two of one kind without names', [{ kind: 'stdout' }, { kind: 'stdout' }]],
    ['a password in a URL', [{ kind: 'webhook', url: 'https://a:b@example.com', secret: SECRET }]],
    ['a short secret', [{ kind: 'webhook', url: 'https://example.com', secret: 'short' }]],
    ['a secret that decodes to nothing', [hook('whsec_!!!!!!!!!!!!!!!!!!!!')]],
    ['a secret that decodes to a few bytes', [hook('whsec_c2hvcnQ=    ')]],
    [
      'one file for two',
      [
        { kind: 'file', path: 'a/b' },
        { kind: 'file', name: 'second', path: 'a/./b' },
      ],
    ],
    ['SQL for a table', [{ kind: 'postgres', url: 'postgres://h/d', table: 'a; DROP TABLE b' }]],
    ['another scheme', [{ kind: 'otel', endpoint: 'file:///etc/passwd' }]],
    ['a key that there is not', [{ kind: 'file', path: 'a', rotation: {} }]],
  ])('refuses %s', (_, sinks) => expect(parse(sinks).success).toBe(false));

  test('takes a secret as Standard Webhooks hands them around', () => {
    expect(parse([hook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')]).success).toBe(true);
  });

  test('takes several of one kind under names of their own', () => {
    const sinks = [
      { kind: 'file', path: 'a', rotate: { size: '100MB', keep: 10 } },
      { kind: 'file', path: 'b', name: 'second', from: 'beginning' },
    ];
    expect(parse(sinks)).toMatchObject({
      success: true,
      data: [{ from: 'now', batch: 500 }, { name: 'second' }],
    });
  });
});
