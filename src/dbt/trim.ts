/** Artifacts cut down to what the readers look at, in dbt's own shape: what is stored is read again by the same readers, by later releases too. */

/** Keys to keep: `true` whole, a table for its keys, `*` for every key of a map. */
type Keep = true | { readonly [key: string]: Keep };

const META: Keep = { sluice: true, access_level: true, owner: true };
const TAGS: Keep = { tags: true, meta: META, config: { tags: true, meta: META, enabled: true } };

const COLUMN: Keep = { name: true, data_type: true, description: true, quote: true, ...TAGS };

const NODE: Keep = {
  resource_type: true,
  unique_id: true,
  package_name: true,
  name: true,
  source_name: true,
  version: true,
  latest_version: true,
  path: true,
  original_file_path: true,
  patch_path: true,
  fqn: true,
  database: true,
  schema: true,
  alias: true,
  identifier: true,
  relation_name: true,
  description: true,
  access: true,
  group: true,
  contract: { enforced: true },
  tags: true,
  meta: META,
  config: {
    enabled: true,
    materialized: true,
    access: true,
    group: true,
    contract: { enforced: true },
    tags: true,
    meta: META,
  },
  columns: { '*': COLUMN },
};

const EXPOSURE: Keep = {
  name: true,
  label: true,
  type: true,
  owner: true,
  maturity: true,
  url: true,
  description: true,
  depends_on: { nodes: true },
  ...TAGS,
};

const MANIFEST: Keep = {
  metadata: { dbt_schema_version: true, dbt_version: true, adapter_type: true, project_name: true },
  nodes: { '*': NODE },
  sources: { '*': NODE },
  exposures: { '*': EXPOSURE },
  groups: { '*': { name: true, package_name: true, owner: { name: true, email: true } } },
};

const RELATION: Keep = { columns: { '*': { name: true, type: true, index: true } } };

const CATALOG: Keep = {
  metadata: { dbt_schema_version: true },
  nodes: { '*': RELATION },
  sources: { '*': RELATION },
  errors: true,
};

const READ_KINDS: ReadonlySet<unknown> = new Set(['source', 'seed', 'model', 'snapshot']);

/** Reads to the same project as the whole manifest. Give it one that the reader accepted. */
export function trimManifest(json: unknown): unknown {
  const trimmed = keep(json, MANIFEST);
  if (!isObject(trimmed) || !isObject(trimmed.nodes)) return trimmed;
  const nodes = Object.entries(trimmed.nodes).filter(
    ([, node]) => isObject(node) && READ_KINDS.has(node.resource_type),
  );
  return { ...trimmed, nodes: Object.fromEntries(nodes) };
}

/** Reads to the same catalog as the whole one. */
export function trimCatalog(json: unknown): unknown {
  return keep(json, CATALOG);
}

function keep(value: unknown, wanted: Keep): unknown {
  if (wanted === true || !isObject(value)) return value;
  const every = wanted['*'];
  const kept: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const below = every ?? (Object.hasOwn(wanted, key) ? wanted[key] : undefined);
    if (below !== undefined && inner !== null && !isEmpty(inner)) kept.push([key, keep(inner, below)]);
  }
  // Not assigned key by key: a name such as __proto__ must stay a key.
  return Object.fromEntries(kept);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An empty list reads as an absent one; empty maps stay, since `nodes: {}` is no missing key. */
const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
