/** Who asked, as far as it is still known: the facts that were seen of them last. Nobody is guessed at. */
import { ANONYMOUS, type Identity } from '../identity/identity.ts';
import type { AuditedQuery } from './queries.ts';

/** @returns null for whom nothing is known of */
export type FindPerson = (query: AuditedQuery) => Identity | null;

const keyOf = ({ sub, issuer }: { readonly sub: string; readonly issuer: string | null }): string =>
  JSON.stringify([issuer, sub]);

export function peopleSeen(seen: Iterable<Identity>): FindPerson {
  const known = new Map([...seen].map((identity) => [keyOf(identity), frozen(identity)]));
  const together = new Map<string, Identity>();
  return ({ subject, onBehalfOf, priorActors }) => {
    // Whoever stood between them is not kept with the facts that bound the request.
    if (priorActors) return null;
    if (subject.kind === 'anonymous') return onBehalfOf === null ? ANONYMOUS : null;
    const person = known.get(keyOf(subject));
    if (onBehalfOf === null || person === undefined) return person ?? null;
    const other = known.get(keyOf(onBehalfOf));
    if (other === undefined) return null;
    const key = `${keyOf(subject)} ${keyOf(onBehalfOf)}`;
    const made = together.get(key) ?? Object.freeze({ ...other, actor: person });
    together.set(key, made);
    return made;
  };
}

/** To its depth, so that it is digested once. */
function frozen(identity: Identity): Identity {
  const { groups, roles, scopes, attributes } = identity;
  for (const part of [groups, roles, scopes, attributes, ...Object.values(attributes)])
    if (typeof part === 'object') Object.freeze(part);
  return Object.freeze({ ...identity });
}
