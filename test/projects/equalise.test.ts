/** `equalise`: members of different rights get the very same answers, and none of them more than their own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { writeProject } from '../e2e/project.ts';

const POLICIES = `
  - { id: names, on: { column_tag: pii }, mask: { with: hash }, unless: { group: seniors } }
  - { id: notes, on: { column_name: note }, mask: { with: hide }, unless: { any: [{ group: writers }, { project: board }] } }
  - { id: own, on: { id: main.people }, rows: { where: "area = any(identity.attributes.areas)" }, unless: { any: [{ role: all-areas }, { project: board }] } }
  - { id: locals, on: { id: main.local }, rows: { where: "area = any(identity.attributes.areas)" } }
  - { id: staff, on: { id: main.people }, require: { group: staff } }
  - { id: not-bob, on: { id: main.secret }, deny: { sub: bob } }
  - { id: keyed, on: { all: [{ id: main.keyed }, { column_name: name }] }, mask: { with: hash, scope: project } }
  - { id: few, on: { id: main.people }, limit: { max_rows: 2 }, unless: { group: seniors } }
`;
const PERSONAS = `personas:
  ada: { sub: ada, groups: [staff, seniors, writers], roles: [all-areas], attributes: { areas: [x, y] } }
  bob: { sub: bob, groups: [staff], attributes: { areas: [y] } }
  eve: { kind: service, sub: eve, groups: [staff], roles: [all-areas] }
  mia: { sub: mia, groups: [seniors] }
`;

let gate: TestGate;
beforeAll(async () => {
  const folder = await writeProject({
    sql: [
      'CREATE TABLE people (name VARCHAR, note VARCHAR, area VARCHAR)',
      "INSERT INTO people VALUES ('Ann','first','x'), ('Ben','second','y'), ('Cat','third','z')",
      'CREATE TABLE local AS SELECT * FROM people',
      'CREATE TABLE secret AS SELECT * FROM people',
      'CREATE TABLE keyed AS SELECT name AS name FROM people',
    ],
    tables: [
      ...['people', 'local', 'secret'].map((name) => ({
        schema: 'main',
        name,
        columns: [{ name: 'name', type: 'VARCHAR', tags: ['pii'] }, 'note VARCHAR', 'area VARCHAR'],
      })),
      { schema: 'main', name: 'keyed', columns: ['name VARCHAR'] },
    ],
    policies: POLICIES,
    exposures: {
      board: {
        on: ['main.people', 'main.local', 'main.secret'],
        sluice: { members: { group: 'staff' }, equalise: true },
      },
      open_board: {
        on: ['main.people', 'main.local', 'main.secret', 'main.keyed'],
        sluice: { members: { group: 'staff' } },
      },
      keys: { on: ['main.keyed'], sluice: { members: { group: 'staff' } } },
    },
  });
  writeFileSync(join(folder, 'personas.yml'), PERSONAS);
  gate = await startGate({ folder });
});
afterAll(() => gate.close());

const answers = async (sql: string, project: string, who = ['ada', 'bob', 'eve']) =>
  Promise.all(
    who.map(async (persona) => {
      const { status, body } = await gate.query(persona, sql, { project });
      return JSON.stringify({ status, ...body, request_id: '' });
    }),
  );

const QUERIES = [
  'SELECT * FROM main.people ORDER BY area',
  'SELECT name FROM main.people',
  'SELECT area, count(*) AS n FROM main.people GROUP BY area ORDER BY area',
  'SELECT * FROM main.local',
  'SELECT * FROM main.secret',
  'SELECT nothing FROM main.people',
];

describe('in an equalised project', () => {
  it.each(QUERIES)('all members get the same bytes: %s', async (sql) => {
    const [first, ...others] = await answers(sql, 'board');
    for (const other of others) expect(other).toBe(first);
  });

  it('which differ without it', async () => {
    const all = await Promise.all(QUERIES.map((sql) => answers(sql, 'open_board')));
    expect(all.filter((told) => new Set(told).size > 1).length).toBeGreaterThan(3);
  });

  it.each([
    // `area` is exempt by the project itself, `note` too; the name and the bound are as for the least of them.
    ['rows and masks of whoever may least', 'SELECT name, area FROM main.people ORDER BY area', 200],
    ['nothing of a filter that asks each by themselves', 'SELECT name FROM main.local', 200],
    ['nothing at all where one of them might be denied', 'SELECT area FROM main.secret', 403],
  ])('shows %s', async (_, sql, status) => {
    const reply = await gate.query('ada', sql, { project: 'board' });
    expect(reply.status, reply.text).toBe(status);
    expect(reply.body.rows?.map((row) => row.length) ?? null).toEqual(
      status === 403 ? null : sql.includes('local') ? [] : [2, 2],
    );
    if (status === 200) expect(reply.text).not.toContain('Ann');
  });

  it('is for members alone', async () => {
    const reply = await gate.query('mia', 'SELECT area FROM main.people', { project: 'board' });
    expect([reply.status, reply.body.code]).toEqual([404, 'project_not_found']);
  });

  it('is on record under the name of whoever asked', async () => {
    await gate.query('bob', 'SELECT area FROM main.people', { project: 'board' });
    const events = await gate.serving.open.gate.audit.tail(3);
    expect(events.findLast(({ event }) => event === 'decision')).toMatchObject({
      subject: { sub: 'bob', kind: 'user' },
      project: 'board',
    });
  });

  it('cursors are still of one person', async () => {
    const sql = 'SELECT area FROM main.people ORDER BY area';
    const first = await gate.query('ada', sql, { project: 'board', limit: 1 });
    const cursor = first.body.page?.next_cursor;
    expect(cursor).toEqual(expect.any(String));
    expect((await gate.query('bob', sql, { project: 'board', cursor })).body.code).toBe('cursor_invalid');
    expect((await gate.query('ada', sql, { project: 'board', cursor })).status).toBe(200);
  });

  it('says so to its members', async () => {
    const { acting } = (await gate.call('bob', 'GET', '/v1/projects/board')).body as { acting?: unknown };
    expect(acting).toMatchObject({ equalised: true, purposes: [], clean_room: null });
  });
});

it('pseudonyms of a project join in that project alone', async () => {
  const of = async (persona: string, project?: string) => {
    const within = project === undefined ? {} : { project };
    const { body, text } = await gate.query(persona, 'SELECT name FROM main.keyed ORDER BY 1', within);
    expect(body.rows?.length, text).toBe(3);
    return JSON.stringify(body.rows);
  };
  const all = [await of('ada'), await of('ada', 'open_board'), await of('ada', 'keys')];
  expect(new Set(all).size).toBe(3);
  expect(await of('bob', 'keys')).toBe(all[2]);
  expect(await of('ada', 'open_board')).toBe(all[1]);
});
