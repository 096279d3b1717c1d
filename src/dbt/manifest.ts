/** manifest.json, v7 to v12 and Fusion's, to a DbtProject: lenient to keys that are not used, strict on those that are. */
import { readHeader } from './artifact.ts';
import { readActing, readDeclassify, readFacts, readTags } from './facts.ts';
import {
  type At,
  asObject,
  at,
  fail,
  type Json,
  objectIn,
  rootOf,
  textIn,
  textOrNullIn,
  textsIn,
} from './json.ts';
import type { DbtColumn, DbtExposure, DbtGroup, DbtNode, DbtProject } from './project.ts';
import { readRelation, type Unquoted } from './relation.ts';

export interface ReadOptions {
  /** How an adapter spells an unquoted name; as written where it is not given. */
  readonly unquoted?: (adapter: string | null) => Unquoted;
}

const asWritten: Unquoted = (name) => name;

/** @throws SluiceError manifest_invalid with the JSON path. */
export function readManifest(json: unknown, options: ReadOptions = {}): DbtProject {
  const root = rootOf('manifest_invalid');
  const header = readHeader(json, 'manifest_invalid');
  const metadata = at(root, 'metadata');
  const adapter = textOrNullIn(header.metadata, 'adapter_type', metadata)?.toLowerCase() ?? null;
  const dbtVersion = textOrNullIn(header.metadata, 'dbt_version', metadata) ?? '';
  const unquoted = options.unquoted?.(adapter) ?? asWritten;
  const groups = readGroups(header.root, root);
  const owners = new Map(groups.map((group) => [`${group.package}.${group.name}`, group.owner]));
  const nodes: DbtNode[] = [];
  const ephemeral: DbtNode[] = [];
  for (const section of ['nodes', 'sources']) {
    const here = at(root, section);
    for (const [id, value] of Object.entries(asObject(header.root[section], here))) {
      const node = readNode(value, at(here, id), owners, unquoted);
      if (node !== null) (node.materialized === 'ephemeral' ? ephemeral : nodes).push(node);
    }
  }
  return {
    schemaVersion: header.schemaVersion,
    dbtVersion,
    fusion: isFusion(dbtVersion),
    adapter,
    name: textOrNullIn(header.metadata, 'project_name', metadata),
    nodes,
    ephemeral,
    exposures: readExposures(header.root, root),
    groups,
  };
}

/** Fusion counts from 2; the hosted dbt Core counts by the year (2025.8.1). */
function isFusion(version: string): boolean {
  const major = Number(/^(\d+)\./.exec(version)?.[1]);
  return major >= 2 && major < 1000;
}

type GroupOwners = ReadonlyMap<string, string | null>;

