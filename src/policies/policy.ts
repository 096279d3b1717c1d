/** Policies as compiled at push: matched to datasets and columns, conditions in disjunctive normal form, filters as structured predicates. */
import type { CleanRoomLimits } from '../catalogue/clean-room.ts';
import type { Finding } from '../findings.ts';

/** One fact of the identity (or context) that a condition can ask for. */
export type Literal =
  | {
      readonly fact: 'group' | 'role' | 'scope' | 'kind' | 'sub' | 'issuer';
      readonly value: string;
      readonly negated: boolean;
    }
  | {
      readonly fact: 'attribute';
      readonly name: string;
      readonly value: string | number | boolean;
      readonly negated: boolean;
    }
  | {
      readonly fact: 'purpose' | 'project' | 'environment';
      readonly value: string;
      readonly negated: boolean;
    }
  /** A range of addresses and a window of the week, each in the one form that `context` names those in that hold. */
  | { readonly fact: 'network' | 'hours'; readonly value: string; readonly negated: boolean };

/**
 * Disjunction of conjunctions, three-valued: a missing attribute is unknown and stays unknown under negation.
 * `[]` is never true, `[[]]` is always true (`everyone`).
 */
export type Dnf = readonly (readonly Literal[])[];

/** Where a policy stands in its YAML. */
export interface SourceRef {
  readonly file: string;
  readonly line: number;
}

/** Strictest first; `custom` ranks after `constant` unless it declares another place. */
export const MASK_ORDER = [
  'hide',
  'null',
  'constant',
  'custom',
  'hash',
  'tokenise',
  'regex',
  'partial',
  'bucket',
  'round',
  'truncate_date',
] as const;

export type HashScope = 'global' | 'dataset' | 'project';
export type TokenScope = 'policy' | 'dataset';
export const PARTIAL_FORMATS = ['email', 'phone', 'iban', 'card'] as const;
export type PartialFormat = (typeof PARTIAL_FORMATS)[number];
export const DATE_UNITS = ['year', 'quarter', 'month', 'week', 'day', 'hour'] as const;
export type DateUnit = (typeof DATE_UNITS)[number];

export type MaskSpec =
  | { readonly kind: 'hide' }
  | { readonly kind: 'null' }
  | { readonly kind: 'constant'; readonly value: string | number | boolean }
  /** An expression over `value`, parsed again wherever it is used; `rank` is its place among the others' positions in MASK_ORDER. */
  | { readonly kind: 'custom'; readonly expression: string; readonly rank: number }
  | { readonly kind: 'hash'; readonly scope: HashScope }
  /** A reversible pseudonym; `reveal` says who may have it reversed, null for nobody. */
  | { readonly kind: 'tokenise'; readonly scope: TokenScope; readonly reveal: Dnf | null }
  /** Replaces every match; a value without one is shown as `unmatched` says. */
  | {
      readonly kind: 'regex';
      readonly pattern: string;
      readonly replace: string;
      readonly unmatched: 'null' | 'keep';
    }
  /** Keeps `first` and `last` characters, the rest becomes `with`; at least half of the characters are always hidden. */
  | { readonly kind: 'partial'; readonly first: number; readonly last: number; readonly with: string }
  /** Keeps what is customary of a value that looks like the format; any other is hidden whole. */
  | { readonly kind: 'partial'; readonly format: PartialFormat; readonly with: string }
  /** The lower bound of the value's bucket: `origin + n * width`. */
  | { readonly kind: 'bucket'; readonly width: number; readonly origin: number }
  /** The greatest boundary that is not above the value; ascending. */
  | { readonly kind: 'bucket'; readonly boundaries: readonly number[] }
  /** The nearest multiple, half away from zero. */
  | { readonly kind: 'round'; readonly to: number }
  | { readonly kind: 'truncate_date'; readonly to: DateUnit };

export type ScalarOperand =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  /** Bound from the identity as a typed value; missing or empty becomes NULL, so that no row matches. */
  | { readonly kind: 'identity'; readonly path: readonly string[] }
  /** The moment of the query and a distance from it, bound as a value; compared by order alone. */
  | { readonly kind: 'now'; readonly months: number; readonly days: number; readonly seconds: number };

