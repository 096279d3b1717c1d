/** What a condition makes of one identity, fact by fact, in the logic that decided; and what would have to be otherwise. */
import type { Identity } from '../identity/identity.ts';
import { type Circumstances, type Truth, truthOf } from '../policies/conditions.ts';
import type { Dnf, Literal } from '../policies/policy.ts';

export interface JudgedFact {
  /** `group = interns`, `not kind = user` */
  readonly fact: string;
  readonly truth: Truth;
}

export interface Judgement {
  readonly truth: Truth;
  /** One that holds is enough; all facts of it must. Empty where nobody is meant, an empty one where everybody is. */
  readonly alternatives: readonly { readonly truth: Truth; readonly facts: readonly JudgedFact[] }[];
}

export interface Asking {
  readonly identity: Identity;
  readonly context: Circumstances;
}

export function judge(dnf: Dnf, { identity, context }: Asking): Judgement {
  return {
    truth: truthOf(dnf, identity, context),
    alternatives: dnf.map((literals) => ({
      truth: truthOf([literals], identity, context),
      facts: literals.map((literal) => ({
        fact: factWords(literal),
        truth: truthOf([[literal]], identity, context),
      })),
    })),
  };
}

/** By alternative: what is missing for it to hold. Nothing where it holds already. */
export function missing(dnf: Dnf, { identity, context }: Asking): readonly string[] {
  if (truthOf(dnf, identity, context) === 'true') return [];
  const ways = dnf.map((literals) =>
    literals
      .filter((literal) => truthOf([[literal]], identity, context) !== 'true')
      .map(changeWords)
      .join(' and '),
  );
  return [...new Set(ways)];
}

/** What would make a condition certainly false: of each alternative that is not, one fact the other way. */
export function avoiding(dnf: Dnf, { identity, context }: Asking): readonly string[] {
  const open = dnf.filter((literals) => truthOf([literals], identity, context) !== 'false');
  const [only, ...more] = open;
  if (only === undefined || more.length > 0) return [];
  return only.map((literal) => changeWords({ ...literal, negated: !literal.negated }));
}

function factWords(literal: Literal): string {
  const name = literal.fact === 'attribute' ? `attribute ${literal.name}` : literal.fact;
  return `${literal.negated ? 'not ' : ''}${name} = ${String(literal.value)}`;
}

function changeWords(literal: Literal): string {
  const { negated, value } = literal;
  const not = negated ? 'not ' : '';
  switch (literal.fact) {
    case 'group':
      return `${not}be in the group ${value}`;
    case 'role':
      return `${not}have the role ${value}`;
    case 'scope':
      return `${not}carry the scope ${value}`;
    case 'kind':
      return value === 'anonymous' ? `${negated ? '' : 'not '}sign in` : `${not}be a ${value}`;
    case 'sub':
      return `${not}be ${value}`;
    case 'issuer':
      return `${not}come from the issuer ${value}`;
    case 'attribute':
      return `${not}have the attribute ${literal.name} = ${value}`;
    case 'purpose':
      return `${not}read for the purpose ${value}`;
    case 'project':
      return `${not}act in the project ${value}`;
    case 'environment':
      return `${not}ask in the environment ${value}`;
    case 'network':
      return `${not}ask from the network ${value}`;
    case 'hours':
      return `${not}ask in the hours ${value}`;
    default:
      return literal satisfies never;
  }
}
