/** Text to exactly one SELECT in PostgreSQL's grammar, or a stable code with a position; never a crash, whatever the text. */
import { setFlagsFromString } from 'node:v8';
import { loadModule, parseSync, SqlError } from 'libpg-query';
import { SluiceError } from '../errors.ts';
import { extentOf } from './nesting.ts';
import type { ParsedQuery } from './stages.ts';

export interface ParseBounds {
  /** Longest accepted text, in bytes of UTF-8. */
  readonly maxBytes: number;
}

/** Loads the WASM build of PostgreSQL's parser; `parse` is synchronous after that. */
export async function loadParser(): Promise<void> {
  // V8 recompiles the grammar's one huge function while it runs: half a gigabyte at the peak (13.6), and no faster parsing.
  setFlagsFromString('--no-wasm-dynamic-tiering');
  setFlagsFromString('--no-wasm-tier-up');
  await loadModule();
}

/** Parses what a caller sent. Throws SluiceError of the 3xxx range. */
export function parse(text: string, bounds: ParseBounds): ParsedQuery {
  checkText(text, bounds);
  const statements = statementsOf(text);
  const [first, second] = statements;
  if (first === undefined) throw new SluiceError('sql_empty', undefined, { hint: 'Write one SELECT.' });
  if (second !== undefined) {
    throw new SluiceError('sql_multiple_statements', undefined, {
      hint: 'Send one statement at a time.',
      position: fromByteOffset(text, second.location),
    });
  }
  if (!('SelectStmt' in first.node)) {
    throw new SluiceError('sql_not_select', `Only SELECT is accepted, not ${nameOf(first.node)}`, {
      hint: 'The gate only reads: write one SELECT.',
      position: 0,
    });
  }
  return { text, statement: first.node } as unknown as ParsedQuery;
}

/**
 * Parses text that this gate printed: the tree of its one statement. Throws verify_failed on anything else, since such
 * a text is a fault of the printer.
 */
export function parsePrinted(text: string): unknown {
  try {
    const [first, ...rest] = statementsOf(text);
    if (first !== undefined && rest.length === 0) return first.node;
  } catch (cause) {
    throw new SluiceError('verify_failed', undefined, { cause });
  }
  throw new SluiceError('verify_failed');
}

/** UTF-16 index of a UTF-8 byte offset, as the tree carries them; null for PostgreSQL's "unknown" (negative). */
export function fromByteOffset(text: string, offset: number | undefined): number | null {
  if (offset === undefined) return 0;
  if (offset < 0) return null;
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    if (bytes >= offset) break;
    bytes += utf8Length(character.codePointAt(0) ?? 0);
    index += character.length;
  }
  return index;
}

function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}

/** The library's error positions count characters, not bytes. */
function fromCharacterOffset(text: string, offset: number): number {
  let count = 0;
  let index = 0;
  for (const character of text) {
    if (count >= offset) break;
    count += 1;
    index += character.length;
  }
  return index;
}

function checkText(text: string, { maxBytes }: ParseBounds): void {
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    throw new SluiceError('sql_too_long', `The query text is longer than ${maxBytes} bytes`, {
      hint: 'Shorten the query, or pass long lists as parameters.',
    });
  }
  const nul = text.indexOf('\0');
  if (nul >= 0)
    throw new SluiceError('sql_nul_byte', undefined, { hint: 'Remove the NUL byte.', position: nul });
  if (!text.isWellFormed()) {
    throw new SluiceError('sql_syntax', 'The query holds half of a surrogate pair', {
      hint: 'Send valid Unicode.',
    });
  }
  if (text.trim() === '')
    throw new SluiceError('sql_empty', undefined, { hint: 'Write one SELECT.', position: 0 });
  const run = OPERATOR_RUN.exec(text);
  if (run !== null) {
    throw new SluiceError('sql_too_large', 'The query holds a long run of operator characters', {
      hint: `Write no more than ${LONGEST_RUN} of them in a row, not in comments either.`,
      position: run.index,
    });
  }
  const extent = extentOf(text);
  if (extent === 'too_deep') throw tooDeep();
  if (extent === 'too_large') {
    throw new SluiceError('sql_too_large', undefined, { hint: 'Pass long lists as parameters.' });
  }
}

/**
 * PostgreSQL's scanner takes time that grows with the square of such a run or worse, comments among them: 100 KB of `+`
 * took two minutes, of `/*` one (libpg-query 18.1.5).
 */
const LONGEST_RUN = 200;
const OPERATOR_RUN = new RegExp(`[-+*/<>=~!@#%^&|?\`]{${LONGEST_RUN + 1}}`);

function tooDeep(cause?: unknown): SluiceError {
  return new SluiceError('sql_too_deep', undefined, {
    hint: 'Split the query with CTEs, or pass long lists as parameters.',
    cause,
  });
}

interface Statement {
  readonly node: object;
  readonly location: number;
}

function statementsOf(text: string): readonly Statement[] {
  try {
    const stmts = parseSync(text).stmts ?? [];
    return stmts.map(({ stmt, stmt_location }) => ({ node: stmt ?? {}, location: stmt_location ?? 0 }));
  } catch (error) {
    if (error instanceof SqlError) throw syntaxError(text, error);
    if (isOverflow(error)) throw tooDeep(error);
    throw error;
  }
}

/** nesting.ts keeps this from happening; the types of this project have no `WebAssembly` to name. */
function isOverflow(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.constructor.name === 'RuntimeError');
}

/** The parser's message quotes the caller's own text at most, never data. */
function syntaxError(text: string, error: SqlError): SluiceError {
  if (error.message.startsWith('memory exhausted')) return tooDeep(error);
  const offset = error.sqlDetails?.cursorPosition;
  return new SluiceError('sql_syntax', error.message.slice(0, 200), {
    hint: "Callers write PostgreSQL's grammar.",
    position: offset === undefined ? null : fromCharacterOffset(text, offset),
  });
}

/** `{"InsertStmt": …}` is INSERT, `{"VariableSetStmt": …}` VARIABLE SET: near enough for a message. */
function nameOf(node: object): string {
  const tag = Object.keys(node)[0] ?? 'this statement';
  return tag
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}
