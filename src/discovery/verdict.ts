/** What sampled values of one column look like: a share of them, and never one of them. */
export interface Verdict {
  readonly tag: string;
  /** `e-mail addresses`. */
  readonly what: string;
  /** Whole percent of the values that look so. */
  readonly rate: number;
  /** Values looked at, NULLs and empty texts left out. */
  readonly sampled: number;
}
