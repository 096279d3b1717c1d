/** Conditions over the identity and its circumstances: read strictly from YAML, flattened, and evaluated in three-valued logic. */
import { SluiceError } from '../errors.ts';
import type { Assumption, AttributeValue, Identity } from '../identity/identity.ts';
import { type Condition, MAX_ALTERNATIVES, TooManyAlternatives, toDnf } from './dnf.ts';
import { readHours } from './hours.ts';
import { readNetwork } from './networks.ts';
import type { Dnf, Literal } from './policy.ts';
import { isRecord, kindOf, type Path, type Report, suggest } from './problem.ts';

const TEXT_FACTS = ['group', 'role', 'scope', 'sub', 'issuer', 'purpose', 'project', 'environment'] as const;
const KEYS = [...TEXT_FACTS, 'kind', 'attribute', 'network', 'hours', 'any', 'all', 'not'] as const;
const KINDS = ['user', 'service', 'anonymous'];
const MAX_NESTING = 32;

const FORMS = '`everyone`, or a map with one key, such as { group: … } or { any: [ … ] }';

/** What a condition may ask for beside the identity; a decision's context fits. */
export interface Circumstances {
  readonly project: string | null;
  readonly purpose: string | null;
  readonly environment: string;
  /** Of the networks that conditions name, those that hold the caller; null or absent is unknown. */
  readonly networks?: readonly string[] | null;
  /** Of the windows that conditions name, those that hold now; null or absent is unknown. */
  readonly hours?: readonly string[] | null;
}

export type Truth = 'true' | 'unknown' | 'false';

/**
 * For configuration, where neither the caller's address nor the hour is asked.
 *
 * @param where the key that holds it, as an error names it
 * @throws SluiceError policy_invalid with every problem in `details`.
 */
export function parseCondition(value: unknown, where?: string): Dnf {
  const problems: string[] = [];
  const dnf = readCondition(value, [], (path, message) =>
    problems.push(path.length === 0 ? message : `${path.join('.')}: ${message}`),
  );
  const asked = (dnf ?? []).flat().find(({ fact }) => fact === 'network' || fact === 'hours');
  if (asked !== undefined) problems.push(`\`${asked.fact}\` is for policies; nobody would ever meet it here`);
  if (dnf === null || problems.length > 0) {
    throw new SluiceError(
      'policy_invalid',
      `${where === undefined ? 'A condition' : `The condition ${where}`} is not usable: ${problems[0] ?? 'unknown problem'}`,
      {
        details: problems,
        hint: `A condition is ${FORMS}.`,
      },
    );
  }
  return dnf;
}

/** Null where anything was wrong; each problem was reported. */
export function readCondition(value: unknown, path: Path, report: Report): Dnf | null {
  const condition = read(value, path, report, 0);
  if (condition === null) return null;
  try {
    return toDnf(condition);
  } catch (error) {
    if (!(error instanceof TooManyAlternatives)) throw error;
    report(
      path,
      `the condition has more than ${MAX_ALTERNATIVES} alternatives when written out; split the policy`,
    );
    return null;
  }
}

