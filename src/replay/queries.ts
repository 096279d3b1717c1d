/** Which events of the audit tell of a query that was decided, as they come: each query once. */
import type { StoredAuditEvent } from '../audit/event.ts';
import { BoundedCache } from '../cache.ts';
import type { Code } from '../errors.ts';
import { isOfShape } from './shape.ts';

export interface AuditedQuery {
  readonly time: string;
  readonly requestId: string;
  readonly subject: StoredAuditEvent['subject'];
  readonly onBehalfOf: { readonly sub: string; readonly issuer: string | null } | null;
  readonly priorActors: boolean;
  readonly datasets: readonly string[];
  readonly columns: readonly string[] | null;
  readonly project: string | null;
  readonly purpose: string | null;
  readonly snapshot: string;
  readonly fingerprint: string | null;
  readonly normalised: string | null;
  readonly clientIp: string | null;
  /** Null where it was allowed. */
  readonly refusal: string | null;
}

/** Refusals that follow from rights. Of a mistake in the text nothing follows, and what was asked in a project that was refused is not on record. */
const OF_RIGHTS: ReadonlySet<string> = new Set<Code>([
  'access_denied',
  'dataset_not_found',
  'column_not_found',
]);

/** Requests whose decision was seen and whose end may still come. */
const OPEN = 100_000;

/** @returns null for every event that tells of no decision, or of one that was told before */
export function queryReader(): (event: StoredAuditEvent) => AuditedQuery | null {
  const decided = new BoundedCache<string, true>(OPEN);
  return (event) => {
    if (event.action !== 'query' || event.snapshot === null) return null;
    const allowed = event.event === 'decision' && event.decision === 'allow';
    const refused = event.event === 'query' && event.decision === 'deny' && !decided.get(event.request_id);
    if (allowed) decided.set(event.request_id, true);
    const refusal = refused ? (event.error_code ?? 'internal') : null;
    if (!allowed && (refusal === null || !(OF_RIGHTS.has(refusal) || isOfShape(refusal)))) return null;
    return {
      time: event.time,
      requestId: event.request_id,
      subject: event.subject,
      onBehalfOf: event.on_behalf_of ?? null,
      priorActors: (event.prior_actors ?? []).length > 0,
      datasets: event.datasets,
      columns: event.columns ?? null,
      project: event.project ?? null,
      purpose: event.purpose ?? null,
      snapshot: event.snapshot,
      fingerprint: event.sql_fingerprint,
      normalised: event.sql_normalised,
      clientIp: event.client.ip,
      refusal,
    };
  };
}

/** Events of NDJSON that comes in parts. */
export async function* eventsIn(
  parts: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly StoredAuditEvent[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of parts) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines.map((line) => JSON.parse(line) as StoredAuditEvent);
  }
  if (rest !== '') yield [JSON.parse(rest) as StoredAuditEvent];
}
