/** Clean rooms whose rules show more of people than their author may have meant. */
import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/catalogue/dataset.ts';
import { readCleanRoom } from '../../src/catalogue/settle-clean-room.ts';
import { roomFindings } from '../../src/hygiene/rooms.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import { catalogue, dataset } from '../policies/support/catalogue.ts';

const members = dataset({
  id: 'gold.members',
  columns: {
    id: { family: 'integer' },
    town: { tags: ['pii.address'], family: 'text' },
    joined: { family: 'date' },
    age: { family: 'integer' },
    region: { family: 'text' },
  },
});

function found(rules: string, policies = ''): readonly string[] {
  const room = readCleanRoom(
    JSON.parse(`{ "min_group_size": 5, "datasets": { "gold.members": { "unit": "id" } }, ${rules} }`),
    { name: 'partners', datasets: [members] },
    (path, message) => expect.unreachable(`${path.join('.')}: ${message}`),
  );
  const known = catalogue([members]);
  const withRoom = { ...known, projects: [{ cleanRoom: room }] } as unknown as Catalogue;
  const files = policies === '' ? [] : [{ path: 'a.yml', text: `policies:\n  - ${policies}\n` }];
  const compiled = compilePolicies(files, known, { environment: 'test' });
  return roomFindings({ catalogue: withRoom, policies: compiled }).map(
    ({ rule, column, message }) => `${rule} ${column ?? ''}: ${message}`,
  );
}

const cut = (dimensions: string): string =>
  `"datasets": { "gold.members": { "unit": "id", "dimensions": ${dimensions} } }`;

describe('rules of clean rooms', () => {
  it.each([
    ['"min_group_size": 10', []],
    ['"min_group_size": 4', ['room-small-groups : groups of 4 are shown in partners']],
    [cut('["region"]'), []],
    [cut('["town"]'), ['room-dimension-personal town: is a dimension of partners, and personal']],
    [cut('["joined"]'), ['room-dimension-fine joined: is a dimension of partners as it is']],
    [cut('[{ "column": "joined", "truncate_date": "year" }]'), []],
    [cut('["age"]'), ['room-dimension-fine age: is a dimension of partners as it is']],
    [cut('[{ "column": "age", "bucket": 10 }]'), []],
  ])('%s', (rules, wanted) => expect(found(rules)).toEqual(wanted));

  it('of policies as well', () => {
    const policy =
      '{ id: few, on: { id: gold.members }, limit: { aggregate_only: { unit: id, min_group_size: 3 } } }';
    expect(found('"min_group_size": 10', policy)).toEqual([
      'room-small-groups : groups of 3 are shown in few',
    ]);
  });
});
