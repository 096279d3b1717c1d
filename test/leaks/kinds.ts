/** What the grammar tells apart, and what a column can be filled with. */

/** The kinds of expressions that the grammar tells apart. */
export type Kind =
  | 'text'
  | 'int'
  | 'decimal'
  | 'float'
  | 'bool'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'blob'
  | 'ints'
  | 'texts'
  | 'struct'
  | 'enum';

export interface Flavour {
  readonly kind: Kind;
  readonly types: readonly string[];
  readonly ordinary: readonly string[];
  readonly poison: readonly string[];
}

export const SECRET = 'SECRET4242';
