/** What Sluice takes from a dbt project, the same for every manifest version; plain readonly data, nothing interpreted yet. */

export interface DbtProject {
  readonly schemaVersion: number;
  readonly dbtVersion: string;
  /** dbt Fusion copies a parent's tags and meta into its columns; dbt Core does not. */
  readonly fusion: boolean;
  readonly adapter: string | null;
  readonly name: string | null;
  /** Sources, seeds, models and snapshots; disabled and ephemeral ones are left out. */
  readonly nodes: readonly DbtNode[];
  /** Ephemeral models: no relations, but tags of theirs follow to what reads them. */
  readonly ephemeral: readonly DbtNode[];
  readonly exposures: readonly DbtExposure[];
  readonly groups: readonly DbtGroup[];
}

export interface DbtGroup {
  readonly name: string;
  readonly package: string;
  readonly owner: string | null;
}

/** Something that was written at one of the places where dbt keeps it. */
export interface Placed<T> {
  /** `tags`, `config.tags`, `meta.sluice.tags`, … */
  readonly via: string;
  readonly value: T;
}

/** What tags and meta say, with the place of each; dbt keeps both beside and inside `config`. */
export interface DbtFacts {
  readonly tags: readonly Placed<readonly string[]>[];
  readonly accessLevels: readonly Placed<string>[];
  readonly namespaces: readonly Placed<string>[];
  readonly owner: string | null;
}

export interface DbtNode {
  readonly uniqueId: string;
  readonly resourceType: 'source' | 'seed' | 'model' | 'snapshot';
  readonly name: string;
  /** Of sources. */
  readonly sourceName: string | null;
  readonly version: string | null;
  /** The version that the bare name stands for; true for unversioned nodes. */
  readonly latest: boolean;
  readonly package: string;
  readonly folder: readonly string[];
  /** The file that describes it: its YAML where there is one, else its own. */
  readonly file: string | null;
  /** Its YAML, relative to the root of its package. */
  readonly yaml: string | null;
  readonly relation: DbtRelation;
  readonly description: string;
  readonly owner: string | null;
  readonly access: string | null;
  readonly group: string | null;
  readonly contract: boolean;
  readonly materialized: string | null;
  readonly facts: DbtFacts;
  readonly columns: readonly DbtColumn[];
}

export interface DbtRelation {
  readonly database: string | null;
  readonly schema: string;
  readonly identifier: string;
  /** False where dbt reads it through something else than a relation, such as `read_csv(…)`. */
  readonly named: boolean;
}

export interface DbtColumn {
  readonly name: string;
  readonly quoted: boolean;
  readonly type: string | null;
  readonly description: string;
  readonly tags: readonly Placed<readonly string[]>[];
  /** Why tags from upstream end here, left out where they do not. */
  readonly declassify?: string;
}

export interface DbtExposure {
  readonly uniqueId: string;
  readonly name: string;
  readonly label: string | null;
  readonly type: string;
  readonly owner: string | null;
  readonly maturity: string | null;
  readonly url: string | null;
  readonly description: string;
  readonly tags: readonly Placed<readonly string[]>[];
  /** unique_ids, of nodes of any kind. */
  readonly dependsOn: readonly string[];
  /** `members`, `purposes`, `equalise` and `clean_room` of meta.sluice, as they stand; undefined where nobody said. */
  readonly acting: ExposureActing;
}

/** Not interpreted yet; where both places of meta say it, they say the same. */
export interface ExposureActing {
  readonly members?: unknown;
  readonly purposes?: unknown;
  readonly equalise?: unknown;
  readonly cleanRoom?: unknown;
}

/** catalog.json: what the warehouse had when the docs were generated, by unique_id. */
export interface DbtCatalog {
  readonly relations: ReadonlyMap<string, readonly CatalogColumn[]>;
  /** dbt's own errors while reading the warehouse: the catalog may lack relations. */
  readonly errors: readonly string[];
}

export interface CatalogColumn {
  readonly name: string;
  readonly type: string | null;
}
