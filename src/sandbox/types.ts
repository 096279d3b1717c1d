/** Types of every engine as DuckDB's, each with the expression that makes its value from the text in which answers carry it. A type that is not known stays text. */

/** How a column comes to stand in the sandbox. */
export interface Landing {
  readonly type: string;
  /** How deep lambdas stand in one another in `from`, so that each has a name of its own. */
  readonly depth: number;
  /** @param text an expression that gives the value as answers write it, or NULL */
  from(text: string): string;
}

type TypeTree =
  | { readonly kind: 'named'; readonly name: string; readonly args: readonly number[] }
  | { readonly kind: 'list'; readonly of: TypeTree; readonly size: number | null }
  | { readonly kind: 'map'; readonly key: TypeTree; readonly value: TypeTree }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly of: TypeTree }[] };

export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const cast = (type: string): Landing => ({
  type,
  depth: 0,
  from: (text) => `CAST(${text} AS ${type})`,
});
const TEXT: Landing = { type: 'VARCHAR', depth: 0, from: (text) => text };

/** Years outside 0..9999 are signed, and that of 1 before Christ is 0; DuckDB writes them in another way. */
const FAR = "'^[+-][0-9]'";
const farDate = (text: string): string =>
  `make_date(CAST(regexp_extract(${text}, '^([+-][0-9]+)-', 1) AS BIGINT), CAST(regexp_extract(${text}, '^[+-][0-9]+-([0-9]+)', 1) AS BIGINT), CAST(regexp_extract(${text}, '^[+-][0-9]+-[0-9]+-([0-9]+)', 1) AS BIGINT))`;
const DATE: Landing = {
  type: 'DATE',
  depth: 0,
  from: (text) =>
    `CASE WHEN regexp_matches(${text}, ${FAR}) THEN ${farDate(text)} ELSE CAST(${text} AS DATE) END`,
};
/** The session's time zone is UTC, in which answers write moments. */
const moment = (type: string): Landing => ({
  type,
  depth: 0,
  from: (text) =>
    `CASE WHEN regexp_matches(${text}, ${FAR}) THEN CAST(${farDate(text)} + CAST(regexp_extract(${text}, 'T([0-9:.]+)', 1) AS TIME) AS ${type}) ELSE CAST(${text} AS ${type}) END`,
});
/** ISO 8601 with a sign on each part, which DuckDB 1.5 does not read. */
const INTERVAL: Landing = {
  type: 'INTERVAL',
  depth: 0,
  from(text) {
    const before = (unit: string) =>
      `CAST(coalesce(nullif(regexp_extract(split_part(${text}, 'T', 1), '([+-]?[0-9]+)${unit}', 1), ''), '0') AS BIGINT)`;
    const after = (unit: string) =>
      `CAST(coalesce(nullif(regexp_extract(split_part(${text}, 'T', 2), '([+-]?[0-9.]+)${unit}', 1), ''), '0') AS DECIMAL(30,6))`;
    const months = `to_months(CAST(${before('Y')} * 12 + ${before('M')} AS INTEGER))`;
    const days = `to_days(CAST(${before('D')} AS INTEGER))`;
    const micros = `to_microseconds(CAST((${after('H')} * 3600 + ${after('M')} * 60 + ${after('S')}) * 1000000 AS BIGINT))`;
    return `CASE WHEN ${text} IS NOT NULL THEN ${months} + ${days} + ${micros} END`;
  },
};
const BLOB: Landing = { type: 'BLOB', depth: 0, from: (text) => `from_base64(${text})` };

const NAMED: Readonly<Record<string, Landing>> = {
  ...Object.fromEntries(
    [
      ...[
        'boolean',
        'tinyint',
        'smallint',
        'integer',
        'bigint',
        'hugeint',
        'utinyint',
        'usmallint',
        'uinteger',
      ],
      ...[
        'ubigint',
        'uhugeint',
        'bignum',
        'float',
        'double',
        'time',
        'time_ns',
        'timestamp_s',
        'timestamp_ms',
      ],
      ...['timestamp_ns', 'uuid', 'bit', 'json', 'time with time zone'],
    ].map((name) => [name, cast(name.toUpperCase())]),
  ),
  date: DATE,
  timestamp: moment('TIMESTAMP'),
  'timestamp without time zone': moment('TIMESTAMP'),
  'timestamp with time zone': moment('TIMESTAMP WITH TIME ZONE'),
  'time without time zone': cast('TIME'),
  interval: INTERVAL,
  blob: BLOB,
  bytea: BLOB,
  jsonb: cast('JSON'),
  real: cast('FLOAT'),
  'double precision': cast('DOUBLE'),
  'bit varying': cast('BIT'),
  oid: cast('UINTEGER'),
  // What `SELECT NULL` gives; DuckDB makes the same of it in a table.
  null: cast('INTEGER'),
};

/** @param text as an answer names the type of a column: `decimal(10,2)`, `struct("a" integer)[]`, `character varying(20)` */
export function landingOf(text: string): Landing {
  return landing(parseType(text) ?? { kind: 'named', name: 'unknown', args: [] });
}

/** A decimal without bounds, whose values tell what it takes here. */
export const isUnboundedDecimal = (text: string): boolean => {
  const type = parseType(text);
  return type?.kind === 'named' && isDecimal(type.name) && !fits(type.args);
};

/** A list, which on PostgreSQL may be one of lists without its type saying so. */
export const isList = (text: string): boolean => parseType(text)?.kind === 'list';

