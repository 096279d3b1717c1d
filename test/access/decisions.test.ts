/**
 * Decision cases: facts and policies in, the wanted decision and the wanted audit event out. Each is decided by the bundle as it
 * is compiled, and by an OPA server that has it as the gate serves it, and asked for on the path of a query up to the verified text,
 * whose audit event must say the same.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createDecider, type Decider } from '../../src/access/decide.ts';
import type { Decision } from '../../src/access/decision.ts';
import { buildContext } from '../../src/access/input.ts';
import { partiesOf } from '../../src/access/party.ts';
import { createPdp, type Pdp } from '../../src/access/pdp.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { SluiceError } from '../../src/errors.ts';
import type { Gate } from '../../src/gate.ts';
import type { Identity } from '../../src/identity/identity.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import type { MaskSpec, PolicySet } from '../../src/policies/policy.ts';
import { actingAlone } from '../../src/request/acting.ts';
import { planQuery } from '../../src/request/plan.ts';
import { emptyCaches } from '../../src/request/plan-caches.ts';
import { openTrail } from '../../src/request/trail.ts';
import type { Grant, HeldGrant } from '../../src/requests/grant.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { duckdbWitness } from '../../src/sql/verify-duckdb.ts';
import {
  catalogue,
  type DatasetSpec,
  dataset,
  type IdentitySpec,
  identity,
  request,
} from '../policies/support/catalogue.ts';
import { findOpa, opaOptions, startOpa } from './support/opa.ts';

/** Absent parts of `want` are empty. */
const caseSchema = z.strictObject({
  name: z.string(),
  dataset: z.custom<DatasetSpec>().optional(),
  /** Beside it in the catalogue. */
  others: z.array(z.custom<DatasetSpec>()).optional(),
  identity: z.custom<IdentitySpec>().optional(),
  /** What no request says of itself yet: such a case is decided, not asked for. */
  context: z.strictObject({ project: z.string().optional(), purpose: z.string().optional() }).optional(),
  environment: z.string().optional(),
  /** Absent parts are those of a grant of access that holds. */
  grants: z.array(z.custom<Partial<Grant>>()).optional(),
  now: z.iso.datetime().optional(),
  ip: z.string().optional(),
  sql: z.string().optional(),
  policies: z.array(z.unknown()).optional(),
  /** Short for one policy that allows whom this condition names. */
  who: z.unknown().optional(),
  want: z.strictObject({
    reason: z.string(),
    discoverable: z.boolean().optional(),
    /** `effect policy: because`; not compared where absent. */
    reasons: z.array(z.string()).optional(),
    /** By policy; its id alone where the predicate is not compared. */
    rows: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).optional(),
    masks: z.record(z.string(), z.string()).optional(),
    /** By column: the policies whose tokens may be reversed. */
    reveals: z.record(z.string(), z.array(z.string())).optional(),
    hidden: z.array(z.string()).optional(),
    limits: z.record(z.string(), z.unknown()).optional(),
    expires_at: z.number().optional(),
    /** Of a query that is refused though the dataset is allowed. */
    code: z.string().optional(),
  }),
  audit: z
    .strictObject({
      decision: z.enum(['allow', 'deny']),
      reasons: z.array(z.string()),
      policy_ids: z.array(z.string()),
    })
    .optional(),
});
type Case = z.infer<typeof caseSchema>;
const fileSchema = z.strictObject({ dataset: z.custom<DatasetSpec>(), cases: z.array(caseSchema) });

const folder = 'test/cases/decisions';
const files = readdirSync(folder).map((file) => ({
  file,
  ...fileSchema.parse(parse(readFileSync(`${folder}/${file}`, 'utf8'))),
}));

const embedded = async (): Promise<Pdp> => createPdp({ kind: 'embedded' });
async function remote(): Promise<Pdp> {
  const opa = await startOpa();
  const pdp = createPdp(opaOptions(opa.url));
  return {
    ...pdp,
    async close() {
      await pdp.close();
      await opa.close();
    },
  };
}
const places = [
  { place: 'in process', open: embedded },
  ...(findOpa() === null ? [] : [{ place: 'by an OPA server', open: remote }]),
];

let decider: Decider;

