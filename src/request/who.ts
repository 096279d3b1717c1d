/** Who the audit names for an identity: who acts in person, for whom, and who acted before. */
import type { AuditEvent } from '../audit/event.ts';
import type { Identity, PriorActor } from '../identity/identity.ts';

export type Who = Pick<AuditEvent, 'subject' | 'on_behalf_of' | 'prior_actors'>;

type Someone = AuditEvent['subject'] | Identity;
type Named = NonNullable<AuditEvent['on_behalf_of']>;

/** @param view whose view is asked for, where it is not the caller's own */
export function whoOf(asking: Someone, view: Identity | null = null): Who {
  const actor = 'actor' in asking ? asking.actor : undefined;
  const person: Someone = actor ?? asking;
  // Nobody may be lost: where an actor looks at somebody else's view, the subject of its token stands among the prior ones.
  const [first, ...others] = [...(view === null ? [] : [view]), ...(actor === undefined ? [] : [asking])];
  const prior = [...others, ...priorOf(person)].map(nameOf);
  return {
    subject: { sub: person.sub, kind: person.kind, issuer: person.issuer },
    ...(first === undefined ? {} : { on_behalf_of: nameOf(first) }),
    ...(prior.length === 0 ? {} : { prior_actors: prior }),
  };
}

const priorOf = (person: Someone): readonly PriorActor[] => ('prior' in person ? (person.prior ?? []) : []);

const nameOf = ({ sub, issuer }: Named): Named => ({ sub, issuer });
