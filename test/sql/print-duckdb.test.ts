/** DuckDB's own parser reads what is printed: every pair, lowered, and it finds the functions that stand in the tree. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Node, SelectStmt } from '@pgsql/types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { loadParser } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import { lowerToDuckDb } from '../../src/sql/rewrite/lower-duckdb.ts';
import { duckdbWitness } from '../../src/sql/verify-duckdb.ts';
import { close, open, walk } from '../../src/sql/walk.ts';
import { CHILDREN, expressionOf, fill, PARENTS, STATEMENTS, treeOf } from './pieces.ts';

let duckdb: DuckDBConnection;

beforeAll(async () => {
  await loadParser();
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => duckdb.closeSync());

function lower(tree: SelectStmt): SelectStmt {
  let count = 0;
  const fresh = (): string => `a${++count}`;
  return open(lowerToDuckDb(close('SelectStmt', tree), { fresh, params: [], ranges: new Map() }))
    .body as SelectStmt;
}

/** Nothing for what DuckDB has not: intervals added up, JSON put together by an operator. */
function lowerable(tree: SelectStmt): readonly SelectStmt[] {
  try {
    return [lower(tree)];
  } catch (error) {
    if (error instanceof SluiceError && error.code.startsWith('sql_')) return [];
    throw error;
  }
}

/** Texts in, what DuckDB makes of each out. */
async function serialize(texts: readonly string[]): Promise<readonly string[]> {
  const statement = await duckdb.prepare('SELECT json_serialize_sql($1::VARCHAR)');
  const answers: string[] = [];
  for (const text of texts) {
    statement.bindVarchar(1, text);
    const rows = await (await statement.run()).getRows();
    answers.push(String(rows[0]?.[0]));
  }
  return answers;
}

function functionsOf(tree: SelectStmt): readonly string[] {
  const names = new Set<string>();
  walk(close('SelectStmt', tree), (node: Node) => {
    if ('FuncCall' in node) {
      const parts = (node.FuncCall.funcname ?? []).map((part) => ('String' in part ? part.String.sval : '?'));
      names.add(parts.join('.'));
    }
    return undefined;
  });
  return [...names].sort();
}

/** Forms that DuckDB has no word for: the lowering refuses them, or needs names that only resolution gives. */
const NOT_LOWERED =
  /using \(a, b\) as| (#>>?|#-|\?|\?[|&]|@\?) |(timestamp|time)\(\d\)|with ties|rank\((a|hole)\) within|similar to (b|hole)|array\(select|generate_series|escape '|escape c|escape hole/;

/** Queries without a meaning, which DuckDB's parser says already: no fault of the print. */
const MEANINGLESS = /window \\"w\\" does not exist|window functions are not allowed in window definitions/;

describe('DuckDB as a witness of every pair', () => {
  it('finds exactly the functions of the tree', async () => {
    const children = CHILDREN.filter((text) => !NOT_LOWERED.test(text)).map(expressionOf);
    const pairs = [
      ...STATEMENTS.filter((text) => !NOT_LOWERED.test(text)).map((text) => treeOf(text)),
      ...PARENTS.filter((text) => !NOT_LOWERED.test(text)).flatMap((parent, i) =>
        // A fixed seventh of the pairs; all of them pass through PostgreSQL's grammar in print-pairs.test.ts.
        children.filter((_, j) => (i + j) % 7 === 0).map((child) => fill(treeOf(parent), child)),
      ),
    ];
    const trees = pairs.flatMap(lowerable);
    expect(trees.length).toBeGreaterThan(pairs.length * 0.99);
    const texts = trees.map(print);
    const answers = await serialize(texts);
    const wrong = trees.flatMap((tree, i) => {
      if (MEANINGLESS.test(answers[i] ?? '')) return [];
      const wanted = functionsOf(tree).join();
      const found = witnessed(answers[i] ?? '');
      return found === wanted ? [] : [`${texts[i]}: ${found} instead of ${wanted}`];
    });
    console.log(`${trees.length} texts shown to DuckDB's parser`);
    expect(wrong).toEqual([]);
  });
});

function witnessed(answer: string): string {
  try {
    return duckdbWitness(answer).functions.join();
  } catch (error) {
    return `${String((error as { cause?: unknown }).cause)} ${answer.slice(0, 300)}`;
  }
}
