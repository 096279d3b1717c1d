/** One policy as written in YAML: read strictly, exactly one effect, every problem reported at its line. */
import { readCondition } from './conditions.ts';
import type { Dnf, MaskSpec, SourceRef } from './policy.ts';
import { isRecord, kindOf, type Path, type Report, readRecord, suggest } from './problem.ts';
import { readSelector, type Selector } from './selector.ts';
import { parseWhere, WhereProblem, type WhereTemplate } from './where.ts';

export const EFFECTS = ['allow', 'require', 'deny', 'mask', 'rows'] as const;
const KEYS = ['id', 'description', 'on', ...EFFECTS, 'unless'] as const;
const MASKS = ['hide', 'null', 'constant', 'hash', 'partial'] as const;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export type Effect = (typeof EFFECTS)[number];

export type PolicyBody =
  | { readonly effect: 'allow' | 'require' | 'deny'; readonly who: Dnf }
  | { readonly effect: 'rows'; readonly where: WhereTemplate }
  | { readonly effect: 'mask'; readonly mask: MaskSpec };

export interface PolicyDefinition {
  readonly id: string;
  readonly description: string;
  readonly on: Selector;
  readonly unless: Dnf | null;
  readonly body: PolicyBody;
  readonly source: SourceRef;
  /** Of a path inside this policy. */
  readonly lineOf: (path: Path) => number;
  readonly written: unknown;
}

/** Null where anything was wrong; each problem was reported. */
export function readPolicy(
  value: unknown,
  place: { readonly file: string; readonly lineOf: (path: Path) => number },
  report: Report,
): PolicyDefinition | null {
  let sound = true;
  const tell: Report = (path, message) => {
    sound = false;
    report(path, message);
  };
  const policy = readRecord(value, KEYS, [], tell);
  if (policy === null) return null;
  const { id, description } = policy;
  if (typeof id !== 'string' || !ID.test(id)) {
    tell(['id'], `\`id\` takes letters, digits, \`.\`, \`_\` and \`-\`, at most 100; found ${kindOf(id)}`);
  }
  if (id === 'level') tell(['id'], 'the id `level` is taken: reasons use it for the access level');
  if (description !== undefined && typeof description !== 'string') {
    tell(['description'], `\`description\` takes a text; found ${kindOf(description)}`);
  }
  if (policy.on === undefined) tell([], 'a policy needs `on`: what it covers');
  const on = policy.on === undefined ? null : readSelector(policy.on, ['on'], tell);
  const body = readBody(policy, tell);
  const unless = policy.unless === undefined ? null : readCondition(policy.unless, ['unless'], tell);
  if (policy.unless !== undefined && body?.effect === 'allow') {
    tell(['unless'], '`allow` takes no `unless`; say whom it allows: `allow: { all: [ …, { not: … } ] }`');
  }
  if (!sound || typeof id !== 'string' || on === null || body === null) return null;
  return {
    id,
    description: typeof description === 'string' ? description : '',
    on,
    unless,
    body,
    source: { file: place.file, line: place.lineOf(['id']) },
    lineOf: place.lineOf,
    written: value,
  };
}

function readBody(policy: Readonly<Record<string, unknown>>, report: Report): PolicyBody | null {
  const effects = EFFECTS.filter((effect) => Object.hasOwn(policy, effect));
  const [effect, second] = effects;
  if (effect === undefined) {
    report([], `a policy needs one of ${EFFECTS.join(', ')}`);
    return null;
  }
  if (second !== undefined) {
    report([second], `a policy does one thing; make \`${second}\` a policy of its own`);
    return null;
  }
  const value = policy[effect];
  switch (effect) {
    case 'allow':
    case 'require':
    case 'deny': {
      const who = readCondition(value, [effect], report);
      return who === null ? null : { effect, who };
    }
    case 'rows':
      return readRows(value, report);
    case 'mask': {
      const mask = readMask(value, report);
      return mask === null ? null : { effect, mask };
    }
    default:
      return effect satisfies never;
  }
}

function readRows(value: unknown, report: Report): PolicyBody | null {
  const rows = readRecord(value, ['where'], ['rows'], report);
  if (rows === null) return null;
  if (typeof rows.where !== 'string' || rows.where.trim() === '') {
    report(['rows', 'where'], `\`where\` takes an expression as text; found ${kindOf(rows.where)}`);
    return null;
  }
  try {
    return { effect: 'rows', where: parseWhere(rows.where) };
  } catch (error) {
    if (!(error instanceof WhereProblem)) throw error;
    report(['rows', 'where'], error.message);
    return null;
  }
}

function readMask(value: unknown, report: Report): MaskSpec | null {
  const path: Path = ['mask'];
  // In YAML an unquoted null is no text.
  const kind = isRecord(value) && value.with === null ? 'null' : isRecord(value) ? value.with : undefined;
  const known = MASKS.find((mask) => mask === kind);
  if (known === undefined) {
    const found = typeof kind === 'string' ? `unknown mask \`${kind}\`${suggest(kind, MASKS)}` : undefined;
    report(
      isRecord(value) ? [...path, 'with'] : path,
      found ?? `expected { with: … }, one of ${MASKS.join(', ')}`,
    );
    return null;
  }
  switch (known) {
    case 'hide':
    case 'null':
      return readRecord(value, ['with'], path, report) === null ? null : { kind: known };
    case 'constant': {
      const constant = readRecord(value, ['with', 'value'], path, report)?.value;
      if (typeof constant === 'string' || typeof constant === 'boolean')
        return { kind: 'constant', value: constant };
      if (typeof constant === 'number' && Number.isFinite(constant))
        return { kind: 'constant', value: constant };
      report(
        [...path, 'value'],
        `a constant mask needs \`value\`: a text, a number, true or false; found ${kindOf(constant)}`,
      );
      return null;
    }
    case 'hash': {
      const scope = readRecord(value, ['with', 'scope'], path, report)?.scope ?? 'global';
      if (scope === 'global' || scope === 'dataset') return { kind: 'hash', scope };
      report([...path, 'scope'], `unknown scope${suggest(String(scope), ['global', 'dataset'])}`);
      return null;
    }
    case 'partial': {
      const mask = readRecord(value, ['with', 'first', 'last', 'fill'], path, report);
      if (mask === null) return null;
      const { first = 0, last = 0, fill = '*' } = mask;
      for (const [key, count] of Object.entries({ first, last })) {
        if (!isCount(count))
          report([...path, key], `\`${key}\` takes a whole number from 0 to 100; found ${kindOf(count)}`);
      }
      if (typeof fill !== 'string' || [...fill].length !== 1) {
        report([...path, 'fill'], `\`fill\` takes one character; found ${kindOf(fill)}`);
      }
      if (!isCount(first) || !isCount(last) || typeof fill !== 'string') return null;
      return { kind: 'partial', first, last, with: fill };
    }
    default:
      return known satisfies never;
  }
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100;
