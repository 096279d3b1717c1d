/** A clean room for tests: readings of members, a row a member, and merchants, with what a reference in TypeScript needs. */
import type { CleanRoomLimits } from '../../src/catalogue/clean-room.ts';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import { dataset, type RulesById } from './fixture.ts';

export function room(rule: Partial<CleanRoomLimits> & Pick<CleanRoomLimits, 'unit'>): CleanRoomLimits {
  return {
    room: 'partners',
    min_group_size: 3,
    one_row_per_unit: false,
    dimensions: [],
    measures: [],
    join_keys: [],
    joins: [],
    filters: [],
    noise: null,
    budget: { queries: null, epsilon: null, per: 86_400, memory: 86_400 },
    ...rule,
  };
}

export function roomDatasets(engine: EngineKind): readonly Dataset[] {
  const database = engine === 'duckdb' ? 'memory' : 'warehouse';
  const relation = (identifier: string) => ({ database, schema: 'gold', identifier });
  return [
    dataset(
      'gold.members',
      [
        'member VARCHAR',
        'region VARCHAR',
        'age INTEGER',
        'joined DATE',
        'income DECIMAL(12,2)',
        'email VARCHAR',
      ],
      relation('members'),
    ),
    dataset(
      'gold.usage',
      ['member VARCHAR', 'month DATE', 'kwh INTEGER', 'cost DOUBLE', 'tariff VARCHAR', 'note VARCHAR'],
      relation('usage'),
    ),
    dataset('gold.plain', ['region VARCHAR', 'name VARCHAR'], relation('plain')),
  ];
}

export const MEMBERS_ROOM = room({
  unit: 'member',
  one_row_per_unit: true,
  dimensions: [
    { column: 'region', mask: null },
    { column: 'age', mask: { kind: 'bucket', width: 20, origin: 0 } },
  ],
  measures: [{ column: 'income' }],
  join_keys: ['member'],
});

export const USAGE_ROOM = room({
  unit: 'member',
  dimensions: [
    { column: 'month', mask: { kind: 'truncate_date', to: 'quarter' } },
    { column: 'tariff', mask: null },
  ],
  measures: [{ column: 'kwh' }, { column: 'cost', min: 0, max: 100 }],
  join_keys: ['member'],
  joins: [{ dataset: 'gold.members', on: [{ column: 'member', other: 'member' }] }],
});

export const ROOM_RULES: RulesById = {
  'gold.members': { limits: { aggregate_only: [MEMBERS_ROOM] } },
  'gold.usage': { limits: { aggregate_only: [USAGE_ROOM] } },
};
