/** What goes to the policy decision point and what comes back. Field names are those of the published contract and never change. */
import type { AccessLevel, ColumnState } from '../catalogue/dataset.ts';
import type { Identity } from '../identity/identity.ts';
import type {
  Limits,
  MaskSpec,
  MatchedPolicy,
  Predicate,
  SourceRef,
  TokenScope,
} from '../policies/policy.ts';
import type { Grant } from '../requests/grant.ts';

export type Action = 'query' | 'explain' | 'discover' | 'reveal';

/** One item of the batch: what a policy author sees as `input`. */
export interface DecisionInput {
  readonly action: Action;
  readonly dataset: {
    readonly dataset_id: string;
    readonly namespace: string;
    readonly access_level: AccessLevel;
    readonly tags: readonly string[];
    readonly columns: readonly {
      readonly name: string;
      readonly type: string | null;
      readonly tags: readonly string[];
      readonly state: ColumnState;
    }[];
    readonly owner: string | null;
    readonly resource_type: string;
    readonly policies: readonly MatchedPolicy[];
  };
  readonly identity: Identity;
  readonly request: {
    readonly sql_tables: readonly string[];
    readonly columns: readonly string[];
    readonly limit: number | null;
    readonly offset: number | null;
    readonly formats: readonly string[];
  };
  readonly context: DecisionContext;
}

export interface DecisionContext {
  readonly project: string | null;
  readonly purpose: string | null;
  readonly environment: string;
  /** The WASM runtime has no clock: derived parts come along. UTC. */
  readonly time: { readonly epoch: number; readonly minute_of_day: number; readonly weekday: number };
  readonly client_ip: string | null;
  /** Of the networks that policies name, those that hold the address; null or absent is unknown. */
  readonly networks?: readonly string[] | null;
  /** Of the windows of the week that policies name, those that hold now; null or absent is unknown. */
  readonly hours?: readonly string[] | null;
  /** Of this identity alone. */
  readonly grants: readonly Grant[];
}

export interface Reason {
  readonly policy: string;
  readonly effect:
    | 'allow'
    | 'require'
    | 'deny'
    | 'discover'
    | 'rows'
    | 'mask'
    | 'limit'
    | 'break_glass'
    | 'level'
    | 'grant'
    | 'exempt';
  /** A reason code with the fact that mattered, for people: `level internal: authenticated`. Never data. */
  readonly because: string;
  /** Whose reason it is, where it is not the caller's own: `actor`, `members.0`. */
  readonly party?: string;
  readonly source: SourceRef | null;
}

/**
 * The strictest mask that applies to a column, null where only some rows are masked. `when`: stricter ones of some rows,
 * the strictest first; a row for which `where` is true or unknown gets that mask.
 */
export interface AppliedMask {
  readonly policy: string | null;
  readonly mask: MaskSpec | null;
  readonly when?: readonly { readonly policy: string; readonly mask: MaskSpec; readonly where: Predicate }[];
}

export interface Reveal {
  readonly policy: string;
  readonly scope: TokenScope;
}

/** The answer for one identity, one dataset, one action, in one context. Strictly decoded: anything odd became a deny. */
export interface Decision {
  readonly dataset_id: string;
  readonly allow: boolean;
  /** Reason code: `allowed`, `level_restricted`, `denied_by_policy`, `requirement_not_met`, `no_allow_matches`, `undecodable`, … */
  readonly reason: string;
  readonly reasons: readonly Reason[];
  /** ANDed. */
  readonly rows: readonly { readonly policy: string; readonly predicate: Predicate }[];
  /** By folded column name. `hide` never appears here, see `hidden`. */
  readonly masks: Readonly<Record<string, AppliedMask>>;
  /** By folded column name: the policies under which this identity may have tokens reversed. Absent where there is none. */
  readonly reveals?: Readonly<Record<string, readonly Reveal[]>>;
  /** Folded names of columns that do not exist for this identity. */
  readonly hidden: readonly string[];
  readonly limits: Limits;
  /** Epoch seconds, null where nothing in it expires. */
  readonly expires_at: number | null;
  /** Whether a denied caller may know that the dataset exists (403) or not (404). */
  readonly discoverable: boolean;
}
