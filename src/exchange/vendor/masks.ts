/** Masking functions as masks of ours: the same where there is one, else one that shows less. */
import { isRecord, type Json, textOf } from './shape.ts';

export interface ReadMask {
  readonly mask: Json;
  /** Why it shows less than it did; null where it shows the same. */
  readonly stricter: string | null;
}

const NULL: Json = { with: 'null' };
const HASH: Json = { with: 'hash' };

const exactly = (mask: Json): ReadMask => ({ mask, stricter: null });
const instead = (mask: Json, stricter: string): ReadMask => ({ mask, stricter });

/** `maskingConfig`, with its options beside its type or under `metadata`. */
export function readVendorMask(given: unknown): ReadMask {
  if (!isRecord(given)) return instead(NULL, 'it says no masking function; the values become NULL');
  const options: Json = { ...(isRecord(given.metadata) ? given.metadata : {}), ...given };
  const type = (textOf(given.type) ?? '').toLowerCase().replace(/[^a-z]/g, '');
  switch (type) {
    case 'hash':
    case 'consistentvalue':
      return exactly(HASH);
    case 'null':
    case 'makenull':
      return exactly(NULL);
    case 'constant': {
      const value = options.constant ?? options.value;
      const usable = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
      return usable
        ? exactly({ with: 'constant', value })
        : instead(NULL, 'the constant is missing; the values become NULL');
    }
    case 'regex':
    case 'regularexpression':
      return regex(options);
    case 'rounding':
    case 'grouping':
      return rounding(options);
    case 'reversible':
    case 'reversiblemasking':
      return exactly({ with: 'tokenise' });
    case 'formatpreservingmasking':
    case 'formatpreserving':
      return instead(
        HASH,
        'there is no format-preserving mask; the values become pseudonyms of one form, not to be reversed',
      );
    default:
      return instead(NULL, `there is no mask like "${textOf(given.type) ?? '?'}"; the values become NULL`);
  }
}

function regex(options: Json): ReadMask {
  const pattern = textOf(options.regex) ?? textOf(options.pattern);
  const replace = typeof options.replacement === 'string' ? options.replacement : '';
  if (pattern === null) return instead(NULL, 'the pattern is missing; the values become NULL');
  if (options.caseInsensitive === true)
    return instead(NULL, 'patterns without case are not known; the values become NULL');
  if (options.global !== true)
    return instead(NULL, 'patterns that replace the first match only are not known; the values become NULL');
  // What does not match was shown as it is; that is a decision to be made again.
  return instead(
    { with: 'regex', pattern, replace },
    'values without a match become NULL; `unmatched: keep` shows them as before',
  );
}

const UNITS: Readonly<Record<string, string>> = {
  hour: 'hour',
  day: 'day',
  week: 'week',
  month: 'month',
  quarter: 'quarter',
  year: 'year',
};

function rounding(options: Json): ReadMask {
  const width = Number(options.bucketSize ?? options.bucketsize);
  if (Number.isFinite(width) && width > 0) return exactly({ with: 'bucket', width });
  const unit = UNITS[(textOf(options.timePrecision) ?? '').toLowerCase().replace(/s$/, '')];
  if (unit !== undefined) return exactly({ with: 'truncate_date', to: unit });
  return instead(NULL, 'the size of the buckets came from statistics over the data; the values become NULL');
}
