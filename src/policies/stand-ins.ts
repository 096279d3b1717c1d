/**
 * Who stands for the members of a project: one identity for each way in which its condition can be met, of which nothing is
 * certain but that. What all of them may see, every member may see, and nobody's own rights add to it.
 */
import type { Identity, IdentityKind } from '../identity/identity.ts';
import { evaluateDnf } from './conditions.ts';
import { literalKey } from './dnf.ts';
import type { Dnf, Literal } from './policy.ts';

/** Whoever has no name is no member. */
const KINDS: readonly IdentityKind[] = ['user', 'service'];

/** None where nobody can meet the condition in this environment. */
export function standIns(project: string, members: Dnf, environment: string): readonly Identity[] {
  return Object.freeze(
    members.flatMap((conjunction) => {
      const certain = conjunction.filter(({ fact }) => fact !== 'environment');
      if (contradicts(certain) || !holdsIn(environment, conjunction)) return [];
      return KINDS.filter((kind) => canBe(kind, certain)).map((kind) => standIn(project, kind, certain));
    }),
  );
}

function standIn(project: string, kind: IdentityKind, certain: readonly Literal[]): Identity {
  const named = (wanted: Literal['fact']): readonly string[] =>
    Object.freeze(
      certain.flatMap(({ fact, value, negated }) => (fact === wanted && !negated ? String(value) : [])),
    );
  return Object.freeze({
    sub: '',
    kind,
    display_name: `every member of ${project}`,
    groups: named('group'),
    roles: named('role'),
    scopes: named('scope'),
    attributes: Object.freeze({}),
    issuer: null,
    assumed: Object.freeze(certain.map((literal) => Object.freeze({ ...literal }))),
  });
}

/** Nobody meets both a fact and its negation, nor has two names. */
function contradicts(literals: readonly Literal[]): boolean {
  const keys = new Set(literals.map(literalKey));
  const both = literals.some((literal) => keys.has(literalKey({ ...literal, negated: !literal.negated })));
  const two = (['sub', 'issuer'] as const).some(
    (single) => literals.filter(({ fact, negated }) => fact === single && !negated).length > 1,
  );
  return both || two;
}

function canBe(kind: IdentityKind, literals: readonly Literal[]): boolean {
  return literals.every(({ fact, value, negated }) => fact !== 'kind' || (value === kind) === !negated);
}

const NOBODY: Identity = Object.freeze({
  sub: '',
  kind: 'user',
  display_name: null,
  groups: [],
  roles: [],
  scopes: [],
  attributes: {},
  issuer: null,
});

function holdsIn(environment: string, conjunction: readonly Literal[]): boolean {
  const asked = conjunction.filter(({ fact }) => fact === 'environment');
  return evaluateDnf([asked], NOBODY, { project: null, purpose: null, environment });
}
