/** The tables of functions, operators and types against a real server's catalog. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../../src/sql/guard/functions.ts';
import { LEAKPROOF } from '../../src/sql/guard/functions-postgres.ts';
import { OPERATORS } from '../../src/sql/guard/operators.ts';
import { SET_FUNCTIONS } from '../../src/sql/guard/set-functions.ts';
import { TYPES } from '../../src/sql/guard/types.ts';
import { TAKES_ROW } from '../../src/sql/rewrite/takes-row.ts';
import { missingServer, startServer, type TestServer } from '../engines/postgres/server.ts';

interface Known {
  readonly kinds: ReadonlySet<string>;
  readonly volatile: boolean;
  readonly sets: boolean;
  readonly takes: (count: number) => boolean;
}

const HERE = FUNCTIONS.flatMap((f) => (f.postgres === null ? [] : [{ ...f, postgres: f.postgres }]));
/** `count(*)` and hypothetical sets are listed apart; WITHIN GROUP counts what it sorts. */
const OWN_RULES = new Set([
  'percentile_cont',
  'percentile_disc',
  'mode',
  'min',
  'max',
  'array_length',
  'json_array_length',
]);

/** The tables are those of this version; what an older server lacks or marks otherwise cannot raise any more for that. */
const TABLES_OF = 18;
const OLDER = 'the tables are those of a newer server';

