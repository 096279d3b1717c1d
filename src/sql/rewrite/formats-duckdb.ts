/** Formats of to_char, to_date and to_timestamp said in DuckDB's: only what both write and read alike. */
import type { Node } from '../tree.ts';
import { call, cast, NULL, operation, text, when, whole } from './build.ts';
import { unsupported } from './unsupported.ts';

/** What a word of PostgreSQL's format becomes: a code of strftime, or an expression over the value. */
type Word = string | ((value: Node) => Node);

const code = (format: string) => (value: Node) => call('strftime', value, text(format));
const padded = (format: string, change?: 'upper' | 'lower') => (value: Node) => {
  const name = call('rpad', code(format)(value), whole(9), text(' '));
  return change === undefined ? name : call(change, name);
};
const changed = (format: string, change: 'upper' | 'lower') => (value: Node) =>
  call(change, code(format)(value));
const part = (field: string) => (value: Node) => cast(call('date_part', text(field), value), 'text');
const weekOf = (field: string) => (value: Node) =>
  cast(
    operation(
      '+',
      operation('//', operation('-', call('date_part', text(field), value), whole(1)), whole(7)),
      whole(1),
    ),
    'text',
  );

/** Longest first. `FM` before a word leaves out what fills it up. */
const WRITES: readonly (readonly [word: string, plain: Word, unfilled: Word | null])[] = [
  ['IYYY', '%G', null],
  ['YYYY', '%Y', null],
  ['MONTH', padded('%B', 'upper'), changed('%B', 'upper')],
  ['Month', padded('%B'), '%B'],
  ['month', padded('%B', 'lower'), changed('%B', 'lower')],
  ['HH24', '%H', '%-H'],
  ['HH12', '%I', '%-I'],
  ['DDD', '%j', '%-j'],
  ['DAY', padded('%A', 'upper'), changed('%A', 'upper')],
  ['Day', padded('%A'), '%A'],
  ['day', padded('%A', 'lower'), changed('%A', 'lower')],
  ['MON', changed('%b', 'upper'), changed('%b', 'upper')],
  ['Mon', '%b', '%b'],
  ['mon', changed('%b', 'lower'), changed('%b', 'lower')],
  ['YY', '%y', null],
  ['MM', '%m', '%-m'],
  ['DD', '%d', '%-d'],
  ['DY', changed('%a', 'upper'), changed('%a', 'upper')],
  ['Dy', '%a', '%a'],
  ['dy', changed('%a', 'lower'), changed('%a', 'lower')],
  ['HH', '%I', '%-I'],
  ['MI', '%M', '%-M'],
  ['SS', '%S', '%-S'],
  ['MS', '%g', null],
  ['US', '%f', null],
  ['AM', '%p', '%p'],
  ['PM', '%p', '%p'],
  ['am', changed('%p', 'lower'), changed('%p', 'lower')],
  ['pm', changed('%p', 'lower'), changed('%p', 'lower')],
  ['IW', '%V', null],
  ['ID', part('isodow'), part('isodow')],
  ['WW', (value) => call('lpad', weekOf('doy')(value), whole(2), text('0')), weekOf('doy')],
  ['W', weekOf('day'), weekOf('day')],
  ['D', (value) => cast(operation('+', call('date_part', text('dow'), value), whole(1)), 'text'), null],
  ['Q', part('quarter'), part('quarter')],
];

/** Case does not matter where a text is read. */
const READS: Readonly<Record<string, string>> = {
  YYYY: '%Y',
  MONTH: '%B',
  HH24: '%H',
  HH12: '%I',
  DDD: '%j',
  MON: '%b',
  MM: '%m',
  DD: '%d',
  HH: '%I',
  MI: '%M',
  SS: '%S',
  MS: '%g',
  US: '%f',
  AM: '%p',
  PM: '%p',
};

/** The value as text. @param format of PostgreSQL */
export function written(value: Node, format: string): Node {
  if (format === '') return cast(NULL, 'text');
  const parts: Node[] = [];
  let run = '';
  const flush = (): void => {
    if (run !== '') parts.push(call('strftime', value, text(run)));
    run = '';
  };
  eachPiece(format, (piece) => {
    if ('literal' in piece) run += piece.literal.replaceAll('%', '%%');
    else {
      const found = WRITES.find(([word]) => piece.rest.startsWith(word));
      const word = found?.[piece.unfilled ? 2 : 1];
      if (found === undefined || word === null || word === undefined) throw unknownWord();
      if (typeof word === 'string') run += word;
      else {
        flush();
        parts.push(word(value));
      }
      return found[0].length;
    }
    return 0;
  });
  flush();
  const [first = text(''), ...more] = parts;
  const whole = more.length === 0 ? first : call('concat', first, ...more);
  return when({ NullTest: { arg: value, nulltesttype: 'IS_NOT_NULL' } }, whole, cast(NULL, 'text'));
}

/** The format for strptime. */
export function readFormat(format: string): string {
  let made = '';
  eachPiece(format, (piece) => {
    if ('literal' in piece) {
      made += piece.literal.replaceAll('%', '%%');
      return 0;
    }
    const upper = piece.rest.toUpperCase();
    const word = Object.keys(READS).find((one) => upper.startsWith(one));
    if (word === undefined) throw unknownWord();
    made += READS[word];
    return word.length;
  });
  return made;
}

/** Letters that no word of PostgreSQL's begins with stand for themselves. */
const NO_WORD = /^[egklnvxz]/i;

type Piece = { readonly literal: string } | { readonly rest: string; readonly unfilled: boolean };

/** @param visit gives the length of the word that a rest begins with. */
function eachPiece(format: string, visit: (piece: Piece) => number): void {
  let at = 0;
  let unfilled = false;
  while (at < format.length) {
    const rest = format.slice(at);
    const quoted = /^"([^"\\]*)"/.exec(rest);
    if (quoted !== null) {
      visit({ literal: quoted[1]! });
      at += quoted[0].length;
    } else if (rest.startsWith('FM')) {
      unfilled = true;
      at += 2;
    } else if (/^[A-Za-z]/.test(rest) && !NO_WORD.test(rest)) {
      at += visit({ rest, unfilled });
      if (/^(?:th|TH|SP)/.test(format.slice(at))) throw unknownWord();
      unfilled = false;
    } else {
      if (/^[\\"]/.test(rest)) throw unknownWord();
      visit({ literal: rest[0]! });
      at += 1;
    }
  }
}

const unknownWord = () =>
  unsupported(
    'This format',
    'Use YYYY, MM, DD, HH24, MI, SS, MS, US, Mon, Month, Day, Dy, Q, IYYY, IW and their kin; other words in double quotes.',
  );
