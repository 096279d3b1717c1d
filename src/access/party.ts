/** Who is decided for together: the caller, and everyone else whose rights bound theirs. What is released is what all of them may see. */
import type { Identity } from '../identity/identity.ts';
import type { DecisionContext } from './decision.ts';

export interface Party {
  readonly identity: Identity;
  readonly context: DecisionContext;
  /** From the caller's identity to this one: `[]` for the caller, `['actor']`, `['members', '0']`. */
  readonly path: readonly string[];
}

/** The caller first, then actor and members. Plans are kept by the very identity: where one is made for a request, make it once. */
export function partiesOf(
  identity: Identity,
  contextOf: (identity: Identity) => DecisionContext,
): readonly [Party, ...Party[]] {
  return [{ identity, context: contextOf(identity), path: [] }, ...othersOf(identity, contextOf, [])];
}

function othersOf(
  { actor, members = [] }: Identity,
  contextOf: (identity: Identity) => DecisionContext,
  path: readonly string[],
): readonly Party[] {
  const party = (other: Identity, at: readonly string[]): readonly Party[] => [
    { identity: other, context: contextOf(other), path: at },
    ...othersOf(other, contextOf, at),
  ];
  return [
    ...(actor === undefined ? [] : party(actor, [...path, 'actor'])),
    ...members.flatMap((member, index) => party(member, [...path, 'members', String(index)])),
  ];
}

/** Of one party, as reasons name it; null for the caller. */
export function nameOf(path: readonly string[]): string | null {
  return path.length === 0 ? null : path.join('.');
}
