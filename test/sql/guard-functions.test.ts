/** The table of functions against DuckDB's own: every lowered name exists in system.main, takes as many arguments, and is steady. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FUNCTIONS, functionNamed, VALUE_FUNCTIONS } from '../../src/sql/guard/functions.ts';
import { OPERATORS } from '../../src/sql/guard/operators.ts';
import { TYPES } from '../../src/sql/guard/types.ts';
import { SPELLED } from '../../src/sql/rewrite/spell-duckdb.ts';

interface Known {
  readonly arities: ReadonlySet<number>;
  readonly variadicFrom: number | null;
  readonly volatile: boolean;
  readonly kinds: ReadonlySet<string>;
}

let duckdb: DuckDBConnection;
const known = new Map<string, Known>();

beforeAll(async () => {
  duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = await duckdb.runAndReadAll(`
    SELECT function_name, function_type, stability, len(parameters)::INTEGER, varargs
    FROM duckdb_functions() WHERE database_name = 'system' AND schema_name = 'main'`);
  for (const [name, kind, stability, count, varargs] of rows.getRowsJson() as [
    string,
    string,
    string | null,
    number,
    string | null,
  ][]) {
    const before = known.get(name);
    const variadic = varargs === null ? null : count;
    known.set(name, {
      arities: new Set([...(before?.arities ?? []), count]),
      variadicFrom: before?.variadicFrom ?? variadic,
      volatile: (before?.volatile ?? false) || stability === 'VOLATILE',
      kinds: new Set([...(before?.kinds ?? []), kind]),
    });
  }
});
afterAll(() => duckdb.closeSync());

/** DuckDB lists LAG and LEAD with all their defaults, and has WITHIN GROUP as syntax over other functions. */
const OWN_RULES = new Set(['lag', 'lead', 'percentile_cont', 'percentile_disc']);

/** Those that DuckDB has. */
const HERE = FUNCTIONS.flatMap((f) => (f.duckdb === null ? [] : [{ ...f, duckdb: f.duckdb }]));

describe('the table of functions', () => {
  it('names each function once', () => {
    const names = FUNCTIONS.map((f) => f.name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    console.log(`${names.length} functions`);
    expect(names.length).toBeGreaterThanOrEqual(200);
  });

  it('lowers to names that DuckDB has in system.main, with as many arguments', () => {
    const wrong = HERE.filter((f) => !OWN_RULES.has(f.name)).flatMap((f) => {
      const there = known.get(f.duckdb);
      if (there === undefined) return [`${f.name}: no ${f.duckdb}`];
      const takes = (count: number): boolean =>
        there.arities.has(count) || (there.variadicFrom !== null && count >= there.variadicFrom);
      // `count(*)` is another function there.
      const [min, max] = f.takes.duckdb ?? [f.min, f.max];
      const counts = [min, Math.min(max, min + 2), max];
      return counts.filter((count) => !takes(count)).map((count) => `${f.name}: not with ${count}`);
    });
    expect(wrong).toEqual([]);
  });

  it('has a spelling for each function that says so, and for no other', () => {
    expect(
      FUNCTIONS.filter((f) => f.spelled !== null)
        .map((f) => f.name)
        .sort(),
    ).toEqual([...SPELLED].sort());
  });

  it('holds no volatile function, and nothing that reads a table', () => {
    const wrong = HERE.filter((f) => {
      const there = known.get(f.duckdb);
      return there?.volatile === true || there?.kinds.has('pragma') === true;
    });
    expect(wrong.map((f) => f.name)).toEqual([]);
  });

  it('agrees with DuckDB on what is an aggregate', () => {
    const wrong = HERE.filter((f) => {
      const kinds = known.get(f.duckdb)?.kinds ?? new Set(['aggregate']);
      return f.kind === 'scalar' ? kinds.has('aggregate') : kinds.has('scalar');
    });
    expect(wrong.map((f) => f.name)).toEqual([]);
  });

  it.each([
    ...[
      'random',
      'setseed',
      'uuid',
      'gen_random_uuid',
      'nextval',
      'currval',
      'current_setting',
      'set_config',
    ],
    ...[
      'read_csv',
      'read_parquet',
      'read_text',
      'read_blob',
      'glob',
      'getenv',
      'query',
      'query_table',
      'duckdb_tables',
    ],
    ...[
      'pg_sleep',
      'sleep_ms',
      'pg_read_file',
      'lo_import',
      'dblink',
      'pg_advisory_lock',
      'version',
      'txid_current',
    ],
    ...[
      'error',
      'json_serialize_sql',
      'json_execute_serialized_sql',
      'json_deserialize_sql',
      'getvariable',
      'alias',
    ],
    ...[
      'current_database',
      'current_schema',
      'current_user',
      'current_query',
      'in_search_path',
      'write_log',
      'stats',
    ],
    ...['generate_series', 'range', 'unnest', 'printf', 'list_aggregate', 'list_transform', 'reduce'],
    ...[
      'pg_typeof',
      'to_regclass',
      'has_table_privilege',
      'pg_get_viewdef',
      'inet_server_addr',
      'pg_size_pretty',
    ],
  ])('does not hold %s', (name) => {
    expect(functionNamed(name)).toBeUndefined();
  });

  it('lowers CURRENT_DATE and its kin to functions of DuckDB', () => {
    const wrong = Object.values(VALUE_FUNCTIONS).filter((f) => known.get(f.duckdb)?.arities.has(0) !== true);
    expect(wrong).toEqual([]);
  });

  it.each(FUNCTIONS.filter((f) => f.sized !== null))('bounds what $name makes', ({ sized, max }) => {
    expect(sized?.argument).toBeLessThan(max);
    expect(sized?.max).toBeLessThanOrEqual(10_000);
  });
});

describe('the tables of operators and types', () => {
  it.each(OPERATORS.filter((o) => o.duckdb === 'itself'))(
    'DuckDB parses $name',
    async ({ name, prefix, infix }) => {
      const texts = [...(infix ? [`SELECT (a ${name} b)`] : []), ...(prefix ? [`SELECT (${name} a)`] : [])];
      for (const text of texts) {
        const [row] = (
          await duckdb.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [text])
        ).getRowsJson();
        expect(JSON.parse(String(row?.[0]))).toMatchObject({ error: false });
      }
    },
  );

  it.each(TYPES)('DuckDB knows what stands for $name', async ({ duckdb: name }) => {
    const lowered = TYPES.find((type) => type.name === name);
    const modifiers = lowered?.modifiers.min === 1 ? '(3)' : '';
    const result = await duckdb.runAndReadAll(`SELECT CAST(NULL AS ${lowered?.written}${modifiers})`);
    expect(result.getRowsJson()).toEqual([[null]]);
  });
});
