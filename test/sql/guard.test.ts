/** What the guard admits, what it holds to its bounds, and that nothing unlisted passes: no node, no field, no value. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SelectStmt } from '@pgsql/types';
import { beforeAll, describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.ts';
import { DEFAULT_BOUNDS, type GuardBounds } from '../../src/sql/guard/bounds.ts';
import { guard } from '../../src/sql/guard/guard.ts';
import { loadParser, parse } from '../../src/sql/parse.ts';
import { print } from '../../src/sql/print/print.ts';
import type { ParsedQuery } from '../../src/sql/stages.ts';
import { givesBack } from '../../src/sql/verify.ts';

const ROOT = join(import.meta.dirname, '../..');
const CORPORA = join(ROOT, '../shared/corpora');

beforeAll(loadParser);

const read = (text: string): ParsedQuery => parse(text, { maxBytes: 1_000_000 });

function refusal(run: () => unknown): SluiceError | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

const ACCEPTED = readFileSync(join(ROOT, 'test/cases/guard/accepted.sql'), 'utf8')
  .split(/\n\n+/)
  .filter((text) => !text.startsWith('--'));

describe('accepted', () => {
  it.each(ACCEPTED)('%s', (text) => {
    const { select } = guard(read(text));
    expect(givesBack(print(select), select)).toBe(true);
  });

  it('counts parameters by the highest', () => {
    expect(guard(read('select $2, $7, $7')).paramCount).toBe(7);
    expect(guard(read('select 1')).paramCount).toBe(0);
  });
});

function corpus(name: string): readonly { readonly name: string; readonly text: string }[] {
  const folder = join(CORPORA, name);
  if (name === 'clickbench') {
    const lines = readFileSync(join(folder, 'queries.sql'), 'utf8').trim().split('\n');
    return lines.map((text, i) => ({ name: `clickbench ${i}`, text }));
  }
  return readdirSync(folder).map((file) => ({
    name: `${name} ${file}`,
    text: readFileSync(join(folder, file), 'utf8'),
  }));
}

describe.each(['tpch', 'clickbench'])('%s', (name) => {
  if (!existsSync(join(CORPORA, name))) {
    it.skip(`the corpus ${name} is not there`, () => {});
    return;
  }
  const queries = corpus(name);

  it('passes whole', () => {
    const refused = queries.filter(({ text }) => refusal(() => guard(read(text))) !== null);
    console.log(`${queries.length - refused.length} of ${queries.length} queries of ${name} admitted`);
    expect(refused.map((query) => query.name)).toEqual([]);
  });

  it('prints and comes back', () => {
    const lost = queries.filter(({ text }) => {
      const { select } = guard(read(text));
      return !givesBack(print(select), select);
    });
    expect(lost.map((query) => query.name)).toEqual([]);
  });
});

describe('bounds', () => {
  const small: GuardBounds = {
    ...DEFAULT_BOUNDS,
    depth: 12,
    nodes: 60,
    relations: 2,
    items: 5,
    recursions: 1,
    parameters: 3,
    groupingSets: 4,
    repetition: 100,
  };

  it.each([
    { text: 'select 1+1+1+1+1+1+1+1+1+1+1+1', code: 'sql_too_deep' },
    { text: `select ${Array(6).fill('1').join()}`, code: 'sql_too_large' },
    { text: 'select 1 where 1 in (1,2,3,4,5,6)', code: 'sql_too_large' },
    { text: 'select 1 from a, b, c', code: 'sql_too_large' },
    { text: `select ${Array(5).fill('(a = 1 or b = 2 or c = 3 or d = 4)').join()}`, code: 'sql_too_large' },
    { text: 'select $4', code: 'sql_parameter' },
    { text: 'select 1 group by cube (a, b, c)', code: 'sql_too_large' },
    { text: "select repeat('x', 101)", code: 'sql_bound' },
    {
      text: 'with recursive a as (select 1 union all select * from a), b as (select 1 union select * from b) select 1',
      code: 'sql_too_large',
    },
  ])('$text', ({ text, code }) => {
    expect(refusal(() => guard(read(text)))).toBeNull();
    expect(refusal(() => guard(read(text), small))?.code).toBe(code);
  });
});

describe('whatever is not listed', () => {
  const base = (): SelectStmt =>
    structuredClone((read('select a from t').statement as { SelectStmt: SelectStmt }).SelectStmt);
  const parsed = (select: object): ParsedQuery =>
    ({ text: 'select a from t', statement: { SelectStmt: select } }) as unknown as ParsedQuery;

  it.each([
    { what: 'a field', change: { newClause: true } },
    { what: 'a field that is empty', change: { newClause: [] } },
    { what: 'a node type', change: { whereClause: { NewExpr: { args: [] } } } },
    {
      what: 'a node type where another is due',
      change: { whereClause: { RangeVar: { relname: 't', inh: true } } },
    },
    {
      what: 'two nodes in one',
      change: { whereClause: { A_Const: { isnull: true }, ColumnRef: { fields: [] } } },
    },
    { what: 'an empty node', change: { whereClause: {} } },
    { what: 'a value of an enum', change: { limitOption: 'LIMIT_OPTION_NEW' } },
    { what: 'a list that is none', change: { targetList: { ResTarget: {} } } },
    { what: 'a field of a leaf', change: { whereClause: { A_Const: { sval: { sval: 'x', more: 1 } } } } },
    { what: 'a flag that is none', change: { all: 'yes' } },
    { what: 'a node inside a name', change: { whereClause: { ColumnRef: { fields: [{ A_Const: {} }] } } } },
  ])('$what is refused', ({ change }) => {
    expect(refusal(() => guard(parsed(base())))).toBeNull();
    expect(refusal(() => guard(parsed({ ...base(), ...change })))?.code).toBe('sql_construct_refused');
  });
});

describe('positions', () => {
  it.each([
    { text: "select 'é😀', pg_sleep(1)", at: 'pg_sleep' },
    { text: 'select 1 from t, read_csv(a)', at: 'read_csv' },
    { text: 'select a::regclass', at: 'regclass' },
    { text: 'select 1 where a @@ b', at: '@@' },
    { text: 'select * from t tablesample system (1)', at: 'system' },
  ])('$text points at $at', ({ text, at }) => {
    expect(refusal(() => guard(read(text)))?.position).toBe(text.indexOf(at));
  });

  it('offers the nearest function', () => {
    expect(refusal(() => guard(read('select uper(a)')))?.hint).toContain('upper');
  });
});
