/** Whether an engine can be asked in the caller's own words: PostgreSQL always, DuckDB where the gate gives no other meaning. */
import { FUNCTIONS } from '../../src/sql/guard/functions.ts';
import { SET_FUNCTIONS } from '../../src/sql/guard/set-functions.ts';
import type { EngineKind } from '../../src/sql/rewrite/build.ts';

/** Functions whose PostgreSQL meaning the gate spells for DuckDB, which may have others of the same name. */
const OWN_MEANING = [
  ...SET_FUNCTIONS.map(({ name }) => name),
  ...FUNCTIONS.flatMap(({ name, spelled }) => (spelled === null ? [] : [name])),
];

/**
 * What the gate understands as PostgreSQL does and DuckDB in its own way: these functions; windows that build on others;
 * SIMILAR TO; WITH TIES; subscripts; ANY of a list that is NULL; decimals without a precision; all columns of a join under a name, of
 * which the merged ones come first; grouping sets, in which DuckDB 1.5 takes a bare and a qualified name for two columns.
 */
const OTHERWISE = new RegExp(
  `\\b(grouping sets|rollup|cube|window|similar to|with ties|${OWN_MEANING.join('|')})\\b|\\)\\[|\\b(any|some|all) ?\\(|(numeric|decimal)(?!\\()|\\bj\\d+\\.\\*`,
  'i',
);

export function wordsMeanTheSame(engine: EngineKind, sql: string): boolean {
  return engine === 'postgres' || !OTHERWISE.test(sql);
}
