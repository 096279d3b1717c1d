/** What a caller may know without reading a row: datasets, projects, schemas, policies, and themselves. */
import { askable } from './access/askable.ts';
import type { Decision } from './access/decision.ts';
import type { Column, Dataset, Project, TypeFamily } from './catalogue/dataset.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Identity } from './identity/identity.ts';
import type { Provenance } from './identity/provenance.ts';
import type { PolicySummary } from './policies/policy.ts';
import { type Acting, actingIn } from './request/acting.ts';
import type { Caller } from './request/ask.ts';
import { decisionsFor } from './request/decisions.ts';
import { demandOrTell } from './request/permit.ts';
import type { Snapshot } from './snapshot.ts';
import { covers } from './tags/tag.ts';

export interface CatalogueFilter {
  readonly q?: string | undefined;
  readonly tag?: string | undefined;
  readonly namespace?: string | undefined;
  readonly access_level?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface ListedDataset {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly description: string;
  readonly access_level: string;
  readonly owner: string | null;
  readonly resource_type: string;
  readonly tags: readonly string[];
  /** Whether this caller's queries would be let through. */
  readonly allowed: boolean;
  readonly reason: string;
}

export interface DescribedColumn {
  readonly name: string;
  readonly type: string | null;
  readonly description: string;
  readonly tags: readonly string[];
  readonly masked: boolean;
}

const PAGE = 100;

interface Asking {
  readonly identity: Identity;
  readonly snapshot: Snapshot;
}

async function asking(caller: Caller, gate: Gate): Promise<Asking> {
  const identity = await gate.authenticate(caller.token, caller);
  return { identity, snapshot: (await gate.metadata.current()).snapshot };
}

/** In a project, what there is to know is the project's. */
async function askingIn(caller: Caller, gate: Gate): Promise<Asking & { readonly acting: Acting }> {
  const asked = await asking(caller, gate);
  return { ...asked, acting: await actingIn(caller, asked.identity, asked.snapshot, gate) };
}

/** Tags that say how a dataset is built tell nothing about data; those of columns that the caller cannot see stay out. */
const tagNames = (of: { readonly tags: Dataset['tags'] }): readonly string[] => of.tags.map((one) => one.tag);

function matches(dataset: Dataset, filter: CatalogueFilter): boolean {
  const { q, tag, namespace, access_level: level } = filter;
  if (namespace !== undefined && dataset.namespace !== namespace) return false;
  if (level !== undefined && dataset.accessLevel !== level) return false;
  if (tag !== undefined && !dataset.tags.some((one) => covers(tag, one.tag))) return false;
  if (q === undefined) return true;
  return `${dataset.id} ${dataset.description}`.toLowerCase().includes(q.toLowerCase());
}

/** In the order of ids; the cursor is the last id of the page before. */
export async function listDatasets(
  caller: Caller,
  filter: CatalogueFilter,
  gate: Gate,
): Promise<{ datasets: readonly ListedDataset[]; next_cursor: string | null }> {
  const { acting, snapshot } = await askingIn(caller, gate);
  const after = filter.cursor === undefined ? '' : Buffer.from(filter.cursor, 'base64url').toString();
  const limit = filter.limit ?? PAGE;
  const candidates = acting.catalogue.datasets
    .filter((dataset) => matches(dataset, filter) && dataset.id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const found: ListedDataset[] = [];
  let start = 0;
  do {
    const batch = candidates.slice(start, start + limit);
    start += limit;
    const decisions = await decisionsFor(
      { acting, snapshot, datasets: batch, action: 'discover', clientIp: caller.client.ip },
      gate,
    );
    for (const dataset of batch) {
      const decision = decisions.get(dataset.id);
      if (decision !== undefined && (decision.allow || decision.discoverable))
        found.push(listed(dataset, decision));
    }
  } while (start < candidates.length && found.length <= limit);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const more = found.length > limit && last !== undefined;
  return { datasets: page, next_cursor: more ? Buffer.from(last.id).toString('base64url') : null };
}

function listed(dataset: Dataset, decision: Decision): ListedDataset {
  return {
    id: dataset.id,
    namespace: dataset.namespace,
    name: dataset.name,
    description: dataset.description,
    access_level: dataset.accessLevel,
    owner: dataset.owner,
    resource_type: dataset.resourceType,
    tags: tagNames(dataset),
    allowed: decision.allow,
    reason: decision.reason,
  };
}

/** @throws SluiceError dataset_not_found for unknown and for undiscoverable alike */
async function discovered(caller: Caller, id: string, gate: Gate) {
  const { identity, acting, snapshot } = await askingIn(caller, gate);
  const dataset = acting.catalogue.byId(id) ?? acting.catalogue.lookup(id.split('.'));
  const datasets = dataset === undefined ? [] : [dataset];
  const decisions = await decisionsFor(
    { acting, snapshot, datasets, action: 'discover', clientIp: caller.client.ip },
    gate,
  );
  const decision = decisions.get(dataset?.id ?? '');
  if (dataset === undefined || decision === undefined || !(decision.allow || decision.discoverable))
    throw new SluiceError('dataset_not_found', `No such dataset: ${id}`);
  return { identity, snapshot, dataset, decision };
}

function visibleColumns(dataset: Dataset, decision: Decision): readonly Column[] {
  return dataset.columns.filter((column) => column.exposed && !decision.hidden.includes(column.folded));
}

/** One dataset; its columns only where the caller's queries would be let through. */
export async function describeDataset(caller: Caller, id: string, gate: Gate) {
  const { identity, snapshot, dataset, decision } = await discovered(caller, id, gate);
  const columns: readonly DescribedColumn[] | null = decision.allow
    ? visibleColumns(dataset, decision).map((column) => ({
        name: column.name,
        type: column.type,
        description: column.description,
        tags: tagNames(column),
        masked: column.folded in decision.masks,
      }))
    : null;
  return {
    ...listed(dataset, decision),
    columns,
    filtered: decision.rows.length > 0,
    projects: projectsWith(dataset, snapshot.catalogue.projects),
    ...(gate.permits(identity, 'steward') ? { steward: forStewards(dataset) } : {}),
  };
}

function projectsWith(dataset: Dataset, projects: readonly Project[]): readonly string[] {
  return projects.filter((project) => project.datasets.includes(dataset.id)).map((project) => project.name);
}

function forStewards(dataset: Dataset) {
  return {
    unique_id: dataset.uniqueId,
    relation: dataset.relation,
    engine: dataset.engine,
    access_level_source: dataset.accessLevelSource,
    invalid: dataset.invalid,
    tags: dataset.tags,
    columns: dataset.columns.map(({ name, state, exposed, tags }) => ({ name, state, exposed, tags })),
  };
}

const JSON_TYPES: Readonly<Record<TypeFamily, object>> = {
  text: { type: ['string', 'null'] },
  integer: { type: ['integer', 'string', 'null'] },
  decimal: { type: ['string', 'null'], format: 'decimal' },
  float: { type: ['number', 'string', 'null'] },
  boolean: { type: ['boolean', 'null'] },
  date: { type: ['string', 'null'], format: 'date' },
  // JSON Schema's `time` wants a zone, and its `duration` no fraction and no sign.
  time: { type: ['string', 'null'] },
  timestamp: { type: ['string', 'null'] },
  timestamptz: { type: ['string', 'null'], format: 'date-time' },
  interval: { type: ['string', 'null'] },
  uuid: { type: ['string', 'null'], format: 'uuid' },
  json: {},
  bytes: { type: ['string', 'null'], contentEncoding: 'base64' },
  list: { type: ['array', 'null'] },
  other: {},
  unknown: {},
};

/** JSON Schema (2020-12) of a row as NDJSON gives it to this caller. @throws SluiceError access_denied */
export async function rowSchema(caller: Caller, id: string, gate: Gate): Promise<object> {
  const { dataset, decision } = await discovered(caller, id, gate);
  if (!decision.allow)
    throw new SluiceError('access_denied', `You may not read ${dataset.id}.`, {
      ...(askable(decision) ? { requestAccess: dataset.id } : {}),
    });
  const columns = visibleColumns(dataset, decision);
  const properties = columns.map((column) => [
    column.name,
    {
      ...JSON_TYPES[column.family],
      ...(column.description === '' ? {} : { description: column.description }),
      ...(column.folded in decision.masks ? { 'x-sluice-masked': true } : {}),
    },
  ]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: dataset.id,
    ...(dataset.description === '' ? {} : { description: dataset.description }),
    type: 'object',
    properties: Object.fromEntries(properties),
    required: columns.map((column) => column.name),
    additionalProperties: false,
  };
}

/** @throws SluiceError token_missing, access_denied unless the caller is a steward */
export async function listPolicies(
  caller: Caller,
  gate: Gate,
): Promise<{ revision: string; policies: readonly PolicySummary[] }> {
  await demandOrTell(
    caller,
    { action: 'list_policies', permissions: ['steward'], message: 'Policies are shown to stewards.' },
    gate,
  );
  const { snapshot } = await gate.metadata.current();
  return { revision: snapshot.policies.revision, policies: snapshot.policies.policies };
}

export interface SeenAs extends Identity {
  /** Which claims of the token each part is made of. */
  readonly read_from: Provenance | null;
}

export async function whoAmI(caller: Caller, gate: Gate): Promise<SeenAs> {
  const identity = await gate.authenticate(caller.token, caller);
  return { ...identity, read_from: gate.provenanceOf(identity) };
}
