/** One world of the oracle: what is stored, in two versions that differ only in what may not be seen, and what is allowed. */
import type { Decision } from '../../src/access/decision.ts';
import type { Catalogue, Dataset } from '../../src/catalogue/dataset.ts';
import { typeFamily } from '../../src/catalogue/types.ts';
import type { Identity } from '../../src/identity/identity.ts';
import type { MaskSpec, Predicate } from '../../src/policies/policy.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';
import type { ParamValue } from '../../src/sql/stages.ts';

/** A value as the text that the engine converts to the column's type; null is NULL. */
export type Cell = string | null;
export type Row = readonly Cell[];

export interface WorldColumn {
  readonly name: string;
  /** The engine's type text. */
  readonly type: string;
  /** What the values look like: see flavours.ts. */
  readonly flavour: string;
}

export interface ConditionalMask {
  readonly mask: MaskSpec;
  readonly where: Predicate;
}

export interface WorldDataset {
  readonly id: string;
  /** Where it lies in the governed databases. */
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly WorldColumn[];
  readonly rows: readonly Row[];
  /** The twin: the same as far as the caller may see. */
  readonly twin: readonly Row[];
  /** Denied and not discoverable: it must look as if it did not exist. */
  readonly denied: boolean;
  readonly hidden: readonly string[];
  readonly masks: Readonly<Record<string, MaskSpec>>;
  /** Stricter masks of some rows, by column. */
  readonly conditional?: Readonly<Record<string, ConditionalMask>>;
  readonly filters: readonly Predicate[];
}

/**
 * Engines take other ways through each. DuckDB: `packed` is compressed as in a database file, `parquet` is read from files.
 * PostgreSQL: `analysed` has statistics of its values, `indexed` indexes besides, and a planner that likes them.
 */
export type Storage = 'memory' | 'packed' | 'parquet' | 'analysed' | 'indexed';

export interface World {
  readonly engine: EngineKind;
  readonly storage: Storage;
  /** The rules come as policies, through the compiler and the decision point, or as decisions that are made here. */
  readonly rules: 'policies' | 'decisions';
  readonly datasets: readonly WorldDataset[];
  readonly attributes: Identity['attributes'];
}

export interface Case {
  readonly world: World;
  readonly sql: string;
  readonly params: readonly ParamValue[];
}

export const TOKEN_KEY = {
  id: 'w1',
  secret: new Uint8Array(Buffer.from('the key of tokens, for the oracle alone', 'utf8')),
};

export const MASK_KEY = new Uint8Array(Buffer.from('the key of masks, for the oracle alone', 'utf8'));

export function identityOf(world: World): Identity {
  return {
    sub: 'ada',
    kind: 'user',
    display_name: null,
    groups: ['analysts'],
    roles: ['reader'],
    scopes: [],
    attributes: world.attributes,
    issuer: 'https://login.example.com',
  };
}

export interface CataloguedColumn {
  readonly name: string;
  readonly type: string;
}

export function toDataset(
  id: string,
  columns: readonly CataloguedColumn[],
  relation: Dataset['relation'],
  level: Dataset['accessLevel'] = 'internal',
): Dataset {
  const [namespace, name] = id.split('.') as [string, string];
  return {
    id,
    names: [id],
    namespace,
    name,
    version: null,
    uniqueId: `model.world.${name}`,
    engine: 'warehouse',
    relation,
    description: '',
    owner: null,
    resourceType: 'model',
    package: 'world',
    folder: [],
    materialized: 'table',
    view: false,
    access: null,
    group: null,
    contract: false,
    tags: [],
    columns: columns.map((column) => ({
      name: column.name,
      folded: column.name.toLowerCase(),
      type: column.type,
      family: typeFamily(column.type),
      description: '',
      tags: [],
      state: 'documented',
      exposed: true,
    })),
    accessLevel: level,
    accessLevelSource: 'the world',
    invalid: null,
  };
}

/** Bare names go through the namespaces in this order, as a search path. */
export const SEARCH_PATH = ['gold', 'silver'] as const;

/** The copy's database, so that the engine understands the same names. */
export const PREFIX = 'memory';

export function catalogueOf(datasets: readonly Dataset[]): Catalogue {
  const byId = new Map(datasets.map((dataset) => [dataset.id, dataset]));
  const candidates = (parts: readonly string[]): readonly Dataset[] => {
    // Full names may carry the name of the warehouse before them.
    const own = parts.length === 3 && parts[0] === PREFIX ? parts.slice(1) : parts;
    const name = own.join('.').toLowerCase();
    const names = own.length > 1 ? [name] : SEARCH_PATH.map((namespace) => `${namespace}.${name}`);
    return names.flatMap((one) => byId.get(one) ?? []);
  };
  return {
    datasets,
    projects: [],
    byId: (id) => byId.get(id.toLowerCase()),
    lookup: (parts) => candidates(parts)[0],
    candidates,
  };
}

/** The policy that makes a mask, as the worlds name them: tokens hang on it. */
export const maskPolicy = (dataset: WorldDataset, what: string): string =>
  `${dataset.id}.${what}`.replaceAll(/[^a-z0-9.]/gi, '-');

/** Masked in all of their rows, or in some. */
export const maskedColumns = ({ masks, conditional = {} }: WorldDataset): readonly string[] => [
  ...new Set([...Object.keys(masks), ...Object.keys(conditional)]),
];

function appliedMask(dataset: WorldDataset, column: string): Decision['masks'][string] {
  const base = Object.hasOwn(dataset.masks, column) ? dataset.masks[column]! : null;
  const { conditional = {} } = dataset;
  const some = Object.hasOwn(conditional, column) ? [conditional[column]!] : [];
  return {
    policy: base === null ? null : maskPolicy(dataset, `mask-${column}`),
    mask: base,
    ...(some.length === 0
      ? {}
      : { when: some.map((one) => ({ policy: maskPolicy(dataset, `some-${column}`), ...one })) }),
  };
}

export function decisionOf(dataset: WorldDataset): Decision {
  return {
    dataset_id: dataset.id,
    allow: !dataset.denied,
    reason: dataset.denied ? 'denied_by_policy' : 'allowed',
    reasons: [],
    rows: dataset.filters.map((predicate, i) => ({ policy: `rows-${i}`, predicate })),
    masks: Object.fromEntries(
      maskedColumns(dataset).map((column) => [column.toLowerCase(), appliedMask(dataset, column)]),
    ),
    hidden: dataset.hidden.map((column) => column.toLowerCase()),
    limits: {},
    expires_at: null,
    discoverable: !dataset.denied,
  };
}

/** Nobody is held back: what the physical copy is read with. */
export function openDecision(id: string): Decision {
  return {
    dataset_id: id,
    allow: true,
    reason: 'allowed',
    reasons: [],
    rows: [],
    masks: {},
    hidden: [],
    limits: {},
    expires_at: null,
    discoverable: true,
  };
}
