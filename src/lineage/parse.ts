/**
 * SQL of any warehouse to the parser's tree. The parser is a WebAssembly module of some size: it is loaded by whoever
 * reads SQL, which is a thread that ends when a push has been read.
 */
import type { Dialect } from '@polyglot-sql/sdk';
import { Unreadable } from './tree.ts';

export interface SqlLibrary {
  /** @throws Unreadable */
  parse(sql: string, dialect: string): unknown;
  /** Every word of the text, strings among them and comments not. @throws Unreadable */
  words(sql: string, dialect: string): readonly string[];
}

export async function loadSqlLibrary(): Promise<SqlLibrary> {
  const library = await import('@polyglot-sql/sdk');
  return {
    parse(sql, dialect) {
      const { success, ast } = library.parse(sql, dialect as Dialect);
      if (!success || !Array.isArray(ast)) throw new Unreadable('its SQL cannot be parsed');
      if (ast.length !== 1) throw new Unreadable('its SQL is not one statement');
      return ast[0];
    },
    words(sql, dialect) {
      const { success, tokens } = library.tokenize(sql, dialect as Dialect);
      if (!success || tokens === undefined) throw new Unreadable('its SQL cannot be parsed');
      return tokens.map(({ text }) => text);
    },
  };
}
