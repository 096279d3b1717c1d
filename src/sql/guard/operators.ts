/** The accepted operators, with what the engines make of them; a name that is not listed, or one with a schema, is refused. */
import type { TypeFamily } from '../../catalogue/dataset.ts';

export interface Operator {
  readonly name: string;
  readonly prefix: boolean;
  readonly infix: boolean;
  /** `argument`: that of the operands, as the engine widens them. */
  readonly result: TypeFamily | 'argument';
  /** Whether it can raise on some operands (overflow, division by zero, a bad pattern); casts of operands are judged apart. */
  readonly raises: boolean;
  /** May stand before ANY, ALL and IN. */
  readonly quantified: boolean;
  /** Whether PostgreSQL has it; its own meaning holds there: `/` of whole numbers is whole, `~` matches anywhere. */
  readonly postgres: boolean;
}

type Row = readonly [
  name: string,
  fix: 'prefix' | 'infix' | 'both',
  result: Operator['result'],
  raises: boolean,
];

/** Meanings are DuckDB's: `~` matches the whole text, `/` divides as floats, `//` as integers, `->` and `->>` read JSON. */
const TABLE: readonly Row[] = [
  ['+', 'both', 'argument', true],
  ['-', 'both', 'argument', true],
  ['*', 'infix', 'argument', true],
  ['/', 'infix', 'argument', true],
  ['//', 'infix', 'argument', true],
  ['%', 'infix', 'argument', true],
  ['^', 'infix', 'float', true],
  ['**', 'infix', 'float', true],
  ['&', 'infix', 'argument', false],
  ['|', 'infix', 'argument', false],
  ['<<', 'infix', 'argument', true],
  ['>>', 'infix', 'argument', true],
  ['=', 'infix', 'boolean', false],
  ['<>', 'infix', 'boolean', false],
  ['<', 'infix', 'boolean', false],
  ['<=', 'infix', 'boolean', false],
  ['>', 'infix', 'boolean', false],
  ['>=', 'infix', 'boolean', false],
  ['||', 'infix', 'argument', false],
  ['~', 'both', 'argument', true],
  ['!~', 'infix', 'boolean', true],
  ['~~', 'infix', 'boolean', false],
  ['!~~', 'infix', 'boolean', false],
  ['~~*', 'infix', 'boolean', false],
  ['!~~*', 'infix', 'boolean', false],
  ['^@', 'infix', 'boolean', false],
  ['@>', 'infix', 'boolean', true],
  ['<@', 'infix', 'boolean', true],
  ['&&', 'infix', 'boolean', true],
  ['->', 'infix', 'json', true],
  ['->>', 'infix', 'text', true],
  ['@', 'prefix', 'argument', true],
];

const ONLY_DUCKDB = new Set(['//', '**']);
const COMPARISONS = new Set(['=', '<>', '<', '<=', '>', '>=']);

export const OPERATORS: readonly Operator[] = TABLE.map(([name, fix, result, raises]) => ({
  name,
  prefix: fix !== 'infix',
  infix: fix !== 'prefix',
  result,
  raises,
  quantified: COMPARISONS.has(name),
  postgres: !ONLY_DUCKDB.has(name),
}));

const BY_NAME: ReadonlyMap<string, Operator> = new Map(OPERATORS.map((o) => [o.name, o]));

/** The accepted operator of this name, without schema. */
export function operatorNamed(name: string): Operator | undefined {
  return BY_NAME.get(name);
}
