/** What a policy is `on`: a condition over the facts of datasets and columns, read strictly and evaluated at push. */
import { normaliseTag } from '../tags/tag.ts';
import { severalKeys } from './conditions.ts';
import { isRecord, kindOf, type Path, type Report, suggest } from './problem.ts';

const DATASET_FACTS = ['tag', 'namespace', 'id', 'level', 'owner', 'project', 'environment'] as const;
const COLUMN_FACTS = ['column_tag', 'column_name', 'column_type'] as const;
const KEYS = [...DATASET_FACTS, ...COLUMN_FACTS, 'any', 'all', 'not'] as const;
const LEVELS = ['open', 'internal', 'restricted'];
const FAMILIES = [
  'text',
  'integer',
  'decimal',
  'float',
  'boolean',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'json',
  'bytes',
  'list',
  'other',
  'unknown',
];
const MAX_NESTING = 32;

export type SelectorFact = (typeof DATASET_FACTS)[number] | (typeof COLUMN_FACTS)[number];

export interface SelectorAtom {
  readonly kind: SelectorFact;
  /** Lower-case; `*` stands for any text in `id`, `namespace` and `column_name`. */
  readonly value: string;
  readonly path: Path;
}

export type Selector =
  | { readonly kind: 'everything' }
  | { readonly kind: 'any' | 'all'; readonly args: readonly Selector[] }
  | { readonly kind: 'not'; readonly arg: Selector }
  | SelectorAtom;

export const isColumnFact = (fact: SelectorFact): boolean =>
  (COLUMN_FACTS as readonly string[]).includes(fact);

/** Null where anything was wrong; each problem was reported. */
export function readSelector(value: unknown, path: Path, report: Report, depth = 0): Selector | null {
  if (depth > MAX_NESTING) {
    report(path, `\`on\` is nested more than ${MAX_NESTING} deep`);
    return null;
  }
  if (value === 'everything') return { kind: 'everything' };
  if (!isRecord(value)) {
    report(path, `expected \`everything\` or a map with one key, such as { tag: … }; found ${kindOf(value)}`);
    return null;
  }
  const keys = Object.keys(value);
  const key = keys[0];
  const unknown = keys.filter((k) => !(KEYS as readonly string[]).includes(k));
  for (const word of unknown) {
    report([...path, word], `unknown word \`${word}\` in \`on\`${suggest(word, KEYS)}`);
  }
  if (unknown.length > 0) return null;
  if (key === undefined || keys.length > 1) {
    report(path, key === undefined ? '`on` is empty; say `everything` if that is meant' : severalKeys(keys));
    return null;
  }
  const inner = value[key];
  const at = [...path, key];
  if (key === 'not') {
    const arg = readSelector(inner, at, report, depth + 1);
    return arg === null ? null : { kind: 'not', arg };
  }
  if (key === 'any' || key === 'all') {
    if (!Array.isArray(inner) || inner.length === 0) {
      report(at, `\`${key}\` takes a list of at least one condition; found ${kindOf(inner)}`);
      return null;
    }
    const args = inner.map((item: unknown, i) => readSelector(item, [...at, i], report, depth + 1));
    return args.includes(null) ? null : { kind: key, args: args.filter((arg) => arg !== null) };
  }
  const fact = [...DATASET_FACTS, ...COLUMN_FACTS].find((known) => known === key);
  if (fact === undefined) throw new TypeError(`selector key without a reader: ${key}`);
  return readFact(fact, inner, at, report);
}

/** A list of values means any of them. */
function readFact(fact: SelectorFact, value: unknown, path: Path, report: Report): Selector | null {
  if (!Array.isArray(value)) return readAtom(fact, value, path, report);
  if (value.length === 0) {
    report(path, 'an empty list matches nothing; name at least one value');
    return null;
  }
  const atoms = value.map((item: unknown, i) => readAtom(fact, item, [...path, i], report));
  return atoms.includes(null) ? null : { kind: 'any', args: atoms.filter((atom) => atom !== null) };
}

function readAtom(fact: SelectorFact, value: unknown, path: Path, report: Report): SelectorAtom | null {
  if (typeof value !== 'string' || value.trim() === '') {
    report(
      path,
      `\`${fact}\` takes a text${typeof value === 'number' ? ' (quote it)' : ''}; found ${kindOf(value)}`,
    );
    return null;
  }
  const known = fact === 'level' ? LEVELS : fact === 'column_type' ? FAMILIES : null;
  if (known !== null && !known.includes(value)) {
    report(
      path,
      `unknown ${fact === 'level' ? 'level' : 'type family'} \`${value}\`${suggest(value, known)}`,
    );
    return null;
  }
  const normal = fact === 'tag' || fact === 'column_tag' ? normaliseTag(value) : value.toLowerCase();
  if (normal === null) {
    report(path, `\`${value}\` is no tag: nothing of it may stand in one`);
    return null;
  }
  return { kind: fact, value: normal, path };
}
