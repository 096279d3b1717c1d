/** Tags and meta of a node or column, out of every place where dbt keeps them; `meta.sluice` is ours, so a wrong key there is an error, not a lost tag. */
import { nearest } from '../nearest.ts';
import { type At, at, fail, type Json, objectIn, textOrNullIn, textsIn } from './json.ts';
import type { DbtFacts, ExposureActing, Placed } from './project.ts';

/** One set for nodes, columns and exposures alike, since Fusion copies a node's meta into its columns. */
const SLUICE_KEYS = [
  'tags',
  'access_level',
  'namespace',
  'declassify',
  'members',
  'purposes',
  'clean_room',
  'equalise',
];

/** Of an exposure, which is no dataset and has no columns. */
const EXPOSURE_KEYS = ['tags', 'members', 'purposes', 'clean_room', 'equalise'];

const NO_TAGS: readonly Placed<readonly string[]>[] = Object.freeze([]);

/** Of a column or exposure: `tags`, `config.tags`, `meta.sluice.tags`, `config.meta.sluice.tags`. */
export function readTags(owner: Json, place: At): readonly Placed<readonly string[]>[] {
  const config = objectIn(owner, 'config', place);
  const placed: Placed<readonly string[]>[] = [];
  const add = (via: string, value: readonly string[]): void => {
    if (value.length > 0) placed.push({ via, value });
  };
  add('tags', textsIn(owner, 'tags', place));
  if (config !== null) add('config.tags', textsIn(config, 'tags', at(place, 'config')));
  for (const { via, value, here } of sluiceMeta(owner, config, place))
    add(`${via}.sluice.tags`, textsIn(value, 'tags', here));
  return placed.length === 0 ? NO_TAGS : placed;
}

/** Of a column: why a tag from upstream ends there, null where it does not. A word without a reason is none. */
export function readDeclassify(column: Json, place: At): string | null {
  let reason: string | null = null;
  for (const { value, here } of sluiceMeta(column, objectIn(column, 'config', place), place)) {
    if (value.declassify === undefined || value.declassify === null) continue;
    const text = typeof value.declassify === 'string' ? value.declassify.trim() : '';
    if (text === '') fail(at(here, 'declassify'), 'must be the reason, in words', REASON);
    reason ??= text;
  }
  return reason;
}

const REASON = 'Say why the column holds nothing of what the tag stands for: it is listed for review.';

/** Of an exposure: who acts in it and how, as it stands. Both places of meta may say it, in the same words. */
export function readActing(exposure: Json, place: At): ExposureActing {
  const places = sluiceMeta(exposure, objectIn(exposure, 'config', place), place, EXPOSURE_KEYS);
  const told = (key: string): unknown => {
    const [first, ...others] = places.filter(({ value }) => value[key] !== undefined && value[key] !== null);
    if (first === undefined) return undefined;
    const text = JSON.stringify(first.value[key]);
    const other = others.find(({ value }) => JSON.stringify(value[key]) !== text);
    if (other !== undefined)
      fail(at(other.here, key), `says something else than ${first.via} does`, ONE_PLACE);
    return first.value[key];
  };
  return {
    members: told('members'),
    purposes: told('purposes'),
    equalise: told('equalise'),
    cleanRoom: told('clean_room'),
  };
}

const ONE_PLACE = 'Say it in one place: meta, or config.meta.';

/** Of a node: its tags, and what meta says about level, namespace and owner. */
export function readFacts(node: Json, place: At): DbtFacts {
  const own = readOwnFacts(node, place);
  return isEmpty(node.source_meta) ? own : withSourceMeta(own, node, place);
}

/**
 * What a source says about all of its tables. dbt lays a table's meta over it key by key, so that a table with a
 * `meta.sluice` of its own loses the source's tags; a level, namespace or owner of the table's own is the nearer word.
 */
function withSourceMeta(own: DbtFacts, node: Json, place: At): DbtFacts {
  const above = readOwnFacts({ meta: node.source_meta }, place);
  const told = <T>(placed: readonly Placed<T>[]): readonly Placed<T>[] =>
    placed.map(({ via, value }) => ({ via: `source_${via}`, value }));
  return {
    tags: [...own.tags, ...told(above.tags)],
    accessLevels: own.accessLevels.length > 0 ? own.accessLevels : told(above.accessLevels),
    namespaces: own.namespaces.length > 0 ? own.namespaces : told(above.namespaces),
    owner: own.owner ?? above.owner,
  };
}

function readOwnFacts(node: Json, place: At): DbtFacts {
  const config = objectIn(node, 'config', place);
  const accessLevels: Placed<string>[] = [];
  const namespaces: Placed<string>[] = [];
  let owner: string | null = null;
  const add = (list: Placed<string>[], via: string, value: string | null): void => {
    if (value !== null) list.push({ via, value });
  };
  for (const { via, value, here } of sluiceMeta(node, config, place)) {
    add(accessLevels, `${via}.sluice.access_level`, textOrNullIn(value, 'access_level', here));
    add(namespaces, `${via}.sluice.namespace`, textOrNullIn(value, 'namespace', here));
  }
  for (const { via, value, here } of metas(node, config, place)) {
    add(accessLevels, `${via}.access_level`, textOrNullIn(value, 'access_level', here));
    // Other tools keep lists and objects under `owner`; only a plain name is one.
    if (owner === null && typeof value.owner === 'string' && value.owner !== '') owner = value.owner;
  }
  return { tags: readTags(node, place), accessLevels, namespaces, owner };
}

interface MetaPlace {
  readonly via: string;
  readonly value: Json;
  readonly here: At;
}

const NOWHERE: readonly MetaPlace[] = Object.freeze([]);

function metas(owner: Json, config: Json | null, place: At): readonly MetaPlace[] {
  const meta = objectIn(owner, 'meta', place);
  // Most columns have none, and there are many columns.
  if (isEmpty(meta) && isEmpty(config?.meta)) return NOWHERE;
  const found: MetaPlace[] = [];
  if (meta !== null) found.push({ via: 'meta', value: meta, here: at(place, 'meta') });
  if (config === null) return found;
  const inner = at(place, 'config');
  const configMeta = objectIn(config, 'meta', inner);
  if (configMeta !== null) found.push({ via: 'config.meta', value: configMeta, here: at(inner, 'meta') });
  return found;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  for (const _ in value) return false;
  return true;
}

function sluiceMeta(
  owner: Json,
  config: Json | null,
  place: At,
  known: readonly string[] = SLUICE_KEYS,
): readonly MetaPlace[] {
  const places = metas(owner, config, place);
  if (places.length === 0) return NOWHERE;
  const found: MetaPlace[] = [];
  for (const { via, value, here } of places) {
    const sluice = objectIn(value, 'sluice', here);
    if (sluice === null) continue;
    const inside = at(here, 'sluice');
    for (const key of Object.keys(sluice)) if (!known.includes(key)) refuseKey(at(inside, key), known);
    found.push({ via, value: sluice, here: inside });
  }
  return found;
}

function refuseKey(place: At, known: readonly string[]): never {
  const near = nearest(place.key, known, 3);
  const meant = near === null ? '' : ` (did you mean "${near}"?)`;
  return fail(place, `is not a key of meta.sluice${meant}`, `It takes ${known.join(', ')}.`);
}
