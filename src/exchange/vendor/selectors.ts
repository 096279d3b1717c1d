/** Where a policy holds: fields and circumstances as selectors of ours. */
import { covers, normaliseTag } from '../../tags/tag.ts';
import { isRecord, type Json, listOf, nameOf, textOf } from './shape.ts';

export type Selector = 'everything' | Json;

export interface Where {
  readonly on: Selector;
  /** Restrictions of place that were left out: the policy then holds in more places. */
  readonly leftOut: readonly string[];
}

/** A pattern that only looks for a word, as a glob. */
function globOf(regex: string | null): string | null {
  const [, start = '', word, end = ''] = /^(\^?)([A-Za-z0-9_]+)(\$?)$/.exec(regex ?? '') ?? [];
  if (word === undefined) return null;
  return `${start === '' ? '*' : ''}${word}${end === '' ? '*' : ''}`;
}

/** Null where the item is none that can be said. */
function placeOf(item: unknown): Json | null {
  if (!isRecord(item)) return null;
  switch (textOf(item.type)) {
    case 'tags': {
      const tag = nameOf(item.tag);
      return tag === null ? null : { tag };
    }
    case 'columnTags': {
      const tag = nameOf(item.columnTag);
      return tag === null ? null : { column_tag: tag };
    }
    case 'columnRegex': {
      const glob = globOf(textOf(item.regex));
      return glob === null ? null : { column_name: glob };
    }
    case 'columnName':
    case 'columnNames': {
      const name = textOf(item.column) ?? textOf(item.name);
      return name === null ? null : { column_name: name };
    }
    default:
      return null;
  }
}

/** The columns that a mask is for; null where one of them cannot be said: which ones it meant is then open. */
export function readFields(fields: unknown): readonly Json[] | null {
  const read = listOf(fields).map((field) => {
    // The older form names the tag and nothing else.
    if (
      isRecord(field) &&
      field.type === undefined &&
      field.columnTag === undefined &&
      textOf(field.name) !== null
    )
      return { column_tag: textOf(field.name) };
    return placeOf(field);
  });
  return read.length === 0 || read.includes(null) ? null : read.filter((field) => field !== null);
}

export function anyOf(parts: readonly Json[]): Selector {
  const [only] = parts;
  if (only === undefined) return 'everything';
  return parts.length === 1 ? only : { any: parts };
}

export interface Circumstances {
  readonly every: boolean;
  /** Null for one that cannot be said. */
  readonly places: readonly (Json | null)[];
  readonly written: readonly unknown[];
}

export function readCircumstances(policy: Json): Circumstances {
  const written = listOf(policy.circumstances);
  const operators = [
    policy.circumstanceOperator,
    ...written.map((one) => (isRecord(one) ? one.operator : null)),
  ];
  const every = operators.some((operator) => ['all', 'and'].includes(String(operator ?? '').toLowerCase()));
  return { every, places: written.map(placeOf), written };
}

/** The datasets, for policies about rows and access. Null where it could only be said with more or with fewer of them. */
export function datasetsOf({ every, places }: Circumstances): Selector | null {
  if (places.includes(null)) return null;
  const said = places.filter((place) => place !== null);
  if (every && said.length > 1) return { all: said };
  return anyOf(said);
}

/** Fields of a mask narrowed to its circumstances, as far as they can be said; what cannot is left out: more is masked. */
export function columnsOf(fields: readonly Json[], { every, places, written }: Circumstances): Where {
  const selected = anyOf(fields);
  if (places.length === 0) return { on: selected, leftOut: [] };
  const open = places
    .map((place, i) => ({ place, written: written[i] }))
    .filter(({ place }) => !implied(place, fields));
  if (open.length === 0 || (!every && open.length < places.length)) return { on: selected, leftOut: [] };
  const said = open.map(({ place }) => place).filter((place) => place !== null && 'tag' in place);
  const unsaid = open.filter(({ place }) => place === null || !('tag' in place));
  const leftOut = unsaid.map(
    (one) => `the circumstance ${JSON.stringify(one.written)} is left out: it is masked elsewhere too`,
  );
  if (every) return { on: said.length === 0 ? selected : { all: [selected, ...said] }, leftOut };
  return unsaid.length > 0
    ? { on: selected, leftOut }
    : { on: { all: [selected, anyOf(said as Json[])] }, leftOut };
}

/** Wherever one of the fields is, the circumstance holds. */
function implied(place: Json | null, fields: readonly Json[]): boolean {
  if (place === null) return false;
  const tag = normaliseTag(textOf(place.column_tag) ?? '');
  return fields.every((field) => {
    if (JSON.stringify(field) === JSON.stringify(place)) return true;
    const own = normaliseTag(textOf(field.column_tag) ?? '');
    return tag !== null && own !== null && covers(tag, own);
  });
}
