/** Column lineage as a push keeps it: plain JSON, from each column of a dbt node to the columns that its values come from. */

export interface Lineage {
  /** By dbt unique_id, in order; ephemeral nodes among them. */
  readonly nodes: Readonly<Record<string, NodeLineage>>;
}

export interface NodeLineage {
  /** Over everything that the rest was computed from: an equal hash needs no second analysis. */
  readonly hash: string;
  /**
   * known: read from its SQL; unknown: it has code that could not be read, `why` tells;
   * none: it is not computed from other nodes (sources, seeds).
   */
  readonly status: 'known' | 'unknown' | 'none';
  readonly why?: string;
  /** Of its code before dbt compiled it: where dbt did not, what an earlier push knew of the same code is not forgotten. */
  readonly checksum?: string;
  /** Nodes that it reads: those that dbt names, and those that its SQL names beside dbt. */
  readonly parents: readonly string[];
  /** Relations that its SQL names and dbt does not, dotted and in lower case; left out where there are none. */
  readonly beside?: readonly string[];
  /** By lower-case name, in order of the output. */
  readonly columns: Readonly<Record<string, ColumnLineage>>;
  /** How many of them, from the first, are its output, all of it and in that order; left out where that is not known. */
  readonly exact?: number;
  /** Of any other column, where a star covers columns that nobody listed; left out where there is none. */
  readonly rest?: RestLineage;
}

export interface ColumnLineage {
  /** Whether every leaf is a column of a known node, or a literal. */
  readonly resolved: boolean;
  /** Where values come from; of an unresolved column, all that it may come from as far as that is known. */
  readonly from: readonly ColumnOrigin[];
}

export interface ColumnOrigin {
  readonly node: string;
  /** Lower-case; null for any column of the node. */
  readonly column: string | null;
  /** Functions on the way that may stop a tag (`count`, `md5`, `is null`), left out where there are none. */
  readonly through?: readonly string[];
}

export interface RestLineage {
  /** Nodes whose column of the same name it is. */
  readonly alike: readonly string[];
  /** What any of them may come from besides. */
  readonly from: readonly ColumnOrigin[];
}

/** `tags:` of sluice.yml, by tag: whether it follows columns downstream, and what stops it. */
export type TagRules = Readonly<Record<string, TagRule>>;

export interface TagRule {
  readonly description?: string | undefined;
  /** A tag below inherits it. Default: true for `pii`, else false. */
  readonly propagate?: boolean | undefined;
  /** Functions that stop it, besides those that stop every tag. */
  readonly stopped_by?: readonly string[] | undefined;
}
