/** Relations with lists, JSON, moments and intervals under policies, and the same governed by hand: what one text gives on PostgreSQL's copy, both engines must give. */
import type { Dataset } from '../../src/catalogue/dataset.ts';
import { dataset, type RulesById } from './fixture.ts';

const COLUMNS = [
  'id integer',
  'owner text',
  'tags text[]',
  'nums integer[]',
  'doc jsonb',
  'ts timestamp',
  'tz timestamptz',
  'd date',
  'iv interval',
  'n numeric(12,3)',
  'f double precision',
  's text',
  'secret text',
] as const;

/** @param database of which they are relations */
export const thingsIn = (database: string, engine: 'duckdb' | 'postgres'): readonly Dataset[] => [
  dataset(
    'gold.things',
    COLUMNS.map((column) => typed(column, engine)),
    {
      database,
      schema: 'gold',
      identifier: 'things',
    },
  ),
  dataset('gold.edges', ['a integer', 'b integer', 'owner text'], {
    database,
    schema: 'gold',
    identifier: 'edges',
  }),
];

const typed = (column: string, engine: 'duckdb' | 'postgres'): string =>
  engine === 'duckdb' ? column.replace('jsonb', 'JSON').replace('double precision', 'DOUBLE') : column;

const VISIBLE = {
  kind: 'any',
  left: { kind: 'column', name: 'owner' },
  list: { kind: 'identity', path: ['attributes', 'regions'] },
} as const;

export const THINGS_RULES: RulesById = {
  'gold.things': {
    hidden: ['secret'],
    masks: { s: { kind: 'partial', first: 3, last: 0, with: '*' } },
    rows: [VISIBLE],
  },
  'gold.edges': { rows: [VISIBLE] },
};

interface Thing {
  readonly visible: boolean;
  readonly values: readonly string[];
  readonly s: string | null;
}

const text = (value: string | null): string => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);

const THINGS: readonly Thing[] = [
  {
    visible: true,
    s: 'hello world',
    values: [
      "ARRAY['a', 'b', 'c']",
      'ARRAY[3, 1, 2]',
      `'{"a": 1, "b": [1, 2, {"c": "x"}], "n": null, "s": "str"}'`,
      "'2024-02-29 13:45:06.789'",
      "'2024-02-29 13:45:06+00'",
      "'2024-02-29'",
      "'1 year 2 months 3 days 04:05:06'",
      '12345.678',
      '1.5',
    ],
  },
  {
    visible: true,
    s: 'a,b,,c',
    values: [
      'CAST(ARRAY[] AS text[])',
      'ARRAY[7]',
      `'[1, "two", null, {"x": 1}]'`,
      "'2023-12-31 23:59:59'",
      "'2023-12-31 23:59:59+00'",
      "'2023-12-31'",
      "'36:00:00'",
      '-0.005',
      '-2.25',
    ],
  },
  { visible: true, s: null, values: Array.from({ length: 9 }, () => 'NULL') },
  {
    visible: true,
    s: "Ünï'cödé",
    values: [
      "ARRAY['x', NULL, 'z']",
      'ARRAY[NULL, 5, 5]',
      `'{"k": {"deep": true}, "": 0}'`,
      "'1999-01-05 00:00:00'",
      "'1970-01-01 00:00:00+00'",
      "'1999-01-03'",
      "'-45 days'",
      '0',
      "'NaN'",
    ],
  },
  {
    visible: false,
    s: 'SECRET',
    values: [
      "ARRAY['SECRET']",
      'ARRAY[0, 2000000000]',
      `'"SECRET"'`,
      "'4000-01-01 00:00:00'",
      "'4000-01-01 00:00:00+00'",
      "'4000-01-01'",
      "'900 years'",
      '99999.999',
      '-1e300',
    ],
  },
];

/** `1→2→3→1`, `3→4→5`, and an edge that is hidden. */
const EDGES = ['1, 2', '2, 3', '3, 1', '3, 4', '4, 5'];

/** Statements that make the relations, as they are or as this caller may see them. */
export function thingsSql(form: 'base' | 'copy', engine: 'duckdb' | 'postgres'): readonly string[] {
  const columns = COLUMNS.filter((column) => form === 'base' || !column.startsWith('secret'));
  const statements = [
    'CREATE SCHEMA IF NOT EXISTS gold',
    `CREATE TABLE gold.things (${columns.map((column) => typed(column, engine)).join(', ')})`,
    'CREATE TABLE gold.edges (a integer, b integer, owner text)',
  ];
  for (const [i, { visible, values, s }] of THINGS.entries()) {
    if (form === 'copy' && !visible) continue;
    const shown = form === 'base' || s === null ? s : masked(s);
    const secret = form === 'base' ? [text('SECRET')] : [];
    const row = [String(i + 1), text(visible ? 'EU' : 'US'), ...values, text(shown), ...secret];
    statements.push(`INSERT INTO gold.things VALUES (${row.join(', ')})`);
  }
  for (const edge of EDGES) statements.push(`INSERT INTO gold.edges VALUES (${edge}, 'EU')`);
  if (form === 'base') statements.push("INSERT INTO gold.edges VALUES (5, 6, 'US')");
  return statements;
}

function masked(value: string): string {
  const letters = [...value];
  return letters.slice(0, 3).join('') + '*'.repeat(Math.max(0, letters.length - 3));
}
