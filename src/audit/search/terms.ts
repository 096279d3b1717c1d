/**
 * What an event can be found by, as numbers: one for each field and value. Two values may share a number; whoever finds
 * an event by one looks at the event itself.
 */
import { type AuditFilter, type Person, personsOf, type Searched } from './filter.ts';

type Field =
  | 'subject'
  | 'issuer'
  | 'person'
  | 'dataset'
  | 'decision'
  | 'policy'
  | 'project'
  | 'purpose'
  | 'event'
  | 'action'
  | 'error_code'
  | 'request_id'
  | 'fingerprint';

/** Once each. */
export function termsOf(event: Searched): ReadonlySet<number> {
  const terms = new Set<number>();
  const add = (field: Field, value: string | null | undefined) => {
    if (value !== null && value !== undefined) terms.add(termOf(field, value));
  };
  for (const person of personsOf(event)) {
    add('subject', person.sub);
    add('issuer', person.issuer);
    terms.add(personTerm(person));
  }
  for (const dataset of event.datasets) add('dataset', dataset);
  for (const policy of event.policy_ids) add('policy', policy);
  add('decision', event.decision);
  add('project', event.project);
  add('purpose', event.purpose);
  add('event', event.event);
  add('action', event.action);
  add('error_code', event.error_code);
  add('request_id', event.request_id);
  add('fingerprint', event.sql_fingerprint);
  return terms;
}

/** All of them are in whatever matches the filter, and concerns each of the persons. */
export function termsWanted(filter: AuditFilter, concerning: readonly Person[]): readonly number[] {
  const { subject, issuer, from: _, to: __, ...rest } = filter;
  const terms = Object.entries(rest).flatMap(([field, value]) =>
    value === undefined ? [] : [termOf(field as Field, value)],
  );
  if (subject !== undefined && issuer !== undefined) terms.push(personTerm({ sub: subject, issuer }));
  else if (subject !== undefined) terms.push(termOf('subject', subject));
  else if (issuer !== undefined) terms.push(termOf('issuer', issuer));
  terms.push(...concerning.map(personTerm));
  return terms;
}

function personTerm({ sub, issuer }: Person): number {
  return termOf('person', `${issuer ?? ''}\0${sub}`);
}

/** 53 bits, so that numbers hold it: two rounds of multiplication and mixing over the UTF-16 units (cyrb53). */
function termOf(field: Field, value: string): number {
  const text = `${field}\0${value}`;
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (b & 0x1fffff) + (a >>> 0);
}
