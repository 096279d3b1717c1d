/** One condition that exempts from every restricting policy is a key to all doors: whoever meets it is governed by nothing. Refused at push. */
import type { PolicyDefinition } from './definition.ts';
import { covers, literalKey } from './dnf.ts';
import type { Dnf, Literal } from './policy.ts';

/** What is withheld of data; a limit withholds nothing, and who is let in is not exempt from anything. */
const RESTRICTING: ReadonlySet<string> = new Set(['deny', 'require', 'mask', 'rows']);

type Key = ReadonlyMap<string, Literal>;

/**
 * A problem that names the condition, or nothing. A `break_glass` policy is the way to have such a key: with a reason, and an end.
 *
 * @param covered whether the policy covers anything: one that does not holds nobody back
 */
export function masterKeys(
  definitions: readonly PolicyDefinition[],
  covered: (id: string) => boolean,
): readonly string[] {
  const restricting = definitions.filter(
    (one) => RESTRICTING.has(one.body.effect) && covered(one.id) && !withholdsNothing(one),
  );
  const keys = restricting.flatMap(({ unless }) =>
    (unless ?? []).map((literals): Key => new Map(literals.map((one) => [literalKey(one), one]))),
  );
  const key = keys.find((one) =>
    restricting.every((policy) => exempts(policy, one) || isOpenTo(policy, one)),
  );
  const exempting = key === undefined ? [] : restricting.filter((policy) => exempts(policy, key));
  const [first] = exempting;
  if (key === undefined || first === undefined || exempting.length < 2) return [];
  const place = `${first.source.file}:${first.lineOf(['unless'])}`;
  return [
    `${place}: one condition exempts from all ${exempting.length} restricting policies: ${inWords(key)}; let one of them hold for everyone, or say \`break_glass\``,
  ];
}

function exempts({ unless }: PolicyDefinition, key: Key): boolean {
  const words = new Set(key.keys());
  return (unless ?? []).some((literals) => {
    const exemption = new Set(literals.map(literalKey));
    const same = exemption.size === words.size && [...words].every((word) => exemption.has(word));
    return same || covers(exemption, words);
  });
}

/** A filter that lets every row through, a mask that masks none or gives the value back. */
function withholdsNothing({ body }: PolicyDefinition): boolean {
  switch (body.effect) {
    case 'rows':
      return body.where.kind === 'true';
    case 'mask': {
      const { mask, where } = body;
      return where?.kind === 'false' || (mask.kind === 'custom' && mask.expression.trim() === 'value');
    }
    default:
      return false;
  }
}

/** Whether it asks for what whoever has the key is anyway, or refuses what they are not: by their kind, or by what everybody meets. */
function isOpenTo({ body }: PolicyDefinition, key: Key): boolean {
  if (body.effect === 'require') return kindsWith(key).every((kind) => isMetBy(body.who, kind));
  if (body.effect === 'deny')
    return kindsWith(key).every((kind) =>
      body.who.every((all) => all.some((one) => kindTruth(one, kind) === false)),
    );
  return false;
}

const KINDS = ['user', 'service', 'anonymous'];
/** Of which the anonymous identity has none. */
const OF_SOMEBODY: ReadonlySet<string> = new Set(['group', 'role', 'scope', 'attribute', 'issuer']);

/** What kinds of identity may have the key. */
function kindsWith(key: Key): readonly string[] {
  const literals = [...key.values()];
  const known = literals.some(({ fact, negated }) => OF_SOMEBODY.has(fact) && !negated);
  return KINDS.filter(
    (kind) =>
      !(known && kind === 'anonymous') && literals.every((literal) => kindTruth(literal, kind) !== false),
  );
}

/** Null for what the kind does not tell. */
function kindTruth({ fact, value, negated }: Literal, kind: string): boolean | null {
  return fact === 'kind' ? (value === kind) !== negated : null;
}

/** Facts that are there or not, and never unknown: of these, one or its opposite always holds. */
const NEVER_UNKNOWN: ReadonlySet<string> = new Set([
  'group',
  'role',
  'scope',
  'sub',
  'purpose',
  'project',
  'environment',
]);

function isMetBy(who: Dnf, kind: string): boolean {
  const left = who
    .filter((all) => all.every((one) => kindTruth(one, kind) !== false))
    .map((all) => all.filter((one) => kindTruth(one, kind) === null));
  const alone = left.flatMap(([one, second]) => (one !== undefined && second === undefined ? [one] : []));
  const words = new Set(alone.map(literalKey));
  return (
    left.some((all) => all.length === 0) ||
    alone.some(
      (one) => NEVER_UNKNOWN.has(one.fact) && words.has(literalKey({ ...one, negated: !one.negated })),
    )
  );
}

function inWords(key: Key): string {
  const words = [...key.values()].map((literal) => {
    const name = literal.fact === 'attribute' ? ` ${literal.name}` : '';
    return `${literal.negated ? 'not ' : ''}${literal.fact}${name} = ${String(literal.value)}`;
  });
  return words.join(' and ') || 'everyone';
}