function readNode(value: unknown, place: At, owners: GroupOwners, unquoted: Unquoted): DbtNode | null {
  const node = asObject(value, place);
  const resourceType = resourceTypeOf(textIn(node, 'resource_type', place));
  if (resourceType === null) return null;
  const config = objectIn(node, 'config', place) ?? {};
  const inConfig = at(place, 'config');
  const materialized = textOrNullIn(config, 'materialized', inConfig);
  if (config.enabled === false) return null;

  const uniqueId = textIn(node, 'unique_id', place);
  if (uniqueId !== place.key) return fail(at(place, 'unique_id'), 'is not the key that it stands under');
  const source = resourceType === 'source';
  const packageName = textIn(node, 'package_name', place);
  const file = textOrNullIn(node, 'original_file_path', place);
  const patch = textOrNullIn(node, 'patch_path', place)?.replace(/^[^:]*:\/\//, '') ?? null;
  // Sources, and snapshots that are written in YAML, have no other file.
  const yaml = patch ?? (file !== null && /\.ya?ml$/.test(file) ? file : null);
  const group = textOrNullIn(node, 'group', place) ?? textOrNullIn(config, 'group', inConfig);
  const contract = objectIn(node, 'contract', place) ?? objectIn(config, 'contract', inConfig);
  const version = versionIn(node, 'version', place);
  const facts = readFacts(node, place);
  const groupOwner = group === null ? undefined : owners.get(`${packageName}.${group}`);
  return {
    uniqueId,
    resourceType,
    name: textIn(node, 'name', place),
    sourceName: source ? textIn(node, 'source_name', place) : null,
    version,
    latest: version === null || version === versionIn(node, 'latest_version', place),
    package: packageName,
    folder: folderOf(node, resourceType, place),
    file: yaml ?? file,
    yaml,
    relation: readRelation(node, place, unquoted),
    description: textOrNullIn(node, 'description', place) ?? '',
    owner: groupOwner ?? facts.owner,
    access: textOrNullIn(node, 'access', place) ?? textOrNullIn(config, 'access', inConfig),
    group,
    contract: contract?.enforced === true,
    materialized: source ? null : (materialized ?? (resourceType === 'seed' ? 'seed' : null)),
    facts,
    columns: readColumns(node, place),
  };
}

function resourceTypeOf(word: string): DbtNode['resourceType'] | null {
  switch (word) {
    case 'source':
    case 'seed':
    case 'model':
    case 'snapshot':
      return word;
    default:
      return null;
  }
}

function versionIn(node: Json, key: string, place: At): string | null {
  const value = node[key];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return String(value);
  return fail(at(place, key), 'must be a number or a text');
}

/** Folders below the resource path. A source's own path is that of its YAML, and `fqn` ends in source and table. */
function folderOf(node: Json, resourceType: DbtNode['resourceType'], place: At): readonly string[] {
  if (resourceType === 'source') return textsIn(node, 'fqn', place).slice(1, -2);
  const path = textOrNullIn(node, 'path', place) ?? '';
  // dbt 1.10 puts snapshots that are written in YAML under a folder with the name of that file.
  return path
    .split(/[/\\]/)
    .slice(0, -1)
    .filter((part) => part !== '' && !/\.ya?ml$/.test(part));
}

function readColumns(node: Json, place: At): readonly DbtColumn[] {
  const columns = objectIn(node, 'columns', place);
  if (columns === null) return [];
  const here = at(place, 'columns');
  // Of a node it says nothing; but Fusion copies it into every column.
  const copied = readDeclassify(node, place);
  return Object.entries(columns).map(([key, value]) => {
    const column = at(here, key);
    const fields = asObject(value, column);
    const declassify = readDeclassify(fields, column);
    return {
      name: textOrNullIn(fields, 'name', column) ?? key,
      quoted: fields.quote === true,
      type: textOrNullIn(fields, 'data_type', column),
      description: textOrNullIn(fields, 'description', column) ?? '',
      tags: readTags(fields, column),
      ...(declassify === null || declassify === copied ? {} : { declassify }),
    };
  });
}

function readGroups(manifest: Json, root: At): readonly DbtGroup[] {
  return Object.entries(objectIn(manifest, 'groups', root) ?? {}).map(([id, value]) => {
    const place = at(at(root, 'groups'), id);
    const group = asObject(value, place);
    return {
      name: textIn(group, 'name', place),
      package: textIn(group, 'package_name', place),
      owner: readOwner(group, place),
    };
  });
}

/** The name, else the first e-mail address (dbt 1.10 allows several). */
function readOwner(parent: Json, place: At): string | null {
  const owner = objectIn(parent, 'owner', place);
  if (owner === null) return null;
  const here = at(place, 'owner');
  return textOrNullIn(owner, 'name', here) ?? textsIn(owner, 'email', here)[0] ?? null;
}

function readExposures(manifest: Json, root: At): readonly DbtExposure[] {
  const exposures: DbtExposure[] = [];
  for (const [id, value] of Object.entries(objectIn(manifest, 'exposures', root) ?? {})) {
    const place = at(at(root, 'exposures'), id);
    const exposure = asObject(value, place);
    if (objectIn(exposure, 'config', place)?.enabled === false) continue;
    const dependsOn = objectIn(exposure, 'depends_on', place) ?? {};
    exposures.push({
      uniqueId: id,
      name: textIn(exposure, 'name', place),
      label: textOrNullIn(exposure, 'label', place),
      type: textIn(exposure, 'type', place),
      owner: readOwner(exposure, place),
      maturity: textOrNullIn(exposure, 'maturity', place),
      url: textOrNullIn(exposure, 'url', place),
      description: textOrNullIn(exposure, 'description', place) ?? '',
      tags: readTags(exposure, place),
      dependsOn: textsIn(dependsOn, 'nodes', at(place, 'depends_on')),
      acting: readActing(exposure, place),
    });
  }
  return exposures;
}