function read(value: unknown, path: Path, report: Report, depth: number): Condition | null {
  if (depth > MAX_NESTING) {
    report(path, `the condition is nested more than ${MAX_NESTING} deep`);
    return null;
  }
  if (value === 'everyone') return { kind: 'everyone' };
  if (!isRecord(value)) {
    report(path, `expected ${FORMS}; found ${kindOf(value)}`);
    return null;
  }
  const keys = Object.keys(value);
  const key = keys[0];
  for (const word of keys.filter((k) => !(KEYS as readonly string[]).includes(k))) {
    report([...path, word], `unknown condition \`${word}\`${suggest(word, KEYS)}`);
    return null;
  }
  if (key === undefined || keys.length > 1) {
    report(path, key === undefined ? 'the condition is empty' : severalKeys(keys));
    return null;
  }
  const inner = value[key];
  const at = [...path, key];
  switch (key) {
    case 'any':
    case 'all': {
      if (!Array.isArray(inner) || inner.length === 0) {
        report(at, `\`${key}\` takes a list of at least one condition; found ${describe(inner)}`);
        return null;
      }
      const args = inner.map((item: unknown, i) => read(item, [...at, i], report, depth + 1));
      return args.includes(null) ? null : { kind: key, args: args.filter((arg) => arg !== null) };
    }
    case 'not': {
      const arg = read(inner, at, report, depth + 1);
      return arg === null ? null : { kind: 'not', arg };
    }
    case 'attribute':
      return readAttribute(inner, at, report);
    case 'network':
      return alternatives(inner, at, report, (item, itemPath) => readNetworkFact(item, itemPath, report));
    case 'hours':
      return alternatives(inner, at, report, (item, itemPath) => {
        const window = readHours(item, itemPath, report);
        return window === null ? null : { fact: 'hours', value: window, negated: false };
      });
    default:
      return alternatives(inner, at, report, (item, itemPath) => readText(key, item, itemPath, report));
  }
}

export const severalKeys = (keys: readonly string[]): string =>
  `${keys.map((k) => `\`${k}\``).join(' and ')} stand side by side; say \`all: [ … ]\` or \`any: [ … ]\``;

const describe = (value: unknown): string =>
  Array.isArray(value) && value.length === 0 ? 'an empty list' : kindOf(value);

/** A list of values means any of them. */
function alternatives(
  value: unknown,
  path: Path,
  report: Report,
  one: (item: unknown, path: Path) => Literal | null,
): Condition | null {
  if (!Array.isArray(value)) {
    const literal = one(value, path);
    return literal === null ? null : { kind: 'literal', literal };
  }
  if (value.length === 0) {
    report(path, 'an empty list matches nobody; name at least one value');
    return null;
  }
  const literals = value.map((item: unknown, i) => one(item, [...path, i]));
  if (literals.includes(null)) return null;
  return {
    kind: 'any',
    args: literals.filter((l) => l !== null).map((literal) => ({ kind: 'literal', literal })),
  };
}

function readText(fact: string, value: unknown, path: Path, report: Report): Literal | null {
  if (typeof value !== 'string' || value === '') {
    report(
      path,
      `\`${fact}\` takes a text${typeof value === 'number' ? ' (quote it)' : ''}; found ${kindOf(value)}`,
    );
    return null;
  }
  if (fact === 'kind') {
    if (KINDS.includes(value)) return { fact, value, negated: false };
    report(path, `unknown kind \`${value}\`${suggest(value, KINDS)}`);
    return null;
  }
  const text = TEXT_FACTS.find((known) => known === fact);
  if (text === undefined) throw new TypeError(`condition key without a reader: ${fact}`);
  return { fact: text, value, negated: false };
}

function readNetworkFact(value: unknown, path: Path, report: Report): Literal | null {
  const read =
    typeof value === 'string'
      ? readNetwork(value)
      : { problem: `\`network\` takes a network such as 10.0.0.0/8; found ${kindOf(value)}` };
  if ('network' in read) return { fact: 'network', value: read.network, negated: false };
  report(path, read.problem);
  return null;
}

function readAttribute(value: unknown, path: Path, report: Report): Condition | null {
  const entries = isRecord(value) ? Object.entries(value) : [];
  const entry = entries[0];
  if (entry === undefined || entries.length > 1) {
    report(path, 'expected one attribute and its value: { attribute: { name: value } }');
    return null;
  }
  const [name, wanted] = entry;
  return alternatives(wanted, [...path, name], report, (item, itemPath) => {
    const usable =
      (typeof item === 'string' && item !== '') ||
      typeof item === 'boolean' ||
      (typeof item === 'number' && Number.isFinite(item));
    if (usable) return { fact: 'attribute', name, value: item, negated: false };
    report(itemPath, `an attribute is compared with a text, a number, true or false; found ${kindOf(item)}`);
    return null;
  });
}

