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
  /** Whether DuckDB has it, or the lowering says it in functions of DuckDB's with PostgreSQL's meaning. */
  readonly duckdb: 'itself' | 'lowered' | null;
}

type Row = readonly [
  name: string,
  fix: 'prefix' | 'infix' | 'both',
  result: Operator['result'],
  raises: boolean,
  duckdb?: Operator['duckdb'],
];

/** In DuckDB `~` matches the whole text, `/` divides as floats, `//` as integers, `->` and `->>` read JSON. */
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
  // What DuckDB has not: PostgreSQL's meaning, or a refusal there.
  ['~*', 'infix', 'boolean', true, 'lowered'],
  ['!~*', 'infix', 'boolean', true, 'lowered'],
  ['|/', 'prefix', 'float', true, 'lowered'],
  ['||/', 'prefix', 'float', true, 'lowered'],
  ['#>', 'infix', 'json', true, 'lowered'],
  ['#>>', 'infix', 'text', true, 'lowered'],
  ['#-', 'infix', 'json', true, null],
  ['?', 'infix', 'boolean', false, null],
  ['?|', 'infix', 'boolean', false, null],
  ['?&', 'infix', 'boolean', false, null],
  ['@?', 'infix', 'boolean', true, null],
];

const ONLY_DUCKDB = new Set(['//', '**']);
/** Also LIKE ANY and ILIKE ALL, which the grammar writes as operators. */
const QUANTIFIED = new Set([
  ...['=', '<>', '<', '<=', '>', '>='],
  ...['~~', '!~~', '~~*', '!~~*', '~', '!~', '~*', '!~*'],
]);

export const OPERATORS: readonly Operator[] = TABLE.map(([name, fix, result, raises, duckdb]) => ({
  name,
  prefix: fix !== 'infix',
  infix: fix !== 'prefix',
  result,
  raises,
  quantified: QUANTIFIED.has(name),
  postgres: !ONLY_DUCKDB.has(name),
  duckdb: duckdb === undefined ? 'itself' : duckdb,
}));

const BY_NAME: ReadonlyMap<string, Operator> = new Map(OPERATORS.map((o) => [o.name, o]));

/** The accepted operator of this name, without schema. */
export function operatorNamed(name: string): Operator | undefined {
  return BY_NAME.get(name);
}
