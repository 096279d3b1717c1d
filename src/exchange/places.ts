/** Where dbt keeps what catalogue files say in one place: taken out of a node on the way to YAML, and put back there on the way in. */
import { normaliseTag } from '../tags/tag.ts';

export type Json = Readonly<Record<string, unknown>>;

/** A node that is taken apart or put together. */
export type Draft = Record<string, unknown>;

/** In the order in which the readers ask; the first is meant where nothing else is said. */
const TAGS = [
  'tags',
  'config.tags',
  'meta.sluice.tags',
  'config.meta.sluice.tags',
  'source_meta.sluice.tags',
];

const metas = (key: string): readonly string[] =>
  ['meta', 'config.meta'].map((meta) => `${meta}.sluice.${key}`);

const LEVELS = [
  ...metas('access_level'),
  'meta.access_level',
  'config.meta.access_level',
  'source_meta.sluice.access_level',
  'source_meta.access_level',
];
const NAMESPACES = [...metas('namespace'), 'source_meta.sluice.namespace'];
const OWNERS = ['meta.owner', 'config.meta.owner', 'source_meta.owner'];

/** What catalogue files say of a node or column in their own words. */
export interface Said {
  readonly tags: readonly string[];
  readonly access_level?: string;
  readonly namespace?: string;
  readonly owner?: string;
  readonly placed: Placed;
}

/** Where things stood, when that is not the usual place. The keys are ours: tags are anyone's. */
export interface Placed {
  /** Tags by place. */
  readonly tags?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The place of the level. */
  readonly access_level?: string | undefined;
}

/** Takes it out of the draft; what is left is only dbt's. */
export function take(draft: Draft): Said {
  const places: Record<string, string[]> = {};
  const tags = takeTags(draft, places);
  const [level, levelPlace] = takeText(draft, LEVELS);
  const [namespace] = takeText(draft, NAMESPACES);
  const [owner] = takeText(draft, OWNERS);
  const unusual = levelPlace !== null && levelPlace !== LEVELS[0];
  return {
    tags,
    ...(level === null ? {} : { access_level: level }),
    ...(namespace === null ? {} : { namespace }),
    ...(owner === null ? {} : { owner }),
    placed: {
      ...(Object.keys(places).length === 0 ? {} : { tags: places }),
      ...(unusual ? { access_level: levelPlace } : {}),
    },
  };
}

function takeTags(draft: Draft, places: Record<string, string[]>): readonly string[] {
  const seen = new Set<string>();
  const tags: string[] = [];
  for (const place of TAGS)
    for (const text of textsOf(pull(draft, place))) {
      const tag = normaliseTag(text);
      if (tag === null || seen.has(tag)) continue;
      seen.add(tag);
      tags.push(text);
      if (place === TAGS[0]) continue;
      const list = places[place] ?? [];
      list.push(text);
      places[place] = list;
    }
  return tags;
}

/** The first that is there; the others say the same, or the state would not have been applied. */
function takeText(draft: Draft, from: readonly string[]): readonly [string | null, string | null] {
  let found: readonly [string | null, string | null] = [null, null];
  for (const place of from) {
    if (typeof get(draft, place) !== 'string') continue;
    const text = pull(draft, place) as string;
    if (found[0] === null && text !== '') found = [text, place];
  }
  return found;
}

/** Puts it back where it stood, or where dbt users would write it. */
export function put(draft: Draft, said: Said): void {
  const usual = TAGS[0] ?? 'tags';
  const placeOf = new Map(
    TAGS.flatMap((place) =>
      (said.placed.tags?.[place] ?? []).map((text) => [normaliseTag(text), place] as const),
    ),
  );
  const byPlace = Map.groupBy(said.tags, (text) => placeOf.get(normaliseTag(text)) ?? usual);
  for (const [place, tags] of byPlace) putAt(draft, place, tags);
  const level = said.placed.access_level;
  const levelPlace = level !== undefined && LEVELS.includes(level) ? level : LEVELS[0];
  if (said.access_level !== undefined) putAt(draft, levelPlace ?? '', said.access_level);
  if (said.namespace !== undefined) putAt(draft, NAMESPACES[0] ?? '', said.namespace);
  if (said.owner !== undefined) putAt(draft, OWNERS[0] ?? '', said.owner);
}

const isObject = (value: unknown): value is Draft =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function textsOf(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.filter((item) => typeof item === 'string' || typeof item === 'number').map(String);
}

function get(draft: Draft, place: string): unknown {
  return place
    .split('.')
    .reduce<unknown>(
      (inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
      draft,
    );
}

/** Takes a value out, and the objects that are empty then. */
function pull(draft: Draft, place: string): unknown {
  const [key = '', ...rest] = place.split('.');
  if (!Object.hasOwn(draft, key)) return undefined;
  const inner = draft[key];
  if (rest.length === 0) {
    delete draft[key];
    return inner;
  }
  if (!isObject(inner)) return undefined;
  const value = pull(inner, rest.join('.'));
  if (Object.keys(inner).length === 0) delete draft[key];
  return value;
}

/** @param place one of dbt's, so that no key in it is special */
export function putAt(draft: Draft, place: string, value: unknown): void {
  const [key = '', ...rest] = place.split('.');
  if (rest.length === 0) {
    draft[key] = value;
    return;
  }
  const inner = isObject(draft[key]) ? draft[key] : {};
  draft[key] = inner;
  putAt(inner, rest.join('.'), value);
}