/** Whether the condition certainly holds: unknown counts as not holding, so use it to grant, never to deny. */
export function evaluateDnf(dnf: Dnf, identity: Identity, circumstances: Circumstances): boolean {
  return truthOf(dnf, identity, circumstances) === 'true';
}

/** The three-valued answer, the same as the Rego bundle gives. */
export function truthOf(dnf: Dnf, identity: Identity, circumstances: Circumstances): Truth {
  let best: Truth = 'false';
  for (const conjunction of dnf) {
    const values = conjunction.map((literal) => literalTruth(literal, identity, circumstances));
    if (values.includes('false')) continue;
    if (!values.includes('unknown')) return 'true';
    best = 'unknown';
  }
  return best;
}

function literalTruth(literal: Literal, identity: Identity, circumstances: Circumstances): Truth {
  const value =
    identity.assumed !== undefined && OF_THE_IDENTITY.has(literal.fact)
      ? assumedTruth(literal, identity.assumed)
      : factTruth(literal, identity, circumstances);
  if (!literal.negated || value === 'unknown') return value;
  return value === 'true' ? 'false' : 'true';
}

/** The kind of somebody assumed is known: there is one for each. */
const OF_THE_IDENTITY: ReadonlySet<Literal['fact']> = new Set([
  'group',
  'role',
  'scope',
  'sub',
  'issuer',
  'attribute',
]);

/** There is one subject and one issuer: whoever certainly has another has not this one. */
function assumedTruth(literal: Literal, assumed: readonly Assumption[]): Truth {
  const name = literal.fact === 'attribute' ? literal.name : undefined;
  const same = assumed.filter(
    (one) => one.fact === literal.fact && one.value === literal.value && one.name === name,
  );
  if (same.some(({ negated }) => !negated)) return 'true';
  if (same.length > 0) return 'false';
  const single = literal.fact === 'sub' || literal.fact === 'issuer';
  return single && assumed.some(({ fact, negated }) => fact === literal.fact && !negated)
    ? 'false'
    : 'unknown';
}

function factTruth(literal: Literal, identity: Identity, circumstances: Circumstances): Truth {
  switch (literal.fact) {
    case 'group':
      return truth(identity.groups.includes(literal.value));
    case 'role':
      return truth(identity.roles.includes(literal.value));
    case 'scope':
      return truth(identity.scopes.includes(literal.value));
    case 'kind':
      return truth(identity.kind === literal.value);
    case 'sub':
      return truth(identity.sub === literal.value);
    case 'issuer':
      return truth(identity.issuer === literal.value);
    case 'purpose':
    case 'project':
    case 'environment':
      return truth(circumstances[literal.fact] === literal.value);
    case 'network':
      return listed(circumstances.networks, literal.value);
    case 'hours':
      return listed(circumstances.hours, literal.value);
    case 'attribute':
      return Object.hasOwn(identity.attributes, literal.name)
        ? attributeTruth(identity.attributes[literal.name], literal.value)
        : 'unknown';
    default:
      return literal satisfies never;
  }
}

/** The gate names those that hold; where it has not, nothing is known. */
const listed = (held: readonly string[] | null | undefined, wanted: string): Truth =>
  held === null || held === undefined ? 'unknown' : truth(held.includes(wanted));

const truth = (holds: boolean): Truth => (holds ? 'true' : 'false');

/** A value of another type than the one asked for cannot be compared, and an empty one says nothing: both are unknown. */
function attributeTruth(have: AttributeValue | undefined, wanted: string | number | boolean): Truth {
  if (have === undefined || have === '') return 'unknown';
  if (typeof have !== 'object') return typeof have === typeof wanted ? truth(have === wanted) : 'unknown';
  const values: readonly (string | number | boolean)[] = have;
  if (values.includes(wanted)) return 'true';
  return values.length > 0 && values.every((item) => typeof item === typeof wanted) ? 'false' : 'unknown';
}
