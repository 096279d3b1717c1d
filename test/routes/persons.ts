/** Who asks in these tests: the example's personas, and those whose tokens are no good; and what each of them may not learn. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { copyExample, startGate, type TestGate } from '../e2e/gate.ts';
import { makeKey, signToken, TestIssuer } from '../identity/test-issuer.ts';

/** In the order of the example's file; `external` comes without a token. */
export const PERSONAS = [
  'member',
  'analyst',
  'officer',
  'intern',
  'service',
  'pipeline',
  'partner',
  'agent',
  'external',
] as const;

/** Each would be a steward, were the token good. */
export const REFUSED = {
  expired: '401 token_expired',
  foreign: '401 token_issuer_unknown',
  denied: '403 identity_denied',
} as const;

export type Person = (typeof PERSONAS)[number] | keyof typeof REFUSED;
export const EVERYONE: readonly Person[] = [...PERSONAS, ...(Object.keys(REFUSED) as Person[])];

export interface Door {
  readonly gate: TestGate;
  token(person: Person): Promise<string | null>;
  close(): Promise<void>;
}

const STEWARD = {
  groups: ['employees', 'data-governance-officers'],
  roles: ['steward', 'auditor', 'publisher'],
};

/** The example has no tokens that anybody could have reversed. */
const TOKENS = `policies:
  - id: kinds-of-meters
    on: { all: [{ id: gold.meters }, { column_name: kind }] }
    mask: { with: tokenise, reveal: { group: data-governance-officers } }
`;

/** A gate on a copy of the example that also takes the tokens of another issuer, whose `denied` an officer has refused. */
export async function openDoor(): Promise<Door> {
  const key = await makeKey('k1');
  const [issuer, stranger] = [await TestIssuer.start(key), await TestIssuer.start(key)];
  const folder = await copyExample((yaml) =>
    yaml.replace(
      'identity:\n',
      `identity:\n  issuers:\n    - { issuer: "${issuer.url}", audience: sluice }\n`,
    ),
  );
  writeFileSync(join(folder, 'policies/tokens.yml'), TOKENS);
  const gate = await startGate({ folder });
  const signed = (from: TestIssuer, sub: string, claims: object = {}): Promise<string> =>
    signToken({ key, issuer: from.url, claims: { ...STEWARD, sub, ...claims } });
  const past = Math.floor(Date.now() / 1000) - 7200;
  const bad: Readonly<Record<keyof typeof REFUSED, string>> = {
    expired: await signed(issuer, 'sam', { iat: past, exp: past + 600 }),
    foreign: await signed(stranger, 'sam'),
    denied: await signed(issuer, 'dora'),
  };
  const door: Door = {
    gate,
    async token(person) {
      if (person === 'expired' || person === 'foreign' || person === 'denied') return bad[person];
      return person === 'external' ? null : gate.token(person);
    },
    async close() {
      await gate.close();
      await Promise.all([issuer.close(), stranger.close()]);
    },
  };
  const before = await gate.call(null, 'GET', '/v1/policies', { token: bad.denied });
  if (before.status !== 200) throw new Error(`whom we deny is no steward before: ${before.text}`);
  const denied = await gate.call('officer', 'POST', '/v1/identity/denials', {
    body: { subject: { sub: 'dora', issuer: issuer.url }, reason: 'left' },
  });
  if (denied.status !== 201) throw new Error(`nobody was denied: ${denied.text}`);
  return door;
}

const EXAMPLE = join(import.meta.dirname, '../../examples/energy-community');

interface Manifest {
  readonly nodes: Readonly<Record<string, { readonly schema: string; readonly name: string }>>;
  readonly sources: Readonly<Record<string, { readonly schema: string; readonly name: string }>>;
}

/** Schemas as they are in the warehouse, and files there: for stewards and publishers alone. */
function physicalWords(): string[] {
  const manifest = JSON.parse(readFileSync(join(EXAMPLE, 'target/manifest.json'), 'utf8')) as Manifest;
  const nodes = [...Object.values(manifest.nodes), ...Object.values(manifest.sources)];
  const unpublished = nodes.map(({ name }) => name).filter((name) => name.startsWith('raw_'));
  return [
    ...new Set([
      ...nodes.map(({ schema }) => schema).filter((one) => one.startsWith('main_')),
      ...unpublished,
    ]),
  ];
}

function policyWords(): string[] {
  const files = ['access.yml', 'rows.yml', 'personal-data.yml'];
  return files.flatMap((file) => {
    const text = readFileSync(join(EXAMPLE, 'policies', file), 'utf8');
    return (parse(text) as { policies: { id: string }[] }).policies.map(({ id }) => id);
  });
}

/** Restricted, and of nobody whom a policy lets know of them. */
const CLOSED = [
  'stg_members',
  'stg_meters',
  'stg_readings',
  'stg_tariffs',
  'payment_accounts',
  'sluice.audit',
  'audit_columns',
  'audit_datasets',
];
const READINGS = ['bronze.readings'];
/** Internal: for whoever is signed in to know of. */
const INTERNAL = [
  'alpha_usage',
  'beta_usage',
  'consumption_forecast',
  'gold.invoices',
  'member_contacts',
  'gold.members',
  'meter_readings',
  'gold.meters',
  'int_daily_usage',
  'int_member_meters',
  'members_snapshot',
  'birth_date',
  'iban',
];

const INSIDE = [...physicalWords(), ...policyWords()];

/** Words that no answer to a person may hold, unless they stand in what was asked. */
export function secretsFrom(person: Person): readonly string[] {
  switch (person) {
    case 'officer':
      return [];
    // A publisher pushes all of it; what is read is another matter, and not told by a refusal.
    case 'pipeline':
      return INSIDE;
    case 'analyst':
      return [...INSIDE, ...CLOSED];
    case 'member':
    case 'intern':
    case 'service':
    case 'partner':
    case 'agent':
      return [...INSIDE, ...CLOSED, ...READINGS];
    case 'external':
    case 'expired':
    case 'foreign':
    case 'denied':
      return [...INSIDE, ...CLOSED, ...READINGS, ...INTERNAL];
  }
}
