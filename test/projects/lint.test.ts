/** What a push warns of: conditions on projects and purposes that there are not, and denials that close an equalised project. */
import { describe, expect, it } from 'vitest';
import { buildSnapshot } from '../../src/snapshot.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { manifest, model, snapshotInput } from '../dbt/sample.ts';

await loadParser();

const BOARD = {
  members: { all: [{ group: 'board' }, { not: { group: 'interns' } }] },
  purposes: [{ name: 'review', text: 't' }],
  equalise: true,
};

function found(policies: readonly object[], sluice: object = BOARD): readonly string[] {
  const exposure = {
    name: 'board',
    type: 'analysis',
    depends_on: { nodes: ['model.shop.orders'] },
    meta: { sluice },
  };
  const input = snapshotInput({
    manifest: manifest({ nodes: [model('orders')], exposures: { 'exposure.shop.board': exposure } }),
    policyFiles: [{ path: 'p.yml', text: JSON.stringify({ policies }) }],
  });
  return buildSnapshot(input).findings.flatMap(({ rule, policy, message }) =>
    policy === null ? [] : [`${rule} ${policy}: ${message}`],
  );
}

const deny = (who: unknown, unless?: unknown) => [
  { id: 'no', on: 'everything', deny: who, ...(unless === undefined ? {} : { unless }) },
];

describe('names', () => {
  it.each([
    ['a project that there is', { project: 'board' }, []],
    ['a purpose that it lists', { purpose: 'review' }, []],
    [
      'a project that there is not',
      { project: 'bord' },
      ['unknown-name no: there is no project `bord`; did you mean `board`?'],
    ],
    [
      'a purpose that none lists',
      { any: [{ group: 'x' }, { not: { purpose: 'fraud' } }] },
      ['unknown-name no: no project lists the purpose `fraud`'],
    ],
    [
      'one of several',
      { project: ['board', 'bord'] },
      ['unknown-name no: there is no project `bord`; did you mean `board`?'],
    ],
  ])('%s', (_, unless, wanted) => expect(found(deny({ group: 'interns' }, unless))).toEqual(wanted));
});

describe('an equalised project is closed by a denial', () => {
  it.each([
    ['of everyone', 'everyone', undefined, true],
    ['of a group that a member may be in', { group: 'guests' }, undefined, true],
    ['of a group that no member is in', { group: 'interns' }, undefined, false],
    ['of a subject', { sub: 'bob' }, undefined, true],
    ['of one kind', { kind: 'service' }, undefined, true],
    ['of who has no name', { kind: 'anonymous' }, undefined, false],
    ['from which every member is exempt', { group: 'guests' }, { group: 'board' }, false],
    ['from which it is exempt itself', { group: 'guests' }, { project: 'board' }, false],
    ['from which its purpose is exempt', { group: 'guests' }, { purpose: 'review' }, false],
    ['from which some may be exempt', { group: 'guests' }, { group: 'staff' }, true],
  ])('%s', (_, who, unless, closed) => {
    const rules = found(deny(who, unless)).map((one) => one.split(' ')[0]);
    expect(rules).toEqual(closed ? ['equalised-denied'] : []);
  });

  it('and one that is not equalised is not', () => {
    expect(found(deny({ sub: 'bob' }), { ...BOARD, equalise: false })).toEqual([]);
  });
});
