/** One policy as written in YAML: read strictly, exactly one effect, every problem reported at its line. */
import { readCondition } from './conditions.ts';
import type { ApproveRule, Dnf, SourceRef } from './policy.ts';
import { kindOf, type Path, type Report, readRecord } from './problem.ts';
import { readApprove } from './read-approve.ts';
import { type BreakGlassBody, readBreakGlass } from './read-break-glass.ts';
import { type LimitBody, readLimit } from './read-limit.ts';
import { type MaskBody, readMask } from './read-mask.ts';
import { type RowsBody, readRows } from './read-rows.ts';
import { readSelector, type Selector } from './selector.ts';

export const EFFECTS = [
  'allow',
  'require',
  'deny',
  'mask',
  'rows',
  'limit',
  'discover',
  'break_glass',
] as const;
const KEYS = ['id', 'description', 'on', ...EFFECTS, 'unless', 'approve'] as const;
/** "allow A unless B" reads both ways. */
const NAMES_WHOM: ReadonlySet<string> = new Set(['allow', 'discover', 'break_glass']);
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export type Effect = (typeof EFFECTS)[number];

export type PolicyBody =
  | { readonly effect: 'allow' | 'require' | 'deny' | 'discover'; readonly who: Dnf }
  | RowsBody
  | MaskBody
  | LimitBody
  | BreakGlassBody;

export interface PolicyDefinition {
  readonly id: string;
  readonly description: string;
  readonly on: Selector;
  readonly unless: Dnf | null;
  /** Who may lift it for someone. */
  readonly approve: ApproveRule | null;
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
  if (policy.unless !== undefined && body !== null && NAMES_WHOM.has(body.effect)) {
    const word = body.effect;
    tell(['unless'], `\`${word}\` takes no \`unless\`; say whom: \`{ all: [ …, { not: … } ] }\``);
  }
  const approve =
    policy.approve === undefined ? null : readApprove(policy.approve, body?.effect ?? null, tell);
  if (!sound || typeof id !== 'string' || on === null || body === null) return null;
  return {
    id,
    description: typeof description === 'string' ? description : '',
    on,
    unless,
    approve,
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
    case 'deny':
    case 'discover': {
      const who = readCondition(value, [effect], report);
      return who === null ? null : { effect, who };
    }
    case 'rows':
      return readRows(value, report);
    case 'mask':
      return readMask(value, report);
    case 'limit':
      return readLimit(value, report);
    case 'break_glass':
      return readBreakGlass(value, report);
    default:
      return effect satisfies never;
  }
}