let duckdb: DuckDBInstance;
let witness: (sql: string) => Promise<ReturnType<typeof duckdbWitness>>;
beforeAll(async () => {
  await loadParser();
  duckdb = await DuckDBInstance.create();
  const connection = await duckdb.connect();
  witness = async (sql) => {
    const read = await connection.runAndReadAll('SELECT json_serialize_sql($1::varchar)', [sql]);
    return duckdbWitness(read.getRowsJS()[0]?.[0]);
  };
});
afterAll(() => duckdb.closeSync());

function worldOf(shared: DatasetSpec, c: Case) {
  const subject = dataset({ ...shared, ...c.dataset });
  const known = catalogue([subject, ...(c.others ?? []).map(dataset)]);
  const written = c.policies ?? (c.who === undefined ? [] : [{ id: 'who', on: 'everything', allow: c.who }]);
  const environment = c.environment ?? 'production';
  const text = JSON.stringify({ policies: written });
  const policies = compilePolicies([{ path: 'p.yml', text }], known, { environment });
  const now = new Date(c.now ?? 1_700_000_000_000);
  const who = identity(c.identity);
  const grants = (c.grants ?? []).map((given, i) => grantOf(given, i, { subject, policies, who, now }));
  return { subject, known, policies, environment, now, who, grants };
}

function grantOf(
  given: Partial<Grant>,
  i: number,
  { subject, policies, who, now }: { subject: Dataset; policies: PolicySet; who: Identity; now: Date },
): HeldGrant {
  const grant: Grant = {
    id: `g${i + 1}`,
    subject: { sub: who.sub, issuer: who.issuer },
    kind: given.policies === undefined ? 'access' : 'lift',
    dataset: subject.id,
    project: null,
    policies: [],
    columns: [],
    purpose: null,
    until: Math.floor(now.getTime() / 1000) + 60,
    request: `r${i + 1}`,
    approvers: [],
    ...given,
  };
  const digests = policies.policies.map(({ id }) => [id, policies.termsOf(id)?.digest ?? '']);
  return { ...grant, binding: { uniqueId: subject.uniqueId, digests: Object.fromEntries(digests) } };
}

async function decide(c: Case, world: ReturnType<typeof worldOf>): Promise<Decision> {
  const { subject, policies, environment, now, who, grants } = world;
  const circumstances = {
    ...buildContext({
      now: now.getTime(),
      environment,
      clientIp: c.ip ?? null,
      policies,
      ...c.context,
    }),
    grants,
  };
  const decisions = await decider.decide({
    parties: partiesOf(who, () => circumstances),
    datasets: [subject],
    policies,
    snapshotHash: c.name,
    action: 'query',
    request,
  });
  const decision = decisions.get(subject.id);
  if (decision === undefined) throw new Error('no decision');
  return decision;
}

/** Asks for one row of it, as a query would, short of the engine. */
async function ask(
  c: Case,
  world: ReturnType<typeof worldOf>,
): Promise<{ code: string | null; event: AuditEvent }> {
  const { subject, known, policies, environment, now, who } = world;
  const events: AuditEvent[] = [];
  const gate = {
    environment,
    limits: { sqlBytes: 65_536, maxScanRows: null },
    keys: { mask: new Uint8Array(32), tokens: { current: null } },
    audit: { append: async (event: AuditEvent) => void events.push(event) },
    decider,
    grants: { activeFor: async () => world.grants },
    metadata: { rowsOf: () => null },
    caches: emptyCaches(),
    engine: () => ({ name: 'warehouse', kind: 'duckdb', witness }),
    observe: () => {},
    now: () => now,
  } as unknown as Gate;
  const snapshot = {
    hash: c.name,
    catalogue: known,
    policies,
    findings: [],
    warnings: [],
  } as unknown as Parameters<typeof openTrail>[2];
  const caller = {
    requestId: 'case',
    token: null,
    client: { ip: c.ip ?? null, door: 'test', user_agent: null },
    signal: new AbortController().signal,
  };
  const sql =
    c.sql ??
    `SELECT 1 AS one FROM ${subject.id
      .split('.')
      .map((part) => `"${part}"`)
      .join('.')}`;
  const trail = openTrail(caller, who, snapshot, 'query', gate);
  const code = await trail
    .refusing(async () => {
      const plan = await planQuery(
        {
          ask: { text: { sql } },
          acting: actingAlone(who, snapshot),
          snapshot,
          page: { limit: 1, offset: 0 },
          clientIp: c.ip ?? null,
          action: 'query',
          known: trail.known,
        },
        gate,
      );
      await trail.allowed(plan);
      return null;
    })
    .catch((thrown: unknown) => {
      if (thrown instanceof SluiceError) return thrown.code;
      throw thrown;
    });
  const [event, second] = events;
  if (event === undefined || second !== undefined) throw new Error(`${events.length} audit events`);
  return { code, event };
}

