/** How large and how deep a query may be; the defaults pass ordinary analytical SQL with room to spare. */
export interface GuardBounds {
  /** Levels of the tree, below DuckDB's own limit of 1,000 levels of an expression. */
  readonly depth: number;
  /** Nodes of the tree. */
  readonly nodes: number;
  /** Relations in all FROM clauses. */
  readonly relations: number;
  /** Elements of one IN list, array, row, VALUES list or target list. */
  readonly items: number;
  /** CTEs that refer to themselves. */
  readonly recursions: number;
  /** Highest `$n`. */
  readonly parameters: number;
  /** Grouping sets that one GROUP BY spells out: CUBE doubles them with each column. */
  readonly groupingSets: number;
  /** Product of all literals by which a text is repeated. */
  readonly repetition: number;
  /** Rows of one generate_series. */
  readonly series: number;
  /** The same where its ends come from a row: each row has its own. */
  readonly seriesOfRow: number;
  /** Rows of one recursive CTE. */
  readonly recursionRows: number;
  /** Rounds of one in DuckDB, which takes some thirty microseconds for each (1.5). */
  readonly recursionRounds: number;
}

export const DEFAULT_BOUNDS: GuardBounds = {
  depth: 400,
  nodes: 50_000,
  relations: 64,
  items: 5_000,
  recursions: 2,
  parameters: 1_000,
  groupingSets: 1_024,
  repetition: 1_000_000,
  series: 1_000_000,
  seriesOfRow: 10_000,
  recursionRows: 200_000,
  recursionRounds: 25_000,
};
