/** Who is meant: exceptions, inclusions and entitlements as conditions of ours. What is not carried over exactly is said, never guessed. */
import { isRecord, listOf, nameOf, Reading, textOf } from './shape.ts';

/** As it is written in our YAML. */
export type Condition = 'everyone' | { readonly [key: string]: unknown };

export interface Who {
  /** Null where nobody could be read out of it. */
  readonly condition: Condition | null;
  /** False where it may hold for more or fewer people than it did. */
  readonly exact: boolean;
  readonly because: readonly string[];
}

const LISTS: Readonly<Record<string, (item: unknown) => Condition | null>> = {
  groups: (item) => named('group', item),
  attributes: attributeOf,
  purposes: (item) => named('purpose', item),
};

const SINGLE: Readonly<Record<string, readonly [list: keyof typeof LISTS, key: string]>> = {
  groups: ['groups', 'group'],
  attributes: ['attributes', 'attribute'],
  purposes: ['purposes', 'value'],
};

function named(fact: string, item: unknown): Condition | null {
  const name = nameOf(item);
  return name === null ? null : { [fact]: name };
}

/** `{ name, value }`, or with the name of the attribute under `attribute`. */
function attributeOf(item: unknown): Condition | null {
  if (!isRecord(item)) return null;
  const name = textOf(item.name) ?? textOf(item.attribute);
  const value = textOf(item.value);
  return name === null || value === null ? null : { attribute: Object.fromEntries([[name, value]]) };
}

/** `{ operator, groups, attributes, purposes }`, or `{ operator, conditions: [{ type, … }] }`; null where it says nothing. */
export function readWho(value: unknown): Who | null {
  if (value === undefined || value === null) return null;
  const reading = new Reading(value);
  const because: string[] = [];
  const parts: Condition[] = [];
  const add = (list: string, item: unknown): void => {
    const condition = LISTS[list]?.(item) ?? null;
    if (condition === null) because.push(`${list}: ${JSON.stringify(item)} is not understood`);
    else parts.push(condition);
  };
  const given = textOf(reading.get('operator'))?.toLowerCase();
  const operator = given ?? 'any';
  for (const list of Object.keys(LISTS)) for (const item of listOf(reading.get(list))) add(list, item);
  for (const item of listOf(reading.get('conditions'))) {
    const single = isRecord(item) ? SINGLE[textOf(item.type) ?? ''] : undefined;
    if (single === undefined || !isRecord(item))
      because.push(`conditions: ${JSON.stringify(item)} is not understood`);
    else add(single[0], item[single[1]] ?? item);
  }
  const advanced = textOf(reading.get('advanced'));
  if (advanced !== null) {
    const read = readAdvanced(advanced);
    if (read === null) because.push(`advanced: ${advanced} is not understood`);
    else parts.push(read);
  }
  if (!['any', 'all', 'or', 'and'].includes(operator))
    because.push(`operator: ${operator} is not understood`);
  // Any or all: to guess would exempt somebody.
  if (given === undefined && parts.length > 1) because.push('the operator is missing');
  for (const key of reading.unread()) because.push(`${key} is not understood`);
  if (parts.length === 0 && because.length === 0) return null;
  const every = operator === 'all' || operator === 'and';
  return { condition: together(every ? 'all' : 'any', parts), exact: because.length === 0, because };
}

export function together(how: 'any' | 'all', parts: readonly Condition[]): Condition | null {
  const [only] = parts;
  if (parts.length <= 1) return only ?? null;
  return { [how]: parts };
}

/** `@isInGroups('a', 'b') AND NOT @hasAttribute('x', 'y')`, with brackets; null for anything else. */
export function readAdvanced(text: string): Condition | null {
  const tokens = text.match(/@\w+\s*\((?:[^()']|'(?:[^']|'')*')*\)|\(|\)|\b(?:AND|OR|NOT)\b|\S+/gi) ?? [];
  let at = 0;
  const word = (): string => (tokens[at] ?? '').toUpperCase();
  const either = (): Condition | null => chain('OR', 'any', both);
  const both = (): Condition | null => chain('AND', 'all', one);
  function chain(operator: string, how: 'any' | 'all', next: () => Condition | null): Condition | null {
    const parts: Condition[] = [];
    for (;;) {
      const part = next();
      if (part === null) return null;
      parts.push(part);
      if (word() !== operator) return together(how, parts);
      at += 1;
    }
  }
  function one(): Condition | null {
    if (at >= tokens.length || at > 200) return null;
    if (word() === 'NOT') {
      at += 1;
      const inner = one();
      return inner === null ? null : { not: inner };
    }
    if (word() === '(') {
      at += 1;
      const inner = either();
      if (word() !== ')') return null;
      at += 1;
      return inner;
    }
    return call(tokens[at++] ?? '');
  }
  const read = either();
  return at === tokens.length ? read : null;
}

function call(token: string): Condition | null {
  const [, name = '', inner = ''] = /^@(\w+)\s*\((.*)\)$/s.exec(token) ?? [];
  const given = [...inner.matchAll(/'((?:[^']|'')*)'/g)].map(([, value = '']) => value.replaceAll("''", "'"));
  const onlyTexts = inner.replace(/'(?:[^']|'')*'/g, '').replace(/[\s,]/g, '') === '';
  const [first, second] = given;
  if (!onlyTexts || first === undefined) return null;
  switch (name.toLowerCase()) {
    case 'isingroup':
    case 'isingroups':
      return { group: given.length === 1 ? first : given };
    case 'hasattribute':
      return second === undefined ? null : { attribute: Object.fromEntries([[first, second]]) };
    case 'isusingpurpose':
    case 'purpose':
      return { purpose: given.length === 1 ? first : given };
    default:
      return null;
  }
}