const maskText = (mask: MaskSpec): string => Object.values(mask).map(String).join(' ');

function inShort(decision: Decision, wantedRows: Case['want']['rows'] = []) {
  const masks = Object.entries(decision.masks).map(([column, { policy, mask, when = [] }]) => [
    column,
    [{ policy, mask }, ...when]
      .map((one) => (one.mask === null ? '-' : `${one.policy} ${maskText(one.mask)}`))
      .join('; else where: '),
  ]);
  return {
    allow: decision.allow,
    reason: decision.reason,
    discoverable: decision.discoverable,
    rows: decision.rows.map(({ policy, predicate }, i) =>
      typeof wantedRows[i] === 'string' ? policy : { [policy]: predicate },
    ),
    masks: Object.fromEntries(masks),
    reveals: Object.fromEntries(
      Object.entries(decision.reveals ?? {}).map(([column, sources]) => [
        column,
        sources.map((one) => one.policy),
      ]),
    ),
    hidden: [...decision.hidden].sort(),
    limits: decision.limits,
    expires_at: decision.expires_at,
  };
}

describe.each(places)('decided $place', ({ open }) => {
  let pdp: Pdp;
  beforeAll(async () => {
    pdp = await open();
    decider = createDecider({ pdp, cacheSize: 0 });
  });
  afterAll(() => pdp.close());

  it.each(
    files.flatMap(({ file, dataset: shared, cases }) => cases.map((c) => [file, c.name, shared, c] as const)),
  )('%s: %s', async (_file, _name, shared, c) => {
    const world = worldOf(shared, c);
    const decision = await decide(c, world);
    const { want } = c;
    const wanted = {
      allow: want.reason === 'allowed',
      reason: want.reason,
      discoverable: want.discoverable ?? true,
      rows: want.rows ?? [],
      masks: want.masks ?? {},
      reveals: want.reveals ?? {},
      hidden: want.hidden ?? [],
      limits: want.limits ?? {},
      expires_at: want.expires_at ?? null,
    };
    expect(inShort(decision, want.rows)).toEqual(wanted);
    if (want.reasons !== undefined)
      expect(decision.reasons.map((r) => `${r.effect} ${r.policy}: ${r.because}`)).toEqual(want.reasons);

    if (c.context !== undefined) return;
    const { code, event } = await ask(c, world);
    const refused = wanted.discoverable ? 'access_denied' : 'dataset_not_found';
    const used = decision.reasons.filter(({ effect }) => effect === 'grant');
    const wantedCode = want.code ?? (wanted.allow ? null : refused);
    const audit = c.audit ?? {
      decision: wantedCode === null ? 'allow' : 'deny',
      reasons: [
        `${world.subject.id}: ${want.reason}`,
        ...used.map(({ policy }) => `${world.subject.id}: grant ${policy}`),
      ],
      policy_ids: event.policy_ids,
    };
    const { decision: outcome, reasons, policy_ids, error_code } = event;
    expect({ code, outcome, reasons, policy_ids, error_code }).toEqual({
      code: wantedCode,
      outcome: audit.decision,
      reasons: audit.reasons,
      policy_ids: audit.policy_ids,
      error_code: wantedCode ?? undefined,
    });
  });
});

it('there are enough of them to cover the language, and no two are called the same', () => {
  const names = files.flatMap(({ file, cases }) => cases.map(({ name }) => `${file} ${name}`));
  console.log(`${names.length} decision cases in ${files.length} files`);
  expect(names.length).toBeGreaterThanOrEqual(200);
  expect(new Set(names).size).toBe(names.length);
});
