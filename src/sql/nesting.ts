/**
 * Bounds how deep and how large a text is before PostgreSQL's parser sees it. The WASM build recurses once per level when
 * it writes its tree, and some thirty overflows of its stack break it for good (libpg-query 18.1.5): so none may happen.
 */

/** A text this short cannot nest deep enough to matter: a level takes two characters at least, and 3,000 levels are safe. */
const SHORT = 6_000;
/** Weight of the tokens that may lie on one path. The shallowest overflow seen was beyond 1,900 levels of subqueries. */
const LONGEST_PATH = 4_000;
/** Words that begin levels which take much of the stack. */
const HEAVY = new Set(['select', 'values', 'table', 'with', 'case', 'join']);
const HEAVY_WEIGHT = 3;

/** More tokens than the guard would admit nodes: they would only keep the parser busy. */
const MOST_TOKENS = 60_000;

export type Extent = 'fits' | 'too_deep' | 'too_large';

/** Whether a text may be parsed. */
export function extentOf(text: string): Extent {
  if (text.length <= SHORT) return 'fits';
  const { longest, tokens } = measure(text);
  if (longest > LONGEST_PATH) return 'too_deep';
  return tokens > MOST_TOKENS ? 'too_large' : 'fits';
}

export interface Measure {
  /** Weight of the longest path through the text. */
  readonly longest: number;
  readonly tokens: number;
}

/**
 * Every level of a parse tree costs a token, and what is closed or lies before a comma is beside the path, not on it: so
 * the tokens since the last comma of each open bracket, summed, bound the depth.
 */
export function measure(text: string): Measure {
  const open: number[] = [];
  let run = 0;
  let path = 0;
  let longest = 0;
  let tokens = 0;
  eachToken(text, (kind, start, end) => {
    tokens += 1;
    if (kind === 'open') {
      open.push(run + 1);
      run = 0;
      path += 1;
    } else if (kind === 'close') {
      path -= run;
      run = open.pop() ?? 0;
    } else if (kind === 'comma') {
      path -= run;
      run = 0;
    } else {
      const weight = kind === 'word' && isHeavy(text, start, end) ? HEAVY_WEIGHT : 1;
      run += weight;
      path += weight;
    }
    if (path > longest) longest = path;
  });
  return { longest, tokens };
}

function isHeavy(text: string, start: number, end: number): boolean {
  return end - start <= 6 && HEAVY.has(text.slice(start, end).toLowerCase());
}

type Kind = 'open' | 'close' | 'comma' | 'word' | 'other';
type See = (kind: Kind, start: number, end: number) => void;

/**
 * PostgreSQL's lexical rules as far as they tell text from structure, in linear time; its own scanner (`scanSync`) takes
 * ten microseconds a token, too long for what only asks to be refused. Stops where a text, name or comment never ends:
 * there the parser stops too, before it builds a tree.
 */
function eachToken(text: string, see: See): void {
  let position = 0;
  while (position < text.length) {
    const start = position;
    const character = text[start]!;
    if (character <= ' ') {
      position += 1;
      continue;
    }
    const next = text[start + 1];
    if (character === '-' && next === '-') {
      position = endOfLine(text, start);
      continue;
    }
    if (character === '/' && next === '*') {
      position = endOfComment(text, start);
      if (position < 0) return;
      continue;
    }
    const kind = kindOf(character);
    position = kind === 'word' ? endOfWord(text, start) : endOfOther(text, start, character);
    if (position < 0) return;
    see(kind, start, position);
  }
}

function kindOf(character: string): Kind {
  if (character === '(' || character === '[') return 'open';
  if (character === ')' || character === ']') return 'close';
  if (character === ',' || character === ';') return 'comma';
  return isNameStart(character) ? 'word' : 'other';
}

/** Any character beyond ASCII may begin a name. */
function isNameStart(c: string): boolean {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c === '_' || c >= '\x80';
}

function isNamePart(c: string): boolean {
  return isNameStart(c) || isDigit(c) || c === '$';
}

function isDigit(c: string): boolean {
  return c >= '0' && c <= '9';
}

/** A name or keyword, or the text that `E` begins. */
function endOfWord(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && isNamePart(text[end]!)) end += 1;
  const escaped = end === start + 1 && text[end] === "'" && /[eE]/.test(text[start]!);
  return escaped ? endOfEscaped(text, end + 1) : end;
}

const DOLLAR = /\$(?:[A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff]*)?\$/y;

/** A text, a quoted name, a number, or one character; -1 where it does not end. */
function endOfOther(text: string, start: number, character: string): number {
  if (character === "'" || character === '"') {
    let end = endAfter(text, character, start + 1);
    // Doubled, it is part of the text.
    while (end > 0 && text[end] === character) end = endAfter(text, character, end + 1);
    return end;
  }
  if (character === '$') {
    DOLLAR.lastIndex = start;
    const mark = DOLLAR.exec(text)?.[0];
    if (mark !== undefined) return endAfter(text, mark, start + mark.length);
  }
  let end = start + 1;
  const number = character === '$' || isDigit(character);
  while (number && end < text.length && isDigit(text[end]!)) end += 1;
  return end;
}

function endAfter(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? -1 : found + mark.length;
}

function endOfLine(text: string, start: number): number {
  const mark = /[\n\r]/g;
  mark.lastIndex = start;
  return mark.test(text) ? mark.lastIndex : text.length;
}

/** Comments nest. */
function endOfComment(text: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  do {
    const found = mark.exec(text);
    if (found === null) return -1;
    depth += found[0] === '/*' ? 1 : -1;
  } while (depth > 0);
  return mark.lastIndex;
}

/** In `E'…'` a backslash takes the next character along. */
function endOfEscaped(text: string, start: number): number {
  const mark = /\\[\s\S]|''|'/g;
  mark.lastIndex = start;
  for (;;) {
    const found = mark.exec(text);
    if (found === null) return -1;
    if (found[0] === "'") return mark.lastIndex;
  }
}
