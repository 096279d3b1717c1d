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
  source_meta: META,
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

/** Nodes of other kinds are read past; whatever is odd stays, for the reader to refuse. */
const PASSED_OVER = (node: unknown): boolean =>
  isObject(node) &&
  typeof node.resource_type === 'string' &&
  !['source', 'seed', 'model', 'snapshot'].includes(node.resource_type);

/** Reads to the same project as the whole manifest, or to an error as well. */
export function trimManifest(json: unknown): unknown {
  if (!isObject(json) || !isObject(json.nodes)) return keep(json, MANIFEST);
  const nodes = Object.entries(json.nodes).filter(([, node]) => !PASSED_OVER(node));
  return keep({ ...json, nodes: Object.fromEntries(nodes) }, MANIFEST);
}

/** Reads to the same catalog as the whole one, or to an error as well. */
export function trimCatalog(json: unknown): unknown {
  return keep(json, CATALOG);
}

function keep(value: unknown, wanted: Keep): unknown {
  if (wanted === true || !isObject(value)) return value;
  const every = wanted['*'];
  // Not assigned key by key: a name such as __proto__ must stay a key.
  if (every !== undefined)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keep(inner, every)]));
  const kept: Record<string, unknown> = {};
  for (const key in wanted) {
    const below = wanted[key];
    if (below === undefined || !Object.hasOwn(value, key)) continue;
    const inner = keep(value[key], below);
    if (isMap(below) || !isNothing(inner)) kept[key] = inner;
  }
  return kept;
}

/** Maps of nodes or columns stay even when empty: their absence would be an error. */
const isMap = (wanted: Keep): boolean => wanted !== true && '*' in wanted;

/** To the readers, null and what is empty are the same as absent; columns are full of it. */
function isNothing(value: unknown): boolean {
  if (typeof value !== 'object') return value === undefined || value === '';
  if (value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  for (const key in value) if (Object.hasOwn(value, key)) return false;
  return true;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
