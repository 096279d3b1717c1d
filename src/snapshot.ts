/** The path of metadata: dbt artifacts -> catalogue -> tags -> policies -> snapshot, frozen and hashed. */
import type { Catalogue } from './catalogue/dataset.ts';
import type { PolicySet } from './policies/policy.ts';

/** Everything the gate knows at one moment; swapped whole. */
export interface Snapshot {
  /** SHA-256 over the canonical content; equal content, equal hash. */
  readonly hash: string;
  readonly catalogue: Catalogue;
  readonly policies: PolicySet;
  readonly warnings: readonly string[];
}
