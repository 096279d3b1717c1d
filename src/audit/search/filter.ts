/** What an audit is searched by; an event matches a filter here and nowhere else, whatever found it. */
import type { AuditEvent } from '../event.ts';

export interface Person {
  readonly sub: string;
  readonly issuer: string | null;
}

/** All that are given must hold. */
export interface AuditFilter {
  /** ISO 8601, UTC, milliseconds; `from` is included, `to` is not. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Who did it, on whose behalf, or who acted before in the same cause. With `issuer`, both are of the same person. */
  readonly subject?: string | undefined;
  readonly issuer?: string | undefined;
  readonly dataset?: string | undefined;
  readonly decision?: string | undefined;
  readonly policy?: string | undefined;
  readonly project?: string | undefined;
  readonly purpose?: string | undefined;
  readonly event?: string | undefined;
  readonly action?: string | undefined;
  readonly error_code?: string | undefined;
  readonly request_id?: string | undefined;
  readonly fingerprint?: string | undefined;
}

/** The part of an event that filters look at. */
export type Searched = Pick<
  AuditEvent,
  | 'time'
  | 'request_id'
  | 'event'
  | 'subject'
  | 'on_behalf_of'
  | 'prior_actors'
  | 'action'
  | 'datasets'
  | 'project'
  | 'purpose'
  | 'decision'
  | 'policy_ids'
  | 'sql_fingerprint'
  | 'error_code'
>;

/** Whoever had a part in it. */
export function personsOf({
  subject,
  on_behalf_of: behalf,
  prior_actors: prior,
}: Pick<Searched, 'subject' | 'on_behalf_of' | 'prior_actors'>): readonly Person[] {
  return [subject, ...(behalf === undefined ? [] : [behalf]), ...(prior ?? [])];
}

export function matches(event: Searched, filter: AuditFilter): boolean {
  const { from, to, subject, issuer, dataset, policy } = filter;
  const same = (wanted: string | undefined, given: string | null | undefined) =>
    wanted === undefined || wanted === given;
  return (
    (from === undefined || event.time >= from) &&
    (to === undefined || event.time < to) &&
    personsOf(event).some((person) => same(subject, person.sub) && same(issuer, person.issuer)) &&
    (dataset === undefined || event.datasets.includes(dataset)) &&
    (policy === undefined || event.policy_ids.includes(policy)) &&
    same(filter.decision, event.decision) &&
    same(filter.project, event.project) &&
    same(filter.purpose, event.purpose) &&
    same(filter.event, event.event) &&
    same(filter.action, event.action) &&
    same(filter.error_code, event.error_code) &&
    same(filter.request_id, event.request_id) &&
    same(filter.fingerprint, event.sql_fingerprint)
  );
}
