/** The text of a filter as one expression of PostgreSQL's grammar, within bounds: nothing of the text can become anything else. */
import type { Node } from '@pgsql/types';
import { hasSqlDetails, parseSync, scanSync } from 'libpg-query';
import { loadParser } from '../sql/parse.ts';

/** The grammar is WASM: loaded with this module, so that compiling policies stays synchronous. */
await loadParser();

const MAX_TEXT = 8192;
export const MAX_NESTING = 40;

/** The filter is not one of the accepted shapes; the message says which part. */
export class WhereProblem extends Error {}

export const refuse = (message: string): never => {
  throw new WhereProblem(message);
};

function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const character of text) {
    if (character === '(' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === ')' || character === ']') depth--;
  }
  return deepest;
}

/**
 * The text stands on lines of its own, and the statement around it must come back exactly as it was put. No parentheses of
 * ours: `a = 'x') or (true` would close and open them. @throws WhereProblem
 */
export function whereClause(text: string): Node {
  if (text.trim() === '') refuse('the filter is empty');
  if (text.length > MAX_TEXT) refuse(`the filter is longer than ${MAX_TEXT} characters`);
  if (text.includes('\0')) refuse('the filter holds a NUL byte');
  if (nesting(text) > MAX_NESTING) refuse(`the filter is nested more than ${MAX_NESTING} deep`);
  const parsed = grammar(() => parseSync(`SELECT 1 WHERE\n${quoteColumnWord(text)}\n`));
  const statement = parsed.stmts?.length === 1 ? parsed.stmts[0]?.stmt : undefined;
  const select = statement !== undefined && 'SelectStmt' in statement ? statement.SelectStmt : undefined;
  const frame = ['targetList', 'whereClause', 'limitOption', 'op'];
  if (
    select?.whereClause === undefined ||
    select.op !== 'SETOP_NONE' ||
    select.targetList?.length !== 1 ||
    Object.keys(select).some((key) => !frame.includes(key))
  ) {
    return refuse('the filter is not one expression');
  }
  return select.whereClause;
}

/** `column` is a reserved word of PostgreSQL: where it is called as a function, its own lexer shows where to quote it. */
function quoteColumnWord(text: string): string {
  const { tokens } = grammar(() => scanSync(text));
  const bytes = Buffer.from(text, 'utf8');
  const pieces: Buffer[] = [];
  let from = 0;
  tokens.forEach((token, i) => {
    if (token.text.toLowerCase() !== 'column' || tokens[i + 1]?.text !== '(') return;
    pieces.push(bytes.subarray(from, token.start), Buffer.from('"column"'));
    from = token.end;
  });
  return Buffer.concat([...pieces, bytes.subarray(from)]).toString('utf8');
}

function grammar<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    return refuse(
      hasSqlDetails(error) ? `the filter is not valid SQL: ${error.message}` : 'the filter cannot be parsed',
    );
  }
}
