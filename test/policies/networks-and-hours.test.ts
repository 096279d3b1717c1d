/** Networks and hours as they are read from YAML; what they match is in the decision cases. */
import { describe, expect, it } from 'vitest';
import { parseCondition, readCondition } from '../../src/policies/conditions.ts';
import { hoursMatcher } from '../../src/policies/hours.ts';
import { networkMatcher } from '../../src/policies/networks.ts';

const read = (condition: unknown) => {
  const problems: string[] = [];
  const dnf = readCondition(condition, [], (_path, message) => problems.push(message));
  return { dnf, problems };
};
const problemOf = (condition: unknown): string => read(condition).problems.join('; ');

describe('a network', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
  ])('%s is %s', (written, canonical) =>
    expect(read({ network: written }).dnf).toEqual([[{ fact: 'network', value: canonical, negated: false }]]),
  );

  it.each([
    ['10.1.0.0/8', /did you mean `10.0.0.0\/8`/],
    ['2001:db8::1/32', /did you mean `2001:db8::\/32`/],
    ['10.0.0.0/33', /more than 32 bits/],
    ['10.0.0/8', /is no network/],
    ['010.0.0.0/8', /is no network/],
    ['0x0a000000/8', /is no network/],
    ['10.0.0.0/8/8', /is no network/],
    ['10.0.0.0/ 8', /is no network/],
    ['10.0.0.0/-1', /is no network/],
    ['example.com', /is no network/],
    ['', /is no network/],
    [10, /takes a network/],
    [[], /an empty list matches nobody/],
  ])('%j is refused', (written, message) => expect(problemOf({ network: written })).toMatch(message));

  it('holds nothing of an address that is not known', () => {
    const networksOf = networkMatcher(['10.0.0.0/8']);
    expect([null, '', 'unix', '10.1', '10.0.0.1.2', '0x0a.0.0.1'].map(networksOf)).toEqual(
      Array(6).fill(null),
    );
    expect(networksOf('10.0.0.1')).toEqual(['10.0.0.0/8']);
    expect(networksOf('11.0.0.1')).toEqual([]);
  });
});

describe('hours', () => {
  const hours = (over: object) =>
    problemOf({ hours: { between: '08:00-18:00', zone: 'Europe/Berlin', ...over } });

  it('are one text, however they are written', () => {
    const on = (days: readonly string[]) =>
      read({ hours: { zone: 'Europe/Berlin', days, between: '08:00-18:00' } }).dnf?.[0]?.[0]?.value;
    expect(on(['fri', 'mon'])).toBe('mon,fri 08:00-18:00 Europe/Berlin');
    expect(on(['mon', 'fri', 'mon'])).toBe('mon,fri 08:00-18:00 Europe/Berlin');
  });

  it.each([
    ['without a zone', { zone: undefined }, /needs `zone`/],
    ['an unknown zone', { zone: 'Europe/Bonn' }, /needs `zone`/],
    ['an offset for a zone', { zone: '+01:00' }, /needs `zone`/],
    ['a zone with a space', { zone: 'UTC x' }, /needs `zone`/],
    ['no time', { between: '8-18' }, /two different times/],
    ['a number, as YAML reads 08:00 unquoted', { between: 480 }, /two different times/],
    ['an empty window', { between: '08:00-08:00' }, /two different times/],
    ['beyond the day', { between: '08:00-24:01' }, /two different times/],
    ['from the end of the day', { between: '24:00-08:00' }, /two different times/],
    ['an unknown day', { days: ['mon', 'tues'] }, /unknown day `tues`; did you mean `tue`/],
    ['no day', { days: [] }, /takes a list/],
    ['an unknown key', { zones: 'UTC' }, /unknown key `zones`; did you mean `zone`/],
  ])('%s is refused', (_title, over, message) => expect(hours(over)).toMatch(message));

  it('follow daylight saving time', () => {
    const hoursAt = hoursMatcher(['sun 02:00-03:00 Europe/Berlin']);
    // The hour that is left out in spring, and the one that comes twice in autumn.
    const every = (from: number, hours: number) =>
      Array.from({ length: hours * 2 }, (_, i) => hoursAt(from + i * 1_800_000).length);
    expect(every(Date.UTC(2026, 2, 29, 0), 3)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(every(Date.UTC(2026, 9, 25, 0), 3)).toEqual([1, 1, 1, 1, 0, 0]);
  });
});

it.each([
  { network: '10.0.0.0/8' },
  { any: [{ role: 'a' }, { hours: { between: '08:00-18:00', zone: 'UTC' } }] },
])('where the circumstances are not asked, %j would never be met, and is refused', (condition) =>
  expect(() => parseCondition(condition)).toThrowError(/is for policies/),
);
