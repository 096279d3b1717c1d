/**
 * Bounds how deep a text can nest before PostgreSQL's parser sees it. The WASM build recurses once per level when it
 * writes its tree, and some thirty overflows of its stack break it for good (libpg-query 18.1.5): so none may happen.
 */
import { scanSync } from 'libpg-query';

/** A text this short cannot nest deep enough to matter: a level takes two characters at least, and 4,000 levels are safe. */
const SHORT = 6_000;
/** Weight of the tokens that may lie on one path. The shallowest overflow seen was beyond 1,900 levels of subqueries. */
const LONGEST_PATH = 4_000;
/** Levels that take much of the stack: a query level costs four frames. */
const HEAVY = new Set(['select', 'values', 'table', 'with', 'case', 'join']);
const HEAVY_WEIGHT = 3;

const OPENING = new Set(['(', '[']);
const CLOSING = new Set([')', ']']);

/**
 * Whether a text may be parsed. Every level of a parse tree costs a token, and what is closed or lies before a comma is
 * beside the path, not on it: so the tokens since the last comma of each open bracket, summed, bound the depth.
 */
export function mayParse(text: string): boolean {
  if (text.length <= SHORT) return true;
  const tokens = tokensOf(text);
  // What does not lex does not parse either: the parser stops at the same place, before it builds a tree.
  if (tokens === null) return true;
  const open: number[] = [];
  let run = 0;
  let path = 0;
  for (const token of tokens) {
    if (OPENING.has(token)) {
      open.push(run + 1);
      run = 0;
      path += 1;
    } else if (CLOSING.has(token)) {
      path -= run;
      run = open.pop() ?? 0;
    } else if (token === ',' || token === ';') {
      path -= run;
      run = 0;
    } else {
      const weight = HEAVY.has(token) ? HEAVY_WEIGHT : 1;
      run += weight;
      path += weight;
    }
    if (path > LONGEST_PATH) return false;
  }
  return true;
}

/** Texts of the tokens, folded, comments left out; null where the scanner stops. */
function tokensOf(text: string): readonly string[] | null {
  try {
    return scanSync(text).tokens.flatMap((token) =>
      token.tokenName === 'SQL_COMMENT' || token.tokenName === 'C_COMMENT' ? [] : [token.text.toLowerCase()],
    );
  } catch (error) {
    // The wrapper parses the scanner's error message as JSON.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
