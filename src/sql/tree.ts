/** The tree that every SQL stage speaks: PostgreSQL's own parse tree, as plain readonly JSON. */
export type { Node, ParseResult, SelectStmt } from '@pgsql/types';
