/** The server's types: what they are called, the family shared by all engines, and how their values are written. */
import type { TypeFamily } from '../../catalogue/dataset.ts';
import { typeFamily } from '../../catalogue/types.ts';
import { arrayOf } from './arrays.ts';
import { boolean, bytea, type Format, float4, float8, integer, long, quoted, text } from './formats.ts';
import { date, interval, time, timestamp, timestamptz, timetz } from './temporal.ts';

export interface ServerType {
  /** Lower-case, as SQL spells it; never with a schema, which is nobody's to see. */
  readonly text: string;
  readonly family: TypeFamily;
  readonly format: Format;
}

interface BuiltIn {
  readonly oid: number;
  readonly array: number;
  readonly name: string;
  readonly format: Format;
  /** The name with its modifier: `numeric(10,2)`. */
  readonly modified?: (modifier: number) => string;
  readonly family?: TypeFamily;
}

/** `varchar(20)`: the header of four bytes is counted in. */
const length = (name: string) => (modifier: number) => `${name}(${modifier - 4})`;
const bits = (name: string) => (modifier: number) => `${name}(${modifier})`;
const precision = (name: string, rest: string) => (modifier: number) => `${name}(${modifier})${rest}`;

/** The scale has eleven bits and a sign since PostgreSQL 15. */
function numeric(modifier: number): string {
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  return `numeric(${((modifier - 4) >> 16) & 0xffff},${scale})`;
}

const BUILT_IN: readonly BuiltIn[] = [
  { oid: 16, array: 1000, name: 'boolean', format: boolean },
  { oid: 17, array: 1001, name: 'bytea', format: bytea },
  { oid: 18, array: 1002, name: '"char"', format: text },
  { oid: 19, array: 1003, name: 'name', format: text },
  { oid: 20, array: 1016, name: 'bigint', format: long },
  { oid: 21, array: 1005, name: 'smallint', format: integer },
  { oid: 23, array: 1007, name: 'integer', format: integer },
  { oid: 25, array: 1009, name: 'text', format: text },
  { oid: 26, array: 1028, name: 'oid', format: integer },
  { oid: 114, array: 199, name: 'json', format: text },
  { oid: 700, array: 1021, name: 'real', format: float4 },
  { oid: 701, array: 1022, name: 'double precision', format: float8 },
  // With a currency sign: no decimal that anyone could count with.
  { oid: 790, array: 791, name: 'money', format: text, family: 'other' },
  { oid: 1042, array: 1014, name: 'character', format: text, modified: length('character') },
  { oid: 1043, array: 1015, name: 'character varying', format: text, modified: length('character varying') },
  { oid: 1082, array: 1182, name: 'date', format: date },
  {
    oid: 1083,
    array: 1183,
    name: 'time without time zone',
    format: time,
    modified: precision('time', ' without time zone'),
  },
  {
    oid: 1114,
    array: 1115,
    name: 'timestamp without time zone',
    format: timestamp,
    modified: precision('timestamp', ' without time zone'),
  },
  {
    oid: 1184,
    array: 1185,
    name: 'timestamp with time zone',
    format: timestamptz,
    modified: precision('timestamp', ' with time zone'),
  },
  { oid: 1186, array: 1187, name: 'interval', format: interval },
  {
    oid: 1266,
    array: 1270,
    name: 'time with time zone',
    format: timetz,
    modified: precision('time', ' with time zone'),
  },
  { oid: 1560, array: 1561, name: 'bit', format: quoted, modified: bits('bit') },
  { oid: 1562, array: 1563, name: 'bit varying', format: quoted, modified: bits('bit varying') },
  { oid: 1700, array: 1231, name: 'numeric', format: quoted, modified: numeric },
  { oid: 2950, array: 2951, name: 'uuid', format: quoted },
  { oid: 3802, array: 3807, name: 'jsonb', format: text },
];

const BY_OID = new Map(BUILT_IN.map((type) => [type.oid, type]));
const BY_ARRAY = new Map(BUILT_IN.map((type) => [type.array, type]));

/** A row of `pg_type`. */
export interface TypeRow {
  readonly oid: number;
  readonly name: string;
  /** `b`ase, `c`omposite, `d`omain, `e`num, `p`seudo, `r`ange, `m`ultirange. */
  readonly kind: string;
  /** `A` for arrays. */
  readonly category: string;
  readonly element: number;
  readonly base: number;
  readonly modifier: number;
  readonly delimiter: string;
}

/** The types asked for, and those that they are made of. For an empty search path. */
export const TYPE_ROWS = `
WITH RECURSIVE wanted AS (
  SELECT t.* FROM pg_type t WHERE t.oid = ANY ($1::oid[])
  UNION ALL
  SELECT t.* FROM wanted w JOIN pg_type t
    ON t.oid = CASE WHEN w.typtype = 'd' THEN w.typbasetype WHEN w.typcategory = 'A' THEN w.typelem END
)
SELECT DISTINCT oid::int8::float8 AS oid, typname::text AS name, typtype::text AS kind,
       typcategory::text AS category, typelem::int8::float8 AS element,
       typbasetype::int8::float8 AS base, typtypmod AS modifier, typdelim::text AS delimiter
FROM wanted`;

/** Types by OID: the built-in ones at once, others when their rows were added. */
export class Types {
  private readonly rows = new Map<number, TypeRow>();

  add(rows: readonly TypeRow[]): void {
    for (const row of rows) this.rows.set(row.oid, row);
  }

  /** OIDs that must be looked up before `of` can tell. */
  missing(oids: Iterable<number>): readonly number[] {
    return [...new Set(oids)].filter((oid) => !BY_OID.has(oid) && !BY_ARRAY.has(oid) && !this.rows.has(oid));
  }

  /** @param modifier -1 where there is none. What nobody knows is written as the server's text. */
  of(oid: number, modifier: number): ServerType {
    const known = BY_OID.get(oid);
    if (known !== undefined) return builtIn(known, modifier);
    const item = BY_ARRAY.get(oid);
    if (item !== undefined) return listOf(builtIn(item, modifier));
    const row = this.rows.get(oid);
    if (row === undefined) return { text: 'unknown', family: 'other', format: text };
    if (row.kind === 'd') return this.of(row.base, row.modifier);
    if (row.category === 'A' && row.element !== 0) {
      const element = this.rows.get(row.element);
      return listOf(this.of(row.element, modifier), element?.delimiter);
    }
    // Values of an enum are data, so the type never lists them.
    if (row.kind === 'e') return { text: 'enum', family: 'text', format: text };
    return { text: row.name, family: row.name === 'citext' ? 'text' : 'other', format: text };
  }
}

function builtIn(type: BuiltIn, modifier: number): ServerType {
  const name = modifier >= 0 && type.modified !== undefined ? type.modified(modifier) : type.name;
  return { text: name, family: type.family ?? typeFamily(name, 'postgres'), format: type.format };
}

function listOf(item: ServerType, delimiter = ','): ServerType {
  return {
    text: `${item.text}[]`,
    family: 'list',
    format: arrayOf(item.format, delimiter.charCodeAt(0)),
  };
}
