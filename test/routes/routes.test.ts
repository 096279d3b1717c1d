/** Every route, asked by every persona and with every sort of bad token: who gets which answer, what it tells, and that a refusal changes nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../e2e/gate.ts';
import { faultsOf, nameOf, type OpenApi, type Operation, operationsOf } from './document.ts';
import { type Door, openDoor, type Person, REFUSED, secretsFrom } from './persons.ts';
import { type Filling, filling } from './prepare.ts';
import { type Row, readTable, titleOf } from './table.ts';

const TABLE = readTable();
let door: Door;
let operations: readonly Operation[];

beforeAll(async () => {
  door = await openDoor();
  operations = operationsOf(JSON.parse((await door.gate.call(null, 'GET', '/openapi.json')).text) as OpenApi);
});

afterAll(() => door.close());

const operationOf = ({ route }: Row): Operation => {
  const found = operations.find((one) => nameOf(one) === route);
  if (found === undefined)
    throw new Error(`${route} is not in /openapi.json: take its row out of routes.yaml`);
  return found;
};

interface Cell {
  readonly person: Person;
  readonly reply: Reply;
  /** What was asked, in which any word may stand. */
  readonly asked: string;
}

async function ask(row: Row, person: Person, { fill }: Filling): Promise<Cell> {
  const { method, route } = operationOf(row);
  const path = await fill(row.path ?? route);
  const body = await fill(row.body);
  const token = await door.token(person);
  const reply = await door.gate.call(null, method, path, {
    ...(token === null ? {} : { token }),
    ...(body === undefined ? {} : { body }),
    ...(row.headers === undefined ? {} : { headers: row.headers }),
  });
  return { person, reply, asked: decodeURIComponent(path) + JSON.stringify(row.body ?? '') };
}

const toldAs = ({ status, body }: Reply): string => (status < 400 ? `${status}` : `${status} ${body.code}`);

/** Whatever a caller could change, as an officer sees it. */
async function state(): Promise<string> {
  const paths = [
    '/v1/metadata',
    '/v1/identity/denials',
    '/v1/grants?all=true&limit=200',
    '/v1/access-requests?limit=200',
    '/v1/rooms/partner_clean_room/budget',
    '/v1/projects/load_forecast',
  ];
  const seen: string[] = [];
  for (const path of paths) seen.push((await door.gate.call('officer', 'GET', path)).text);
  return seen.join('\n');
}

/** A persona's cell, and what is wrong with it whatever the row says. */
function expectSound(row: Row, { person, reply, asked }: Cell): void {
  expect(faultsOf(operationOf(row), reply), `${person}: ${reply.text.slice(0, 500)}`).toEqual([]);
  const pushed = person === 'pipeline' && reply.status < 400;
  const leaked = pushed
    ? []
    : secretsFrom(person).filter((one) => reply.text.includes(one) && !asked.includes(one));
  expect(leaked, `what ${person} may not know is in: ${reply.text.slice(0, 500)}`).toEqual([]);
  const untold = (row.tells[person] ?? []).filter((word) => !reply.text.includes(word));
  const told = (row.hides[person] ?? []).filter((word) => reply.text.includes(word));
  expect({ untold, told }, `${person}: ${reply.text.slice(0, 500)}`).toEqual({ untold: [], told: [] });
}

/** What is told of the catalogue is on record nowhere, and neither is what is not told of it. */
const CATALOGUE = /^GET \/v1\/(catalogue|datasets\/\{dataset_id\}\/schema)/;

/** Whom the gate knows and told that they may not, with nothing of it in the audit. */
async function withoutRecord({ route }: Row, refusals: readonly Cell[]): Promise<readonly Person[]> {
  if (CATALOGUE.test(route)) return [];
  const events = await door.gate.serving.open.gate.audit.tail(100);
  const recorded = new Set(events.flatMap((one) => (one.decision === 'deny' ? [one.request_id] : [])));
  return refusals
    .filter(({ reply }) => reply.status === 403)
    .filter(({ reply }) => !recorded.has(String(reply.body.request_id)))
    .map(({ person }) => person);
}

/** Of a refusal, all but what differs with every request. */
const shownIn = ({ body }: Reply): object => ({ ...body, request_id: '' });

describe('the table', () => {
  it('has a row for every route of the document', () => {
    const rows = new Set(TABLE.map(({ route }) => route));
    const without = operations.map(nameOf).filter((route) => !rows.has(route));
    expect(
      without,
      'Add a row to test/routes/routes.yaml for each: what is asked, and what each persona gets.',
    ).toEqual([]);
  });

  it('names each row once', () => {
    const titles = TABLE.map(titleOf);
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
  });
});

describe('every route, by everyone', () => {
  it.each(TABLE.map((row) => ({ title: titleOf(row), row })))('$title', async ({ row }) => {
    const operation = operationOf(row);
    const people = [...row.answers];
    const got = new Map<Person, string>();
    const refusals: Cell[] = [];
    let prepared = filling(door.gate);
    await prepared.fill([row.path ?? '', row.body ?? '']);
    const before = operation.method === 'GET' ? '' : await state();
    for (const [person] of people.filter(([, answer]) => answer >= '4')) {
      const cell = await ask(row, person, prepared);
      got.set(person, toldAs(cell.reply));
      expectSound(row, cell);
      refusals.push(cell);
    }
    expect(await withoutRecord(row, refusals), 'refused, and not on record').toEqual([]);
    if (operation.method !== 'GET') expect(await state(), 'a refusal changed something').toBe(before);
    for (const [person] of people.filter(([, answer]) => answer < '4')) {
      const cell = await ask(row, person, prepared);
      got.set(person, toldAs(cell.reply));
      expectSound(row, cell);
      if (operation.method !== 'GET') prepared = filling(door.gate);
    }
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(people));
    // What is not there is not there in the same words for everyone.
    const gone = refusals.filter(({ reply }) => reply.status === 404).map(({ reply }) => shownIn(reply));
    expect(new Set(gone.map((one) => JSON.stringify(one))).size).toBeLessThanOrEqual(1);
  });

  it('a bad token opens nothing that is not open to everyone', () => {
    const open = TABLE.filter((row) => operationOf(row).open).map(({ route }) => route);
    for (const row of TABLE)
      for (const person of Object.keys(REFUSED) as Person[])
        if (!open.includes(row.route)) expect(row.answers.get(person), titleOf(row)).toMatch(/^4/);
    expect([...new Set(open)].sort()).toEqual([
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
      'GET /opa/bundles/sluice.tar.gz',
    ]);
  });
});