/** @param whole digits before the point, at the most @param scale digits after it; null where a value is no number */
export function decimalLanding(digits: { readonly whole: number; readonly scale: number } | null): Landing {
  return digits === null || digits.whole + digits.scale > 38
    ? cast('DOUBLE')
    : cast(`DECIMAL(38,${digits.scale})`);
}

export const JSON_LANDING: Landing = cast('JSON');

const isDecimal = (name: string): boolean => name === 'decimal' || name === 'numeric';
const fits = ([width = 0, scale = 0]: readonly number[]): boolean =>
  width > 0 && width <= 38 && scale >= 0 && scale <= width;

function landing(type: TypeTree): Landing {
  switch (type.kind) {
    case 'named':
      if (isDecimal(type.name))
        return fits(type.args) ? cast(`DECIMAL(${type.args[0]},${type.args[1] ?? 0})`) : cast('DOUBLE');
      return Object.hasOwn(NAMED, type.name) ? (NAMED[type.name] ?? TEXT) : TEXT;
    case 'list':
      return listLanding(landing(type.of), type.size);
    case 'map':
      return mapLanding(landing(type.key), landing(type.value));
    case 'struct':
      return structLanding(type.fields.map(({ name, of }) => ({ name, of: landing(of) })));
    default:
      return type satisfies never;
  }
}

function listLanding(item: Landing, size: number | null): Landing {
  const type = `${item.type}[${size ?? ''}]`;
  const name = `item_${item.depth}`;
  return {
    type,
    depth: item.depth + 1,
    from(text) {
      const list = `list_transform(from_json(${text}, '["VARCHAR"]'), lambda ${name}: ${item.from(name)})`;
      return size === null ? list : `CAST(${list} AS ${type})`;
    },
  };
}

/** Keys are texts in JSON, whatever they are in the map. */
function mapLanding(key: Landing, value: Landing): Landing {
  const inner = Math.max(key.depth, value.depth);
  const name = `entry_${inner}`;
  const entry = `{ 'k': ${key.from(`${name}.key`)}, 'v': ${value.from(`${name}.value`)} }`;
  return {
    type: `MAP(${key.type}, ${value.type})`,
    depth: inner + 1,
    from: (text) =>
      `CASE WHEN ${text} IS NOT NULL THEN map_from_entries(list_transform(map_entries(from_json(${text}, '"MAP(VARCHAR,VARCHAR)"')), lambda ${name}: ${entry})) END`,
  };
}

function structLanding(fields: readonly { readonly name: string; readonly of: Landing }[]): Landing {
  const shape = literal(JSON.stringify(Object.fromEntries(fields.map(({ name }) => [name, 'VARCHAR']))));
  return {
    type: `STRUCT(${fields.map(({ name, of }) => `${identifier(name)} ${of.type}`).join(', ')})`,
    depth: Math.max(0, ...fields.map(({ of }) => of.depth)),
    from(text) {
      const made = fields.map(
        ({ name, of }) =>
          `${identifier(name)} := ${of.from(`struct_extract(from_json(${text}, ${shape}), ${literal(name)})`)}`,
      );
      return `CASE WHEN ${text} IS NOT NULL THEN struct_pack(${made.join(', ')}) END`;
    },
  };
}

/** Null for a text that is no type as answers write them. */
function parseType(text: string): TypeTree | null {
  const cursor = { at: 0 };
  const type = readType(text, cursor);
  return type !== null && text.slice(cursor.at).trim() === '' ? type : null;
}

function readType(text: string, cursor: { at: number }): TypeTree | null {
  let type = readBase(text, cursor);
  for (;;) {
    const suffix = /^\[(\d*)\]/.exec(text.slice(cursor.at));
    if (suffix === null || type === null) return type;
    cursor.at += suffix[0].length;
    type = { kind: 'list', of: type, size: suffix[1] ? Number(suffix[1]) : null };
  }
}

function take(pattern: RegExp, text: string, cursor: { at: number }): RegExpExecArray | null {
  const found = pattern.exec(text.slice(cursor.at));
  if (found !== null) cursor.at += found[0].length;
  return found;
}

function readBase(text: string, cursor: { at: number }): TypeTree | null {
  if (take(/^struct\(/, text, cursor) !== null) return readStruct(text, cursor);
  if (take(/^map\(/, text, cursor) !== null) {
    const key = readType(text, cursor);
    if (key === null || take(/^,\s*/, text, cursor) === null) return null;
    const value = readType(text, cursor);
    return value === null || take(/^\)/, text, cursor) === null ? null : { kind: 'map', key, value };
  }
  // Arguments may stand in the middle: `timestamp(3) without time zone`.
  const found = take(
    /^("char"|[a-z_][a-z0-9_]*)(?:\(([\d,\s-]*)\))?((?: [a-z_][a-z0-9_]*)*)(?:\(([\d,\s-]*)\))?/,
    text,
    cursor,
  );
  if (found === null) return null;
  const [, first = '', middle, rest = '', last] = found;
  const args = (middle ?? last ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  return { kind: 'named', name: `${first}${rest}`, args };
}

function readStruct(text: string, cursor: { at: number }): TypeTree | null {
  const fields: { name: string; of: TypeTree }[] = [];
  for (;;) {
    const name = take(/^"((?:[^"]|"")*)" /, text, cursor)?.[1];
    const of = name === undefined ? null : readType(text, cursor);
    if (name === undefined || of === null) return null;
    fields.push({ name: name.replaceAll('""', '"'), of });
    if (take(/^\)/, text, cursor) !== null) return { kind: 'struct', fields };
    if (take(/^,\s*/, text, cursor) === null) return null;
  }
}
