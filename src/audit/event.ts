/** The audit event, as the contract names it. Never a literal from a query, never a token. */

export interface AuditEvent {
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  readonly request_id: string;
  readonly event: 'query' | 'decision' | 'push' | 'grant' | 'request' | 'login' | 'admin';
  readonly subject: { readonly sub: string; readonly kind: string; readonly issuer: string | null };
  /** For whom the subject acted, or whose view it asked for. */
  readonly on_behalf_of?: { readonly sub: string; readonly issuer: string | null };
  /** Who acted before the subject in the same cause, the latest first. */
  readonly prior_actors?: readonly { readonly sub: string; readonly issuer: string | null }[];
  readonly action: string;
  readonly datasets: readonly string[];
  /** Of an allowed query's decision: the columns that it reads, `gold.members.region`; `.*` for more than a hundred of a dataset. */
  readonly columns?: readonly string[];
  readonly project?: string;
  readonly purpose?: string;
  readonly decision: 'allow' | 'deny';
  readonly reasons: readonly string[];
  readonly policy_ids: readonly string[];
  /** Hash of the snapshot that decided. */
  readonly snapshot: string | null;
  readonly sql_fingerprint: string | null;
  readonly sql_normalised: string | null;
  readonly error_code?: string;
  readonly rows: number;
  readonly bytes: number;
  readonly duration_ms: number;
  readonly engine: string | null;
  readonly client: { readonly ip: string | null; readonly door: string; readonly user_agent: string | null };
}

type Said = Pick<AuditEvent, 'time' | 'request_id' | 'event' | 'subject' | 'action' | 'client'>;

/** One that is no query, with what it says; all else of it is nothing. */
export function auditEvent(said: Said & Partial<AuditEvent>): AuditEvent {
  return {
    datasets: [],
    decision: 'allow',
    reasons: [],
    policy_ids: [],
    snapshot: null,
    sql_fingerprint: null,
    sql_normalised: null,
    rows: 0,
    bytes: 0,
    duration_ms: 0,
    engine: null,
    ...said,
  };
}

/** As stored: chained to the one before. */
export interface StoredAuditEvent extends AuditEvent {
  readonly seq: number;
  readonly prev_hash: string;
  readonly hash: string;
}

export interface AuditLog {
  /** Resolves once the event survives what the config says (process death or power loss); rejects with audit_unavailable. */
  append(event: AuditEvent): Promise<void>;
  /** As append, for what nothing waits for: it goes with the next event, or alone some milliseconds later. */
  note(event: AuditEvent): Promise<void>;
  /** Newest last. */
  tail(count: number): Promise<readonly StoredAuditEvent[]>;
  close(): Promise<void>;
}
