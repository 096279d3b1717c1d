/** The words of the catalogue: datasets, columns, tags and projects as the rest of the gate sees them. All values are frozen. */
import type { Dnf } from '../policies/policy.ts';
import type { CleanRoom } from './clean-room.ts';

export type AccessLevel = 'open' | 'internal' | 'restricted';

export type ResourceType = 'source' | 'seed' | 'model' | 'snapshot';

/**
 * documented: in the manifest, with tags; untagged: in the manifest, without tags;
 * unclassified: the warehouse has it, the manifest does not; ghost: the manifest has it, the warehouse does not.
 */
export type ColumnState = 'documented' | 'untagged' | 'unclassified' | 'ghost';

/** Type families shared by every engine; `unknown` where neither catalog nor engine told. */
export type TypeFamily =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'bytes'
  | 'list'
  | 'other'
  | 'unknown';

/** A column of a dbt node, exposed or not. */
export interface ColumnRef {
  /** Dataset id, else the dbt unique_id of a node that is no dataset. */
  readonly dataset: string;
  readonly column: string;
}

/** Where a tag came from, for explanations. */
export type TagSource = {
  /** For people: `column config.tags`, `folder`, `lineage`, the tool that patched it, … */
  readonly via: string;
  /** Path of the dbt file, where known; of a propagated tag, that of its origin. */
  readonly file: string | null;
} & (
  | { readonly kind: 'explicit' | 'derived' }
  | {
      readonly kind: 'propagated';
      /** From the column that has the tag of its own to this column's direct parent. */
      readonly path: readonly ColumnRef[];
    }
  | {
      readonly kind: 'patched';
      /** Subject of whoever did it. */
      readonly by: string;
      /** ISO 8601, UTC. */
      readonly at: string;
    }
);

export interface TagAssignment {
  /** Dotted, lower-case: `pii.email`. */
  readonly tag: string;
  readonly source: TagSource;
}

export interface Column {
  /** As the manifest or the warehouse spells it. */
  readonly name: string;
  /**
   * What is compared, unique in its dataset: the physical name where the adapter tells case apart (PostgreSQL, Redshift),
   * else its lower-case form.
   */
  readonly folded: string;
  /** Engine type text (`DECIMAL(10,2)`), null where unknown. */
  readonly type: string | null;
  readonly family: TypeFamily;
  readonly description: string;
  readonly tags: readonly TagAssignment[];
  readonly state: ColumnState;
  /** False for ghosts, and for unclassified columns where the rule hides them: never visible to anyone. */
  readonly exposed: boolean;
}

/** A physical relation. Never shown to callers without the steward role. */
export interface Relation {
  readonly database: string | null;
  readonly schema: string;
  readonly identifier: string;
}

export interface Dataset {
  /** Lower-case: `namespace.name`, `prefix.namespace.name`, with `.v2` for a version that is not the latest. */
  readonly id: string;
  /** Every id that SQL may use for it, folded: with and without prefix; the latest version also without its version. */
  readonly names: readonly string[];
  readonly namespace: string;
  readonly name: string;
  readonly version: string | null;
  /** dbt unique_id. */
  readonly uniqueId: string;
  /** Name of the engine in sluice.yml. */
  readonly engine: string;
  readonly relation: Relation;
  readonly description: string;
  readonly owner: string | null;
  readonly resourceType: ResourceType;
  readonly package: string;
  readonly folder: readonly string[];
  readonly materialized: string | null;
  /** Whether it is computed when it is read, and may leave out rows beneath it: as the engine says, else as dbt does. */
  readonly view: boolean;
  readonly access: string | null;
  readonly group: string | null;
  readonly contract: boolean;
  readonly tags: readonly TagAssignment[];
  readonly columns: readonly Column[];
  /** Only exposed datasets are in the catalogue's lookup. */
  readonly accessLevel: AccessLevel;
  /** Where the level came from: `meta.sluice.access_level in models/x.yml`, `publish rule 2`. */
  readonly accessLevelSource: string;
  /** Why queries are refused (relation missing in the engine, unclassified: deny), or null. */
  readonly invalid: string | null;
}

/** Why data is read; a member acknowledges its text once, and anew when the text changes. */
export interface Purpose {
  readonly name: string;
  /** Empty where nobody wrote one. */
  readonly text: string;
  /** Changes whenever the text does, whatever version its author gave. */
  readonly version: string;
}

/** What a dbt exposure becomes: a named set of datasets in which members act, for its purposes. */
export interface Project {
  readonly name: string;
  /** dbt unique_id of the exposure. */
  readonly uniqueId: string;
  readonly label: string | null;
  readonly type: string;
  readonly owner: string | null;
  readonly maturity: string | null;
  readonly url: string | null;
  readonly description: string;
  readonly tags: readonly string[];
  /** Dataset ids; nodes that are not exposed are left out. */
  readonly datasets: readonly string[];
  /** Who may act in it; `[]` is nobody. Of the identity alone: neither project nor purpose, network nor hour. */
  readonly members: Dnf;
  /** Where there are any, acting in the project needs one of them. */
  readonly purposes: readonly Purpose[];
  /** Whether every member sees the same: the strictest that the membership conditions allow. */
  readonly equalise: boolean;
  /** Null where it is no clean room. */
  readonly cleanRoom: CleanRoom | null;
}

/** Read access to what one snapshot catalogues. */
export interface Catalogue {
  readonly datasets: readonly Dataset[];
  readonly projects: readonly Project[];
  /** By id, or by another of its names; without case. */
  byId(id: string): Dataset | undefined;
  /**
   * As SQL names it: one to four parts, already folded by PostgreSQL's rules unless quoted; bare names go through the
   * search path. Undefined for anything unknown, physical names included.
   */
  lookup(parts: readonly string[]): Dataset | undefined;
  /**
   * All that a name could mean, in the order of the search path. Which one it means is settled by what the caller may
   * know of: a hidden dataset must not stand in front of a visible one.
   */
  candidates(parts: readonly string[]): readonly Dataset[];
}
