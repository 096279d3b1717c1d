/** What whoever changes the metadata believes to be the latest: If-Match and If-None-Match, as values. */
import { SluiceError } from '../errors.ts';

/** One of these ETags; `some` state, whichever; `none` yet. */
export type Expected = { readonly etags: readonly string[] } | 'some' | 'none';

/** @param latest ETag of the latest state, null where there is none @throws SluiceError metadata_conflict */
export function refuseUnexpected(expected: Expected | undefined, latest: string | null): void {
  if (expected === undefined || holds(expected, latest)) return;
  throw new SluiceError('metadata_conflict', expected === 'some' ? 'There is no metadata yet' : undefined, {
    hint:
      expected === 'none'
        ? 'There is a state already: leave If-None-Match out to replace it.'
        : 'Fetch the metadata again, apply the change to it, and push with its ETag.',
  });
}

function holds(expected: Expected, latest: string | null): boolean {
  if (expected === 'some') return latest !== null;
  if (expected === 'none') return latest === null;
  return latest !== null && expected.etags.includes(latest);
}
