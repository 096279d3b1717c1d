/** A small catalogue from a compact description, for tests of policies and decisions. */

import type { DecisionContext, DecisionInput } from '../../../src/access/decision.ts';
import type {
  AccessLevel,
  Catalogue,
  Column,
  ColumnState,
  Dataset,
  TagAssignment,
  TypeFamily,
} from '../../../src/catalogue/dataset.ts';
import { ANONYMOUS, type AttributeValue, type Identity } from '../../../src/identity/identity.ts';

export interface ColumnSpec {
  readonly tags?: readonly string[];
  readonly family?: TypeFamily;
  /** Else the family's name. */
  readonly type?: string;
  readonly state?: ColumnState;
}

export interface DatasetSpec {
  readonly id?: string;
  readonly names?: readonly string[];
  readonly level?: AccessLevel;
  readonly tags?: readonly string[];
  readonly owner?: string;
  /** By column name; a list stands for its tags. */
  readonly columns?: Readonly<Record<string, readonly string[] | ColumnSpec>>;
}

const assign = (tags: readonly string[]): readonly TagAssignment[] =>
  tags.map((tag) => ({ tag, source: { kind: 'explicit', via: 'tags', file: null } }));

function column(name: string, spec: readonly string[] | ColumnSpec): Column {
  const {
    tags = [],
    family = 'text',
    type,
    state = 'documented',
  }: ColumnSpec = 'length' in spec ? { tags: spec } : spec;
  return {
    name,
    folded: name,
    type: type ?? (family === 'unknown' ? null : family.toUpperCase()),
    family,
    description: '',
    tags: assign(tags),
    state,
    exposed: state === 'documented' || state === 'untagged',
  };
}

export function dataset(spec: DatasetSpec = {}): Dataset {
  const id = spec.id ?? 'gold.members';
  const [namespace = '', name = ''] = id.split('.');
  return {
    id,
    names: spec.names ?? [id],
    namespace,
    name,
    version: null,
    uniqueId: `model.example.${name}`,
    engine: 'warehouse',
    relation: { database: 'example', schema: 'main', identifier: name },
    description: '',
    owner: spec.owner ?? null,
    resourceType: 'model',
    package: 'example',
    folder: [],
    materialized: 'table',
    view: false,
    access: null,
    group: null,
    contract: false,
    tags: assign(spec.tags ?? []),
    columns: Object.entries(spec.columns ?? {}).map(([key, value]) => column(key, value)),
    accessLevel: spec.level ?? 'internal',
    accessLevelSource: 'test',
    invalid: null,
  };
}

export function catalogue(
  datasets: readonly Dataset[],
  projects: Readonly<Record<string, readonly string[]>> = {},
): Catalogue {
  return {
    datasets,
    projects: Object.entries(projects).map(([name, ids]) => ({
      name,
      uniqueId: `exposure.test.${name}`,
      label: null,
      type: 'dashboard',
      owner: null,
      maturity: null,
      url: null,
      description: '',
      tags: [],
      datasets: ids,
      members: [],
      purposes: [],
      equalise: false,
      cleanRoom: null,
    })),
    byId: (id) => datasets.find((d) => d.id === id),
    lookup: (parts) => datasets.find((d) => d.id === parts.join('.')),
    candidates: (parts) => datasets.filter((d) => d.id === parts.join('.')),
  };
}

export interface IdentitySpec {
  readonly kind?: Identity['kind'];
  readonly sub?: string;
  readonly issuer?: string | null;
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
  readonly scopes?: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

export function identity(spec: IdentitySpec = {}): Identity {
  if (spec.kind === 'anonymous') return ANONYMOUS;
  return {
    sub: 'someone',
    kind: 'user',
    display_name: null,
    groups: [],
    roles: [],
    scopes: [],
    attributes: {},
    issuer: 'https://login.example.com',
    ...spec,
  };
}

export const context = (over: Partial<DecisionContext> = {}): DecisionContext => ({
  project: null,
  purpose: null,
  environment: 'production',
  time: { epoch: 1_700_000_000, minute_of_day: 600, weekday: 2 },
  client_ip: null,
  grants: [],
  ...over,
});

export const request: DecisionInput['request'] = {
  sql_tables: ['gold.members'],
  columns: [],
  limit: null,
  offset: null,
  formats: ['json'],
};
