/** A small catalogue with decisions, and the stages up to a governed tree, for the tests of resolution and rewriting. */
import type { Decision } from '../../src/access/decision.ts';
import type { Catalogue, Column, Dataset } from '../../src/catalogue/dataset.ts';
import { typeFamily } from '../../src/catalogue/types.ts';
import type { Identity } from '../../src/identity/identity.ts';
import type { MaskSpec, Predicate } from '../../src/policies/policy.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { parse } from '../../src/sql/parse.ts';
import { bind } from '../../src/sql/resolve/bind.ts';
import { resolve } from '../../src/sql/resolve/resolve.ts';
import { type RewriteOptions, rewrite } from '../../src/sql/rewrite/rewrite.ts';
import type { BoundQuery, GovernedDataset, GovernedQuery, ResolvedQuery } from '../../src/sql/stages.ts';

/** A column as `name TYPE`. */
export function dataset(id: string, columns: readonly string[], relation?: Dataset['relation']): Dataset {
  const parts = id.split('.');
  const name = parts.at(-1)!;
  const namespace = parts.at(-2)!;
  return {
    id,
    names: [id, name],
    namespace,
    name,
    version: null,
    uniqueId: `model.test.${name}`,
    engine: 'warehouse',
    relation: relation ?? { database: 'memory', schema: namespace, identifier: name },
    description: '',
    owner: null,
    resourceType: 'model',
    package: 'test',
    folder: [],
    materialized: 'table',
    view: false,
    access: null,
    group: null,
    contract: false,
    tags: [],
    columns: columns.map(toColumn),
    accessLevel: 'open',
    accessLevelSource: 'test',
    invalid: null,
  };
}

function toColumn(text: string): Column {
  const [name, ...type] = text.split(' ');
  return {
    name: name!,
    folded: name!.toLowerCase(),
    type: type.join(' '),
    family: typeFamily(type.join(' ')),
    description: '',
    tags: [],
    state: 'documented',
    exposed: true,
  };
}

export function catalogue(datasets: readonly Dataset[]): Catalogue {
  const candidates = (parts: readonly string[]) =>
    datasets.filter((candidate) => candidate.names.includes(parts.join('.').toLowerCase()));
  return {
    datasets,
    projects: [],
    byId: (id) => datasets.find((candidate) => candidate.id === id),
    lookup: (parts) => candidates(parts)[0],
    candidates,
  };
}

export interface Rules {
  readonly hidden?: readonly string[];
  readonly masks?: Readonly<Record<string, MaskSpec>>;
  readonly rows?: readonly Predicate[];
  readonly limits?: Decision['limits'];
}

export function decision(id: string, rules: Rules = {}): Decision {
  return {
    dataset_id: id,
    allow: true,
    reason: 'allowed',
    reasons: [],
    rows: (rules.rows ?? []).map((predicate, i) => ({ policy: `rows-${i}`, predicate })),
    masks: Object.fromEntries(
      Object.entries(rules.masks ?? {}).map(([column, mask]) => [column, { policy: 'mask', mask }]),
    ),
    hidden: rules.hidden ?? [],
    limits: rules.limits ?? {},
    expires_at: null,
    discoverable: true,
  };
}

export const IDENTITY: Identity = {
  sub: 'ada',
  kind: 'user',
  display_name: null,
  groups: ['analysts'],
  roles: [],
  scopes: [],
  attributes: { regions: ['EU', 'FR'], level: 3, empty: [] },
  issuer: 'https://login.example.com',
};

export const KEY = new Uint8Array(Buffer.from('a key that only this test has...', 'utf8'));

export const BOUNDS = { maxBytes: 1_000_000 };

export type RulesById = Readonly<Record<string, Rules>>;

export function resolved(sql: string, datasets: readonly Dataset[], rules: RulesById = {}): ResolvedQuery {
  return boundAndResolved(sql, datasets, rules).resolved;
}

export function boundAndResolved(
  sql: string,
  datasets: readonly Dataset[],
  rules: RulesById = {},
): { readonly bound: BoundQuery; readonly resolved: ResolvedQuery } {
  const guarded = guard(parse(sql, BOUNDS));
  const bound = bind(guarded, catalogue(datasets));
  const governed = new Map<string, GovernedDataset>(
    bound.datasets.map((found) => [
      found.id,
      { dataset: found, decision: decision(found.id, rules[found.id] ?? {}) },
    ]),
  );
  return { bound, resolved: resolve(bound, governed) };
}

export function governed(
  sql: string,
  datasets: readonly Dataset[],
  rules: RulesById = {},
  options: Partial<RewriteOptions> = {},
): GovernedQuery {
  return rewrite(resolved(sql, datasets, rules), {
    engine: 'duckdb',
    identity: IDENTITY,
    params: [],
    maskKey: KEY,
    page: { limit: 1000, offset: 0 },
    ...options,
  });
}
