/** Policies as compiled at push: matched to datasets and columns, conditions in disjunctive normal form, filters as structured predicates. */
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
    };

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

/** Strictest first; `custom` ranks after `constant`. Later kinds are in the order already so that nothing moves. */
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

export type MaskSpec =
  | { readonly kind: 'hide' }
  | { readonly kind: 'null' }
  | { readonly kind: 'constant'; readonly value: string | number | boolean }
  | { readonly kind: 'hash'; readonly scope: 'global' | 'dataset' }
  /** Keeps `first` and `last` characters, the rest becomes `with`; at least half of the characters are always hidden. */
  | { readonly kind: 'partial'; readonly first: number; readonly last: number; readonly with: string };

export type ScalarOperand =
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  /** Bound from the identity as a typed value; missing or empty becomes NULL, so that no row matches. */
  | { readonly kind: 'identity'; readonly path: readonly string[] };

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
  | { readonly kind: 'true' | 'false' };

export type Predicate = PredicateOver<ScalarOperand>;

interface MatchedBase {
  readonly id: string;
  readonly description: string;
  readonly source: SourceRef;
  /** Exempt when this is true; null when nobody is. */
  readonly unless: Dnf | null;
}

/** A policy as it matched one dataset: what travels in the OPA input under `dataset.policies`. */
export type MatchedPolicy = MatchedBase &
  (
    | { readonly effect: 'allow' | 'require' | 'deny'; readonly who: Dnf }
    | { readonly effect: 'rows'; readonly predicate: Predicate }
    | {
        readonly effect: 'mask';
        readonly mask: MaskSpec;
        /** Folded names of the columns it covers, each with the depth of the tag that matched (0 where no tag did). */
        readonly columns: readonly { readonly name: string; readonly depth: number }[];
      }
  );

export interface PolicySet {
  /** SHA-256 over the canonical form of all policies. */
  readonly revision: string;
  readonly policies: readonly PolicySummary[];
  /** What a push should tell its author: policies that match nothing, tags that nothing carries, masks that do not fit. */
  readonly findings: readonly Finding[];
  /** By dataset id; frozen; empty where nothing matches. */
  forDataset(datasetId: string): readonly MatchedPolicy[];
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
