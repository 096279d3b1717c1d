/** How long a grant lasts: what was asked for, made shorter by whoever approves, never longer than the configuration lets it. */
import { parseDuration } from '../config/units.ts';
import { SluiceError } from '../errors.ts';

/** Seconds from the approval on, or a moment in epoch seconds; both null where nothing is said. */
export interface Term {
  readonly seconds: number | null;
  readonly until: number | null;
}

export interface GivenTerm {
  readonly duration?: string | number | undefined;
  readonly until?: string | undefined;
}

/** @throws SluiceError bad_request */
export function termOf(given: GivenTerm, now: number, most: number): Term {
  const term = readTerm(given);
  if (term.seconds === null && term.until === null)
    throw new SluiceError('bad_request', 'For how long? Say `duration`, such as 2h, or `until`.');
  return within(term, now, most);
}

/** Of an approval: nothing, or less than was asked for. @throws SluiceError bad_request, request_changed */
export function shortened(asked: Term, given: GivenTerm, now: number, most: number): Term {
  if (asked.until !== null && asked.until <= now)
    throw new SluiceError('request_changed', 'The time that was asked for is over.');
  const term = readTerm(given);
  if (term.seconds === null && term.until === null) return term;
  within(term, now, most);
  if (endOf([term], now, most) > endOf([asked], now, most))
    throw new SluiceError(
      'bad_request',
      'An approval may be for less time than was asked for, not for more.',
    );
  return term;
}

/** The earliest of all, and never beyond the longest. */
export function endOf(terms: readonly Term[], now: number, most: number): number {
  const ends = terms.flatMap(({ seconds, until }) => [
    ...(seconds === null ? [] : [now + seconds]),
    ...(until === null ? [] : [until]),
  ]);
  return Math.min(now + most, ...ends);
}

function readTerm({ duration, until }: GivenTerm): Term {
  if (duration !== undefined && until !== undefined)
    throw new SluiceError('bad_request', '`duration` and `until` exclude each other.');
  if (duration !== undefined) {
    const ms = typeof duration === 'number' ? duration * 1000 : parseDuration(duration);
    const seconds = ms === null ? Number.NaN : Math.floor(ms / 1000);
    if (!Number.isSafeInteger(seconds) || seconds < 1)
      throw new SluiceError('bad_request', '`duration` is a number of seconds, or such as 30m, 2h, 7d.');
    return { seconds, until: null };
  }
  if (until === undefined) return { seconds: null, until: null };
  // Without an offset it would be read in the zone of whatever machine the gate runs on.
  const ms = /^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/.test(until) ? Date.parse(until) : Number.NaN;
  if (Number.isNaN(ms))
    throw new SluiceError(
      'bad_request',
      '`until` is a date, or a moment in ISO 8601 with its offset, such as 2026-04-01T22:00:00Z.',
    );
  return { seconds: null, until: Math.floor(ms / 1000) };
}

function within(term: Term, now: number, most: number): Term {
  if (term.until !== null && term.until <= now)
    throw new SluiceError('bad_request', '`until` is in the past.');
  const seconds = term.seconds ?? (term.until ?? now) - now;
  if (seconds > most)
    throw new SluiceError('bad_request', `At most ${most} seconds (requests.max_duration).`);
  return term;
}
