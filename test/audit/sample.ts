/** Audit events for the tests. */
import type { AuditEvent } from '../../src/audit/event.ts';

/** A plausible event; `request_id` tells it from others. */
export function sampleEvent(request_id: string, change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    time: '2026-03-01T12:00:00.000Z',
    request_id,
    event: 'query',
    subject: { sub: 'ana', kind: 'user', issuer: 'https://login.example.com' },
    action: 'query',
    datasets: ['gold.members', 'gold.readings'],
    decision: 'allow',
    reasons: ['allowed'],
    policy_ids: ['mask-customer-pii', 'own-region'],
    snapshot: 'b7e23ec29af22b0b4e41da31e868d57226121c84c0f1d9f0a0a4b0a2a4c0d1e2',
    sql_fingerprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    sql_normalised: 'SELECT "m"."email" FROM "gold"."members" AS "m" WHERE ("m"."region" = $1) LIMIT $2',
    rows: 0,
    bytes: 0,
    duration_ms: 1.25,
    engine: 'warehouse',
    client: { ip: '127.0.0.1', door: 'http', user_agent: 'curl/8.5.0' },
    ...change,
  };
}
