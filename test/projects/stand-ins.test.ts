/** Who stands for all members: one identity for each way to be one, of which nothing but that is known. */
import { describe, expect, it } from 'vitest';
import { readMembers } from '../../src/catalogue/membership.ts';
import { parseCondition, truthOf } from '../../src/policies/conditions.ts';
import { standIns } from '../../src/policies/stand-ins.ts';

const members = (value: unknown) =>
  readMembers(value, (path, message) => {
    throw new Error(`${path.join('.')}: ${message}`);
  });
const of = (value: unknown) => standIns('board', members(value), 'production');
const CIRCUMSTANCES = { project: 'board', purpose: null, environment: 'production' };

describe('stand-ins', () => {
  it.each([
    ['a group: of either kind', { group: 'a' }, ['user a', 'service a']],
    ['of one kind', { all: [{ group: 'a' }, { kind: 'user' }] }, ['user a']],
    ['of another kind than one', { all: [{ group: 'a' }, { not: { kind: 'user' } }] }, ['service a']],
    ['for each alternative', { group: ['a', 'b'] }, ['user a', 'service a', 'user b', 'service b']],
    ['nobody who has no name', { kind: 'anonymous' }, []],
    ['nobody who cannot be', { all: [{ group: 'a' }, { not: { group: 'a' } }] }, []],
    ['nobody with two names', { all: [{ sub: 'a' }, { sub: 'b' }] }, []],
    ['nobody of another environment', { all: [{ group: 'a' }, { environment: 'sandbox' }] }, []],
    [
      'of this environment',
      { all: [{ group: 'a' }, { environment: 'production' }] },
      ['user a', 'service a'],
    ],
    ['everyone', 'everyone', ['user ', 'service ']],
  ])('%s', (_, value, wanted) => {
    expect(of(value).map(({ kind, groups }) => `${kind} ${groups.join()}`)).toEqual(wanted);
  });
});

describe('what is known of one', () => {
  const [one] = of({
    all: [
      { group: 'a' },
      { not: { role: 'r' } },
      { sub: 'ada' },
      { attribute: { area: 'x' } },
      { kind: 'user' },
    ],
  });

  it.each([
    [{ group: 'a' }, 'true'],
    [{ group: 'b' }, 'unknown'],
    [{ not: { group: 'b' } }, 'unknown'],
    [{ role: 'r' }, 'false'],
    [{ not: { role: 'r' } }, 'true'],
    [{ role: 's' }, 'unknown'],
    [{ scope: 's' }, 'unknown'],
    [{ sub: 'ada' }, 'true'],
    [{ sub: 'bob' }, 'false'],
    [{ issuer: 'i' }, 'unknown'],
    [{ attribute: { area: 'x' } }, 'true'],
    [{ attribute: { area: 'y' } }, 'unknown'],
    [{ attribute: { level: 1 } }, 'unknown'],
    [{ kind: 'user' }, 'true'],
    [{ kind: 'service' }, 'false'],
    [{ project: 'board' }, 'true'],
    [{ purpose: 'why' }, 'false'],
  ])('%j is %s', (condition, truth) => {
    if (one === undefined) throw new Error('nobody');
    expect(truthOf(parseCondition(condition), one, CIRCUMSTANCES)).toBe(truth);
  });
});
