/** Patterns of SIMILAR TO as regular expressions for RE2: a pattern of SQL's own, which DuckDB would read as one of its. */
import type { Node } from '../tree.ts';
import { call, text } from './build.ts';
import { ANY_CHARACTER } from './patterns-duckdb.ts';
import { unsupported } from './unsupported.ts';

/** @param args of `similar_to_escape`: the pattern, and its escape. */
export function similarTo(value: Node, args: readonly Node[]): Node {
  const [pattern, escaping] = args.map(literal);
  if (typeof pattern !== 'string' || escaping === null) {
    throw unsupported('A pattern of SIMILAR TO that is no literal', 'Use LIKE, or a regular expression.');
  }
  return call('regexp_full_match', value, text(expression(pattern, escaping ?? '\\')), text(ANY_CHARACTER));
}

function literal(node: Node): string | null {
  return 'A_Const' in node && node.A_Const.sval !== undefined ? (node.A_Const.sval.sval ?? '') : null;
}

/** Inside brackets nothing but the escape is special; `%` and `_` are as in LIKE; the rest is the same in both. */
function expression(pattern: string, escaping: string): string {
  if ([...escaping].length > 1) throw unsupported('An escape of several characters');
  let made = '';
  let inBrackets = false;
  const letters = [...pattern];
  for (let i = 0; i < letters.length; i += 1) {
    const letter = letters[i]!;
    if (letter === escaping) {
      i += 1;
      if (letters[i] === undefined) throw unsupported('A pattern that ends in its escape');
      made += quoted(letters[i]!);
    } else if (inBrackets) {
      inBrackets = letter !== ']';
      if (letter === '[') throw unsupported('A class of characters in brackets');
      made += letter === '\\' ? '\\\\' : letter;
    } else if (letter === '[') {
      inBrackets = true;
      made += letter;
      // A bracket that comes first is a character.
      if (letters[i + 1] === ']' || letters[i + 1] === '^') {
        i += 1;
        made += letters[i] === ']' ? '\\]' : '^';
      }
    } else made += plain(letter);
  }
  if (inBrackets) throw unsupported('A bracket that is not closed');
  return made;
}

function plain(letter: string): string {
  switch (letter) {
    case '%':
      return '.*';
    case '_':
      return '.';
    case '(':
      return '(?:';
    case '\\':
    case '.':
    case '^':
    case '$':
      return `\\${letter}`;
    default:
      return letter;
  }
}

function quoted(letter: string): string {
  return /[\w\s]/.test(letter) || letter > '\x7f' ? letter : `\\${letter}`;
}
