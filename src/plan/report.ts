/** What a plan says: the one value that text, JSON and Markdown are made of. Its shape is published (docs/reference/plan.md). */

import type { Person, Void } from '../requests/grant.ts';

/**
 * gain: more is certainly released; may_gain: it cannot be told that it is not; loss: less is released; notice: neither,
 * but worth knowing.
 */
export type Direction = 'gain' | 'may_gain' | 'loss' | 'notice';

export type Change = 'added' | 'removed' | 'changed';

export interface Difference {
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

export interface DatasetChange {
  readonly dataset: string;
  readonly change: Change;
  /** Its id before, where that was another. */
  readonly was: string | null;
  readonly differences: readonly Difference[];
  /** Columns of one that was added or removed. */
  readonly columns: number;
}

export interface ColumnChange {
  readonly dataset: string;
  readonly column: string;
  readonly change: Change;
  readonly differences: readonly Difference[];
}

export interface TagChange {
  readonly dataset: string;
  /** Null for a tag of the dataset itself. */
  readonly column: string | null;
  readonly tag: string;
  readonly change: 'added' | 'removed';
  /** Where it comes from, or came from: `column config.tags in models/x.yml`. */
  readonly source: string;
}

export interface PolicyChange {
  readonly policy: string;
  readonly change: Change;
  readonly effect: string;
  /** `policies/masks.yml:12`, of the newer. */
  readonly source: string;
  /** Whether its text changed, or only what it matches. */
  readonly rewritten: boolean;
  /** Datasets that it matches now and did not before, and the other way round. */
  readonly matches: { readonly added: number; readonly removed: number };
  /** Of who decides what is asked of it: `approve`. */
  readonly differences: readonly Difference[];
}

export interface ProjectChange {
  readonly project: string;
  readonly change: Change;
  /** `members`, `purposes`, `datasets`, `equalise`, `clean_room`, `owner`. */
  readonly differences: readonly Difference[];
}

/** A class of identities that a change concerns alike. */
export interface Who {
  /** `group marketing`, `everyone signed in`, `anna.analyst`. */
  readonly label: string;
  /** Personas among them, by name. */
  readonly personas: readonly string[];
  /** How many of them were seen lately. */
  readonly seen: number;
  /** Subjects of a few that were seen; empty unless the asker is a steward. */
  readonly examples: readonly string[];
  /** True where no persona and nobody seen is among them: only someone whom the policies name could be. */
  readonly imagined: boolean;
}

export type AccessWord =
  | 'dataset_gained'
  | 'dataset_lost'
  | 'becomes_discoverable'
  | 'no_longer_discoverable'
  | 'column_shown'
  | 'column_hidden'
  | 'column_unmasked'
  | 'column_masked'
  | 'column_masked_less'
  | 'column_masked_more'
  | 'column_masked_otherwise'
  | 'column_revealable'
  | 'column_no_longer_revealable'
  | 'row_filter_added'
  | 'row_filter_removed'
  | 'row_filter_changed'
  | 'limit_loosened'
  | 'limit_tightened'
  | 'expiry_changed';

export interface AccessChange {
  readonly dataset: string;
  readonly change: AccessWord;
  readonly direction: Direction;
  /** The column; null where the whole dataset is meant. */
  readonly column: string | null;
  /** The tags of the column, or of those columns of the dataset that would be seen, on either side. */
  readonly tags: readonly string[];
  /** `raw`, `hidden`, `hash`, `partial (first 4, last 4)`, `no filter`, `max_rows 100`, … */
  readonly from: string;
  readonly to: string;
  /** Policies that decided it, before and after. */
  readonly policies: readonly string[];
  /** Only from such a network, at such an hour or in such a project; null always. */
  readonly when: string | null;
}

export interface Access {
  readonly who: Who;
  /** The gravest among the changes. */
  readonly direction: Direction;
  /** Whether more of tagged columns is or may be released. */
  readonly tagged: boolean;
  readonly changes: readonly AccessChange[];
}

/** A grant that is neither over nor revoked, and would hold no more, or again. */
export interface GrantChange {
  readonly grant: string;
  /** Id of the request that it comes from. */
  readonly request: string;
  /** Null unless the asker is a steward. */
  readonly subject: Person | null;
  readonly kind: 'access' | 'lift';
  readonly dataset: string | null;
  readonly project: string | null;
  /** Folded; of all of them where none is named. */
  readonly columns: readonly string[];
  /** Of the columns, or of those of the dataset. */
  readonly tags: readonly string[];
  /** ISO 8601: when it is over anyway. */
  readonly until: string;
  /** narrowed: some of the policies that it lifts stand again; restored: it, or some of what it lifts, holds again. */
  readonly change: 'void' | 'narrowed' | 'restored';
  readonly why: Void | null;
  /** That are lifted no more, or again. */
  readonly policies: readonly string[];
}

export interface Count {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
}

/** gain: someone known would gain access to tagged columns; may_gain: someone may, or someone whom the policies name would. */
export type Verdict = 'gain' | 'may_gain' | 'no_gain';

export interface PlanReport {
  readonly format: 1;
  /** ETag of the applied state, null where there is none. */
  readonly base: string | null;
  /** ETag that the push would give. */
  readonly etag: string;
  readonly changed: boolean;
  readonly environment: string;
  readonly verdict: Verdict;
  readonly summary: {
    readonly datasets: Count;
    readonly columns: Count;
    readonly tags: Count;
    readonly policies: Count;
    readonly identities: {
      readonly personas: number;
      readonly seen: number;
      /** Days that were looked back. */
      readonly days: number;
      /** Classes that decide alike. */
      readonly classes: number;
      readonly gaining: number;
      readonly losing: number;
    };
    /** Grants that are neither over nor revoked, and those that would change. */
    readonly grants: {
      readonly active: number;
      readonly void: number;
      readonly narrowed: number;
      readonly restored: number;
    };
    /** Decisions that were asked for, and the pairs of identity and dataset that they stand for. */
    readonly decisions: number;
    readonly pairs: number;
  };
  readonly datasets: readonly DatasetChange[];
  readonly columns: readonly ColumnChange[];
  readonly tags: readonly TagChange[];
  readonly policies: readonly PolicyChange[];
  readonly projects: readonly ProjectChange[];
  /** The gravest first. */
  readonly access: readonly Access[];
  readonly grants: readonly GrantChange[];
  /** Lists that are cut, each with how many it would have. */
  readonly cut: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}
