/** What a replay says: the one value that text and JSON are made of. Its shape is published (docs/reference/audit-replay.md). */
import type { AccessWord, Direction } from '../plan/report.ts';

export type ReplayWord = 'newly_denied' | 'newly_allowed' | AccessWord;

export interface ReplaySubject {
  readonly sub: string;
  readonly kind: string;
  readonly issuer: string | null;
  /** For whom it acted; null where for itself. */
  readonly on_behalf_of: { readonly sub: string; readonly issuer: string | null } | null;
}

/** What would have been otherwise for one subject, one dataset, one thing about it. */
export interface ReplayChange {
  readonly subject: ReplaySubject;
  /** Null where a query was refused, or would be, for what is no dataset. */
  readonly dataset: string | null;
  readonly change: ReplayWord;
  readonly direction: Direction;
  /** The column; null where the whole dataset is meant. */
  readonly column: string | null;
  /** Of the column, or of those of the dataset that would be seen. */
  readonly tags: readonly string[];
  /** `allowed`, an error code, `raw`, `hidden`, `hash`, `no filter`, `max_rows 100`, … */
  readonly from: string;
  readonly to: string;
  readonly projects: readonly string[];
  readonly purposes: readonly string[];
  readonly queries: number;
  readonly first: string;
  readonly last: string;
  /** Request id of the last of them. */
  readonly example: string;
}

export interface ReplayReport {
  readonly format: 1;
  readonly from: string;
  readonly to: string;
  /** ETag of the state that was decided under again, and where it came from. */
  readonly against: { readonly etag: string; readonly source: 'applied' | 'history' | 'files' };
  /** As of a plan: whether more of tagged columns would have been released to someone. */
  readonly verdict: 'gain' | 'may_gain' | 'no_gain';
  readonly queries: {
    /** That the audit holds of the period and that were decided. */
    readonly all: number;
    readonly same: number;
    readonly newly_denied: number;
    readonly newly_allowed: number;
    /** Allowed on both sides, with something about a dataset otherwise. */
    readonly otherwise: number;
    readonly undecided: number;
  };
  /** Queries that were not decided again, by why. */
  readonly undecided: Readonly<Record<'identity_unknown' | 'cannot_be_decided', number>>;
  /** Queries whose state is no longer kept: only whether they were allowed is compared. */
  readonly recorded_only: number;
  /** Queries whose shape may decide and cannot be judged without their values or their text: only rights are compared. */
  readonly shape_unknown: number;
  /** Queries that today's facts of the caller would have decided otherwise than the record says, under the state of then. */
  readonly differ_from_record: number;
  readonly changes: readonly ReplayChange[];
  readonly truncated: boolean;
}
