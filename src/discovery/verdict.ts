/** What sampled values of one column look like: a share of them, and never one of them. */
export interface Verdict {
  readonly tag: string;
  /** `e-mail addresses`. */
  readonly what: string;
  /** Whole percent of the values that look so. */
  readonly rate: number;
}

export interface Sampled {
  /** Values looked at, NULLs and empty texts left out. */
  readonly values: number;
  /** Null where they look like nothing personal. */
  readonly verdict: Verdict | null;
}

/** By dataset id, then by folded column name; what was not read is left out. */
export type SampledColumns = ReadonlyMap<string, ReadonlyMap<string, Sampled>>;
