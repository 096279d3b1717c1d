/** Texts of which some characters stay: both ends, or what is customary for a format. Never more than half; NULL stays NULL. */
import type { PartialFormat } from '../../../policies/policy.ts';
import type { Node } from '../../tree.ts';
import { CALLS, type EngineKind, operation, text, when, whole } from '../build.ts';
import { extract, literalReplacement, matches, replaceAll } from './regex.ts';
import { parsePattern } from './regex-syntax.ts';

const joinAll = (parts: readonly Node[]): Node => parts.reduce((left, right) => operation('||', left, right));

/** Keeps both ends where these are at most half of the text; a shorter text is hidden whole. Counted in code points. */
export function endsMask(
  { first, last, fill }: { readonly first: number; readonly last: number; readonly fill: string },
  value: Node,
  engine: EngineKind,
): Node {
  const call = CALLS[engine];
  const length = call('length', value);
  const shown = first + last;
  const hidden = call('repeat', text(fill), length);
  if (shown === 0) return hidden;
  const joined = joinAll([
    ...(first > 0 ? [call('left', value, whole(first))] : []),
    call('repeat', text(fill), operation('-', length, whole(shown))),
    ...(last > 0 ? [call('right', value, whole(last))] : []),
  ]);
  return when(operation('>=', length, whole(2 * shown)), joined, hidden);
}

interface Format {
  /** What a value has to look like. */
  readonly shape: string;
  /** Characters at the start that stay. */
  readonly first: number;
  /** Characters between that say nothing, and yet count as shown. */
  readonly marks: number;
  /** What stays at the end; it matches in one place alone. */
  readonly tail: string;
  /** What is filled between. */
  readonly filled: string;
}

const LAST_FOUR_DIGITS = '\\d(?:[^0-9]*\\d){3}[^0-9]*$';
const LAST_FOUR = '[A-Za-z0-9](?:[^A-Za-z0-9]*[A-Za-z0-9]){3}$';

/**
 * E-mail: the first letter and the top-level domain. Phone and card: the last four digits. IBAN: the country and the last
 * four. Punctuation stays where it is, so that the value is still recognised for what it is.
 */
const FORMATS: Readonly<Record<PartialFormat, Format>> = {
  email: {
    shape: '^[^@\\s]+@[^@\\s]+\\.[A-Za-z]{2,24}$',
    first: 1,
    marks: 1,
    tail: '\\.[A-Za-z]{2,24}$',
    filled: '[^@]',
  },
  phone: {
    shape: '^\\+?(?:[ ()./-]*\\d){8,15}$',
    first: 0,
    marks: 0,
    tail: LAST_FOUR_DIGITS,
    filled: '\\d',
  },
  card: {
    shape: '^\\d(?:[ -]?\\d){11,18}$',
    first: 0,
    marks: 0,
    tail: LAST_FOUR_DIGITS,
    filled: '\\d',
  },
  iban: {
    shape: '^[A-Za-z]{2}\\d{2}(?: ?[A-Za-z0-9]){11,30}$',
    first: 2,
    marks: 0,
    tail: LAST_FOUR,
    filled: '[A-Za-z0-9]',
  },
};

/** What does not look like the format, or is so short that more than half would stay, is hidden whole. */
export function formatMask(format: PartialFormat, fill: string, value: Node, engine: EngineKind): Node {
  const { shape, first, marks, tail, filled } = FORMATS[format];
  const call = CALLS[engine];
  const length = call('length', value);
  const kept = extract(value, parsePattern(tail), engine);
  const keptLength = call('length', kept);
  const middle = call(
    'substr',
    value,
    whole(first + 1),
    operation('-', operation('-', length, keptLength), whole(first)),
  );
  const covered = replaceAll(middle, parsePattern(filled), text(literalReplacement(fill)), engine);
  const shown = joinAll([...(first > 0 ? [call('left', value, whole(first))] : []), covered, kept]);
  const enough = operation(
    '>=',
    length,
    operation('+', operation('+', keptLength, keptLength), whole(2 * (first + marks))),
  );
  const hidden = call('repeat', text(fill), length);
  return when(matches(value, parsePattern(shape), engine), when(enough, shown, hidden), hidden);
}