/** A row filter over operands of type `O`; column names in it are folded and exist in the dataset (checked at push). */
export type PredicateOver<O> =
  | { readonly kind: 'and' | 'or'; readonly args: readonly PredicateOver<O>[] }
  | { readonly kind: 'not'; readonly arg: PredicateOver<O> }
  | {
      readonly kind: 'compare';
      readonly op: '=' | '<>' | '<' | '<=' | '>' | '>=';
      readonly left: O;
      readonly right: O;
    }
  | { readonly kind: 'in'; readonly left: O; readonly values: readonly O[] }
  /** `left = any(identity.attributes.x)`: the right side is a list. */
  | {
      readonly kind: 'any';
      readonly left: O;
      readonly list: { readonly kind: 'identity'; readonly path: readonly string[] };
    }
  | { readonly kind: 'is_null'; readonly arg: O; readonly negated: boolean }
  | { readonly kind: 'like'; readonly left: O; readonly pattern: string; readonly negated: boolean }
  /**
   * `left in (select column from dataset where …)`: the policy's own read of another dataset, raw. Never under `not`: who is
   * in no list would see everything.
   */
  | {
      readonly kind: 'lookup';
      readonly left: O;
      /** Dataset id. */
      readonly dataset: string;
      /** Folded. */
      readonly column: string;
      /** Over the columns of that dataset alone. */
      readonly where: PredicateOver<O> | null;
    }
  | { readonly kind: 'true' | 'false' };

export type Predicate = PredicateOver<ScalarOperand>;

/** What a policy or a decision bounds; of several, the tightest of each holds. */
export interface Limits {
  readonly max_rows?: number;
  /** Rows of the relations that a query reads, by the engine's estimate. */
  readonly max_scan_rows?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  /** Folded columns that the query must restrict. */
  readonly require_filter?: readonly string[];
  /** No star. */
  readonly explicit_columns?: true;
  readonly max_joins?: number;
  /** Namespaces of what it may stand in one query with, beside itself. */
  readonly join_with?: readonly string[];
  readonly cross_join?: false;
  /** Formats of an answer. */
  readonly formats?: readonly string[];
  /** Rules of clean rooms, never none: all of them hold together (`tightestRoom`). */
  readonly aggregate_only?: readonly CleanRoomLimits[];
}

interface MatchedBase {
  readonly id: string;
  readonly description: string;
  readonly source: SourceRef;
  /** Exempt when this is true; null when nobody is. */
  readonly unless: Dnf | null;
}

/** A policy as it matched one dataset: what travels in the OPA input under `dataset.policies`. */
export type MatchedPolicy = MatchedBase &
  /** `discover`: who may know of the dataset without being let in. */
  (
    | { readonly effect: 'allow' | 'require' | 'deny' | 'discover'; readonly who: Dnf }
    /** For `who`; outside `within` (hours, networks) nothing is released. */
    | {
        readonly effect: 'limit';
        readonly who: Dnf;
        readonly limits: Limits;
        readonly within: Dnf | null;
      }
    /** Exempts `who` from masks, row filters and denials until it expires (epoch seconds). */
    | {
        readonly effect: 'break_glass';
        readonly who: Dnf;
        readonly reason: string;
        readonly expires: number;
      }
    | { readonly effect: 'rows'; readonly predicate: Predicate }
    | {
        readonly effect: 'mask';
        readonly mask: MaskSpec;
        /** Folded names of the columns it covers, each with the tag of the column that matched and the depth of the policy's (null and 0 where no tag did). */
        readonly columns: readonly {
          readonly name: string;
          readonly depth: number;
          readonly tag: string | null;
        }[];
        /** The rows it masks: where this is true or unknown. Null for all. */
        readonly where: Predicate | null;
      }
  );

/** Who may lift a policy for someone who asks: so many different people, each of whom the condition names. */
export interface ApproveRule {
  readonly by: Dnf;
  readonly approvers: number;
}

export interface PolicyTerms {
  /** SHA-256 of all that it does: an approval is of the policy as it was. */
  readonly digest: string;
  /** Null where the dataset's owner decides. */
  readonly approve: ApproveRule | null;
}

export interface PolicySet {
  /** SHA-256 over the canonical form of all policies. */
  readonly revision: string;
  readonly policies: readonly PolicySummary[];
  /** What a push should tell its author: policies that match nothing, tags that nothing carries, masks that do not fit. */
  readonly findings: readonly Finding[];
  /** Undefined where there is no such policy. */
  termsOf(policyId: string): PolicyTerms | undefined;
  /** By dataset id; frozen; empty where nothing matches. */
  forDataset(datasetId: string): readonly MatchedPolicy[];
  /** Of the networks that conditions name, those that hold the address; null where the address is not known. */
  networksOf(address: string | null): readonly string[] | null;
  /** Of the windows of the week that conditions name, those that hold at that moment (milliseconds since the epoch). */
  hoursAt(epochMs: number): readonly string[];
}

/** For stewards: GET /v1/policies. */
export interface PolicySummary {
  readonly id: string;
  readonly description: string;
  readonly effect: MatchedPolicy['effect'];
  readonly source: SourceRef;
  /** Ids of the datasets that it matches. */
  readonly datasets: readonly string[];
  /** The policy as written, parsed from YAML. For stewards only. */
  readonly definition: unknown;
}
