/** What the decisions of one query bound together: the tightest of each. */
import type { Decision } from '../access/decision.ts';
import type { RowEncoding } from '../engines/engine.ts';
import { SluiceError } from '../errors.ts';
import type { PageAsked } from './page.ts';

export interface Bounds {
  /** Rows of one query, all of its pages together; null where no policy says so. */
  readonly maxRows: number | null;
  /** Milliseconds. */
  readonly timeoutMs: number | null;
  /** Null where every format is permitted. */
  readonly formats: readonly string[] | null;
}

export function boundsOf(decisions: ReadonlyMap<string, Decision>): Bounds {
  const all = [...decisions.values()].map(({ limits }) => limits);
  const least = (given: readonly number[]): number | null => (given.length === 0 ? null : Math.min(...given));
  const lists = all.flatMap(({ formats }) => (formats === undefined ? [] : [formats]));
  const [first, ...rest] = lists;
  return {
    maxRows: least(all.flatMap(({ max_rows }) => max_rows ?? [])),
    timeoutMs: least(all.flatMap(({ timeout }) => timeout ?? [])),
    formats: first?.filter((format) => rest.every((list) => list.includes(format))) ?? null,
  };
}

/** @throws SluiceError limit_format */
export function checkFormat(encoding: RowEncoding, { formats }: Bounds): void {
  if (formats === null || formats.includes(encoding)) return;
  throw new SluiceError('limit_format', undefined, {
    hint:
      formats.length === 0
        ? 'The datasets of the query permit no format in common.'
        : `Ask for one of ${formats.join(', ')}.`,
  });
}

/** Rows that a page may still have. @throws SluiceError limit_rows where it begins beyond the last */
export function rowsLeft(page: PageAsked, { maxRows }: Bounds): number {
  if (maxRows === null) return page.limit;
  if (page.offset < maxRows) return Math.min(page.limit, maxRows - page.offset);
  throw new SluiceError('limit_rows', undefined, {
    hint: `A query of these datasets gives ${maxRows} rows at the most, all of its pages together.`,
  });
}