describe.skipIf(missingServer !== null)('the tables as PostgreSQL has them', () => {
  let server: TestServer;
  const known = new Map<string, Known>();
  beforeAll(async () => {
    server = await startServer();
    const rows = await server.rows(
      `SELECT proname AS name, prokind::text AS kind, provolatile::text AS volatility, proretset AS sets,
              pronargs::int AS most, (pronargs - pronargdefaults)::int AS least, provariadic <> 0 AS variadic
       FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace`,
    );
    for (const [name, overloads] of Map.groupBy(rows, (row) => String(row.name)))
      known.set(name, {
        kinds: new Set(overloads.map((row) => String(row.kind))),
        volatile: overloads.some((row) => row.volatility === 'v'),
        sets: overloads.some((row) => row.sets === true),
        takes: (count) =>
          overloads.some(
            (row) => count >= Number(row.least) && (row.variadic === true || count <= Number(row.most)),
          ),
      });
  });
  afterAll(() => server?.close());

  it('has each function in pg_catalog, with as many arguments', ({ skip }) => {
    skip(server.version < TABLES_OF, OLDER);
    const wrong = HERE.filter((f) => !OWN_RULES.has(f.name)).flatMap((f) => {
      const there = known.get(f.postgres);
      if (there === undefined) return [`${f.name}: no ${f.postgres}`];
      return (f.takes.postgres ?? [f.min, f.max])
        .filter((count) => !there.takes(count))
        .map((count) => `${f.name}: not with ${count}`);
    });
    expect(wrong).toEqual([]);
    console.log(`${HERE.length} functions on PostgreSQL`);
  });

  it('holds none that is volatile or gives sets', ({ skip }) => {
    skip(server.version < TABLES_OF, OLDER);
    const wrong = HERE.filter(({ postgres }) => known.get(postgres)?.volatile || known.get(postgres)?.sets);
    expect(wrong.map((f) => f.name)).toEqual([]);
  });

  it('has each function that gives rows, and none of them is volatile', ({ skip }) => {
    skip(server.version < TABLES_OF, OLDER);
    const wrong = SET_FUNCTIONS.flatMap(({ name, postgres, min, max }) => {
      const there = known.get(postgres);
      if (there === undefined || !there.sets || there.volatile) return [name];
      // Of several lists `unnest` is a form of the grammar.
      return [min, name === 'unnest' ? min : max].filter((count) => !there.takes(count)).map(() => name);
    });
    expect(wrong).toEqual([]);
  });

  it('agrees on what is an aggregate', ({ skip }) => {
    skip(server.version < TABLES_OF, OLDER);
    const wrong = HERE.filter((f) => {
      const kinds = known.get(f.postgres)?.kinds ?? new Set();
      if (f.kind === 'scalar') return !kinds.has('f');
      return f.kind === 'window' ? !kinds.has('w') : !kinds.has('a');
    });
    expect(wrong.map((f) => f.name)).toEqual([]);
  });

  it('marks leakproof what runs below a filter', async ({ skip }) => {
    skip(server.version < TABLES_OF, OLDER);
    const types = [
      'boolean',
      'int2',
      'int4',
      'int8',
      'float4',
      'float8',
      'text',
      'bpchar',
      'bytea',
      'date',
      'time',
      'timestamp',
      'timestamptz',
      'uuid',
    ];
    const groups = [['int2', 'int4', 'int8'], ['float4', 'float8'], ...types.map((type) => [type])];
    const operators = await server.rows(
      `SELECT o.oprname AS name, l.typname AS "left", r.typname AS "right", p.proleakproof AS leakproof
       FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
       JOIN pg_type l ON l.oid = o.oprleft JOIN pg_type r ON r.oid = o.oprright
       WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprname IN ('=', '<>', '<', '<=', '>', '>=')`,
    );
    const plain = (type: unknown): string => (type === 'bool' ? 'boolean' : String(type));
    const meant = operators.filter((o) =>
      groups.some((group) => group.includes(plain(o.left)) && group.includes(plain(o.right))),
    );
    expect(new Set(meant.map((o) => plain(o.left)))).toEqual(new Set(types));
    expect(meant.filter((o) => o.leakproof !== true)).toEqual([]);

    const casts = await server.rows(
      `SELECT s.typname AS "from", t.typname AS "to", p.proleakproof AS leakproof
       FROM pg_cast c JOIN pg_type s ON s.oid = castsource JOIN pg_type t ON t.oid = casttarget JOIN pg_proc p ON p.oid = castfunc
       WHERE (s.typname, t.typname) IN (('int2','int4'), ('int2','int8'), ('int4','int8'), ('int2','float8'), ('int4','float8'), ('int8','float8'), ('float4','float8'))`,
    );
    expect(casts).toHaveLength(7);
    expect(casts.filter((cast) => cast.leakproof !== true)).toEqual([]);

    const functions = await server.rows(
      `SELECT proname AS name, bool_and(proleakproof) AS leakproof FROM pg_proc
       WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY ($1) GROUP BY 1`,
      [[...LEAKPROOF]],
    );
    expect(functions.filter((f) => f.leakproof === true).map((f) => f.name)).toEqual([...LEAKPROOF].sort());
  });

  it('knows each function that takes a whole row', async () => {
    const rows = await server.rows(
      `SELECT DISTINCT proname AS name FROM pg_proc
       WHERE pronamespace = 'pg_catalog'::regnamespace AND pronargs = 1
         AND proargtypes[0]::regtype::text IN ('record', '"any"', 'anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray')`,
    );
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.map((row) => String(row.name)).filter((name) => !TAKES_ROW.has(name))).toEqual([]);
  });

  it('has each operator', async () => {
    const rows = await server.rows(
      `SELECT DISTINCT oprname AS name FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace`,
    );
    const there = new Set(rows.map((row) => row.name));
    const differ = OPERATORS.filter((o) => o.postgres !== (there.has(o.name) || o.name === '!='));
    expect(differ.map((o) => o.name)).toEqual([]);
  });

  it.each(TYPES.filter((type) => type.postgres !== null))('has the type $name', async ({ postgres }) => {
    const type = TYPES.find((one) => one.name === postgres);
    const modifiers = type?.modifiers.min === 1 ? '(3)' : '';
    const rows = await server.rows(`SELECT CAST(NULL AS ${type?.written}${modifiers}) AS value`);
    expect(rows).toEqual([{ value: null }]);
  });
});
