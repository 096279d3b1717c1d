/** A gate with people who ask and people who decide, on a clock that the test turns. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GrantView } from '../../src/grants.ts';
import type { RequestView } from '../../src/requests/view.ts';
import { startGate, type TestGate } from '../e2e/gate.ts';
import { writeProject } from '../e2e/project.ts';

export const POLICIES = `
  - id: known-to-readers
    on: { namespace: vault }
    discover: { group: readers }
  - id: keepers
    on: { id: vault.payouts }
    allow: { group: keepers }
    approve: { group: officers }
  - id: secret-for-nobody
    on: { id: dark.secret }
    allow: { group: nobody }
  - id: hash-mail
    on: { column_name: email }
    mask: { with: hash }
    unless: { group: officers }
    approve: { by: { group: officers }, approvers: 2 }
  - id: ends-of-mail
    on: { column_name: email }
    mask: { with: partial, first: 1, last: 1 }
    unless: { group: officers }
    approve: { group: treasury }
  - id: hash-phone
    on: { column_name: phone }
    mask: { with: hash }
    unless: { group: officers }
  - id: no-ssn
    on: { column_name: ssn }
    mask: { with: hide }
    unless: { group: officers }
  - id: own-region
    on: { id: gold.members }
    rows: { where: "region = 'north'" }
    unless: { group: officers }
    approve: { group: officers }
  - id: not-for-temps
    on: { id: vault.payouts }
    deny: { group: temps }
`;

export const PERSONAS = `personas:
  rita: { sub: rita.reader, groups: [readers] }
  otto: { sub: otto.other, groups: [readers] }
  temp: { sub: tim.temp, groups: [readers, temps] }
  olga: { sub: olga.officer, groups: [officers], attributes: { email: olga@example.com } }
  oscar: { sub: oscar.officer, groups: [officers, readers] }
  alias: { sub: olga.second, groups: [officers], attributes: { email: Olga@Example.com } }
  tom: { sub: tom.treasury, groups: [treasury] }
  owner: { sub: omar.owner, attributes: { email: members-owner@example.com, email_verified: true } }
  unverified: { sub: una.owner, attributes: { email: members-owner@example.com, email_verified: false } }
  unsaid: { sub: ulf.owner, attributes: { email: members-owner@example.com } }
  stew: { sub: stella.steward, roles: [steward, auditor] }
  job: { sub: svc-job, kind: service, groups: [readers] }
`;

export interface World extends TestGate {
  /** Seconds by which the gate's clock is ahead. */
  turn(seconds: number): void;
  ask(persona: string, body: object): Promise<RequestView>;
  post(persona: string | null, path: string, body?: object): ReturnType<TestGate['call']>;
  approve(persona: string, id: string, body?: object): ReturnType<TestGate['call']>;
  grants(persona: string, query?: string): Promise<readonly GrantView[]>;
  /** Values of the first column. */
  read(
    persona: string,
    sql: string,
  ): Promise<{ status: number; code?: string | undefined; values: readonly unknown[] }>;
}

export async function startWorld(config = ''): Promise<World> {
  const folder = await writeProject({
    sql: [
      'CREATE SCHEMA gold',
      'CREATE SCHEMA vault',
      'CREATE SCHEMA dark',
      'CREATE TABLE gold.members (id integer, email text, phone text, ssn text, region text)',
      "INSERT INTO gold.members VALUES (1, 'ada@example.com', '111', 'a', 'north'), (2, 'bob@example.com', '222', 'b', 'south')",
      'CREATE TABLE vault.payouts (id integer, amount integer)',
      'INSERT INTO vault.payouts VALUES (1, 10), (2, 20)',
      'CREATE TABLE dark.secret (id integer)',
    ],
    tables: [
      {
        schema: 'gold',
        name: 'members',
        columns: ['id integer', 'email text', 'phone text', 'ssn text', 'region text'],
      },
      { schema: 'vault', name: 'payouts', columns: ['id integer', 'amount integer'] },
      { schema: 'dark', name: 'secret', columns: ['id integer'] },
    ],
    restricted: ['vault', 'dark'],
    policies: POLICIES,
    exposures: {
      forecast: {
        on: ['vault.payouts'],
        sluice: { members: { group: 'forecasters' }, purposes: ['billing', 'planning'] },
      },
      hidden: { on: ['dark.secret'], sluice: { members: { group: 'forecasters' } } },
    },
    config,
  });
  writeFileSync(join(folder, 'personas.yml'), PERSONAS);
  const file = join(folder, 'sluice.yml');
  const yaml = readFileSync(file, 'utf8').replace(
    'identity: { development: { port: 0 } }',
    'identity: { development: { port: 0 }, permissions: { steward: { role: steward }, auditor: { role: auditor } } }',
  );
  writeFileSync(file, yaml);
  own(folder, 'source.test.gold.members', 'members-owner@example.com');
  const gate = await startGate({ folder });
  let ahead = 0;
  const fresh = () => new Date(Date.now() + ahead * 1000);
  Object.assign(gate.serving.open.gate, { now: fresh });
  const post: World['post'] = (persona, path, body) =>
    gate.call(persona, 'POST', path, body === undefined ? {} : { body });
  return Object.assign(gate, {
    turn(seconds: number) {
      ahead += seconds;
    },
    post,
    async ask(persona: string, body: object) {
      const reply = await post(persona, '/v1/access-requests', {
        reason: 'for a test',
        duration: '1h',
        ...body,
      });
      if (reply.status !== 201) throw new Error(`${reply.status} ${reply.text}`);
      return reply.body as unknown as RequestView;
    },
    approve: (persona: string, id: string, body: object = {}) =>
      post(persona, `/v1/access-requests/${id}/approve`, body),
    async grants(persona: string, query = '') {
      const reply = await gate.call(persona, 'GET', `/v1/grants${query}`);
      return (reply.body as unknown as { grants: readonly GrantView[] }).grants;
    },
    async read(persona: string, sql: string) {
      const { status, body } = await gate.query(persona, sql);
      return { status, code: body.code, values: (body.rows ?? []).map(([first]) => first) };
    },
  });
}

/** Who answers for a source, as dbt's meta names them. */
export function own(folder: string, uniqueId: string, owner: string): void {
  change(folder, (manifest) => Object.assign(manifest.sources[uniqueId] ?? {}, { meta: { owner } }));
}

interface Manifest {
  readonly sources: Record<string, Record<string, unknown>>;
  readonly exposures: Record<string, Record<string, unknown>>;
}

export function change(folder: string, edit: (manifest: Manifest) => void): void {
  const path = join(folder, 'target/manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}
