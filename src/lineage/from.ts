/** What stands in FROM becomes ranges: relations, names of WITH, subqueries, joins, and functions that give rows. */
import { inSight } from './ctes.ts';
import { quotesPaths, spelled } from './dialect.ts';
import { type FlowContext, flow, functionName } from './flow.ts';
import { pivoted, unpivoted } from './pivot.ts';
import type { Around, Evaluate } from './reading.ts';
import { lookup, type Range, type Scope } from './scope.ts';
import { hasColumn, NOBODY_KNOWS, opaque, renamed, type Shape } from './shape.ts';
import { type Sources, union, unresolved } from './sources.ts';
import { star } from './star.ts';
import {
  expected,
  type Fields,
  fold,
  isFields,
  kinded,
  listIn,
  nameOf,
  namesIn,
  Unreadable,
} from './tree.ts';

export interface FromContext {
  readonly around: Around;
  readonly flowing: FlowContext;
  readonly evaluate: Evaluate;
}

/** @param scope what stands further left: LATERAL, and what acts like it unsaid, may read it */
export function rangesOf(item: unknown, scope: Scope, context: FromContext): readonly Range[] {
  const { kind, fields } = expected(item);
  switch (kind) {
    case 'table':
      return [relation(fields, scope, context)];
    case 'subquery': {
      const shape = context.evaluate(item, { ...context.around, outer: scope });
      return [range(nameOf(fields.alias), shape)];
    }
    case 'alias':
      return [aliased(fields, scope, context)];
    case 'paren':
    case 'annotated':
      return rangesOf(fields.this, scope, context);
    case 'joined_table':
      return joinedTable(fields, scope, context);
    case 'values':
      return [
        range(
          nameOf(fields.alias),
          renamed(valuesShape(fields, scope, context), namesIn(fields, 'column_aliases')),
        ),
      ];
    case 'pivot':
    case 'unpivot': {
      const ranges = rangesOf(tableNamed(fields.this), scope, context);
      const shape = (kind === 'unpivot' || fields.unpivot === true ? unpivoted : pivoted)(
        fields,
        ranges,
        context.flowing,
      );
      return [
        range(nameOf(fields.alias) ?? onlyName(ranges), renamed(shape, namesIn(fields, 'alias_columns'))),
      ];
    }
    case 'lateral':
      return lateral(nameOf(fields.alias), fields, scope, context);
    case 'select':
    case 'union':
    case 'intersect':
    case 'except':
      return [range(null, context.evaluate(item, { ...context.around, outer: scope }))];
    default:
      return [rows(item, nameOf(fields.alias), namesIn(fields, 'column_aliases'), scope, context)];
  }
}

/** LATERAL VIEW of the Hive family. */
export function lateralView(view: Fields, scope: Scope, context: FromContext): Range {
  return rows(view.this, nameOf(view.table_alias), namesIn(view, 'column_aliases'), scope, context);
}

/** What a join makes of two sides. */
export interface Joined {
  readonly ranges: readonly Range[];
  /** Columns that USING or NATURAL made one. */
  readonly merged: readonly string[];
}

export function joined(left: Joined, join: Fields, scope: Scope, context: FromContext): Joined {
  if (listIn(join, 'pivots').length > 0) throw new Unreadable('it pivots inside a join');
  const right = rangesOf(join.this, { ...scope, ranges: left.ranges }, context);
  const kind = String(join.kind).toLowerCase();
  // The right side of a semi join chooses rows and shows no column.
  if (/semi|anti/.test(kind) && !kind.startsWith('right')) return left;
  const merged = kind.includes('natural') ? shared(left.ranges, right) : namesIn(join, 'using');
  return { ranges: [...left.ranges, ...right], merged: [...left.merged, ...merged] };
}

function shared(left: readonly Range[], right: readonly Range[]): readonly string[] {
  const names = right.flatMap(({ shape }) => shape.columns.flatMap(({ name }) => name ?? []));
  return names.filter((name) => left.some(({ shape }) => hasColumn(shape, name)));
}

function joinedTable(fields: Fields, scope: Scope, context: FromContext): readonly Range[] {
  let both: Joined = { ranges: rangesOf(fields.left, scope, context), merged: [] };
  for (const join of listIn(fields, 'joins').filter(isFields)) both = joined(both, join, scope, context);
  for (const view of listIn(fields, 'lateral_views').filter(isFields))
    both = {
      ...both,
      ranges: [...both.ranges, lateralView(view, { ...scope, ranges: both.ranges }, context)],
    };
  const alias = nameOf(fields.alias);
  if (alias !== null) return [range(alias, star(both.ranges, both.merged))];
  if (both.merged.length === 0) return both.ranges;
  // Whoever takes a star of them does not know what was merged.
  return both.ranges.map((one) => ({ ...one, shape: { ...one.shape, exact: false } }));
}

const range = (name: string | null, shape: Shape, path: readonly string[] = []): Range => ({
  name,
  path,
  shape,
});

const onlyName = (ranges: readonly Range[]): string | null =>
  ranges.length === 1 ? (ranges[0]?.name ?? null) : null;

function relation(fields: Fields, scope: Scope, context: FromContext): Range {
  const { reading, env } = context.around;
  const written = [fields.catalog, fields.schema, fields.name].flatMap((part) => nameOf(part) ?? []);
  const path = quotesPaths(reading.dialect) ? written.flatMap((part) => part.split('.')) : written;
  const name = nameOf(fields.alias) ?? path.at(-1) ?? null;
  const cte = path.length === 1 ? inSight(spellingOf(fields.name, reading.dialect) ?? '', env) : null;
  const shape = cte ?? reading.relation(path) ?? nested(path, scope) ?? NOBODY_KNOWS;
  return range(name, renamed(shape, namesIn(fields, 'column_aliases')), path);
}

export function spellingOf(identifier: unknown, dialect: string): string | null {
  if (!isFields(identifier) || typeof identifier.name !== 'string') return null;
  return spelled(identifier.name, identifier.quoted === true, dialect);
}

/** `FROM t, t.items`: the rows of a column, where a dialect has that. */
function nested(path: readonly string[], scope: Scope): Shape | null {
  if (path.length < 2) return null;
  const [first] = path;
  if (!scope.ranges.some(({ name }) => name === first)) return null;
  const sources = lookup(path, scope);
  return sources === null ? null : opaque(sources);
}

/** DuckDB's `PIVOT t` carries the name of the relation as that of a column. */
function tableNamed(item: unknown): unknown {
  const found = kinded(item);
  if (found?.kind !== 'column') return item;
  const { name, table } = found.fields;
  return { table: { name, schema: table ?? null, catalog: null, alias: null, column_aliases: [] } };
}

function aliased(fields: Fields, scope: Scope, context: FromContext): Range {
  const name = nameOf(fields.alias);
  const names = namesIn(fields, 'column_aliases');
  const inner = expected(fields.this);
  if (READS_ROWS.has(inner.kind)) {
    const ranges = rangesOf(fields.this, scope, context);
    return range(name, renamed(star(ranges, []), names));
  }
  return rows(fields.this, name, names, scope, context);
}

const READS_ROWS: ReadonlySet<string> = new Set([
  'table',
  'subquery',
  'paren',
  'joined_table',
  'values',
  'pivot',
  'unpivot',
  'lateral',
  'select',
  'union',
  'intersect',
  'except',
]);

function lateral(name: string | null, fields: Fields, scope: Scope, context: FromContext): readonly Range[] {
  const inner = expected(fields.this);
  const names = namesIn(fields, 'column_aliases');
  if (!READS_ROWS.has(inner.kind)) return [rows(fields.this, name, names, scope, context)];
  return rangesOf(fields.this, scope, context).map((one) => ({
    ...one,
    name: name ?? one.name,
    shape: renamed(one.shape, names),
  }));
}

/** Functions whose rows are made of their arguments and of nothing else. */
const MADE_OF_ARGUMENTS: ReadonlySet<string> = new Set([
  'unnest',
  'explode',
  'explode_outer',
  'posexplode',
  'posexplode_outer',
  'inline',
  'inline_outer',
  'stack',
  'flatten',
  'table',
  'generate_series',
  'exploding_generate_series',
  'generate_date_array',
  'generate_timestamp_array',
  'generate_array',
  'generator',
  'range',
  'sequence',
  'generate_subscripts',
  'split_to_table',
  'strtok_split_to_table',
  'string_split',
  'string_to_table',
  'regexp_split_to_table',
  'regexp_matches',
  'json_each',
  'json_each_text',
  'json_tree',
  'jsonb_each',
  'jsonb_each_text',
  'json_array_elements',
  'json_array_elements_text',
  'jsonb_array_elements',
  'jsonb_array_elements_text',
  'json_object_keys',
  'jsonb_object_keys',
  'json_to_record',
  'jsonb_to_record',
  'json_to_recordset',
  'jsonb_to_recordset',
  'json_table',
  'j_s_o_n_table',
  'openjson',
  'open_j_s_o_n',
]);

/** Rows of a function. One that is not known may read anything. */
function rows(
  item: unknown,
  name: string | null,
  names: readonly string[],
  scope: Scope,
  context: FromContext,
): Range {
  const { kind, fields } = expected(item);
  const from = flow(item, scope, context.flowing);
  const word = kind === 'function' ? functionName(fields) : kind;
  const inner = word === 'table' ? listIn(fields, 'args').map((one) => wordOf(one)) : [word];
  const known = inner.every((one) => MADE_OF_ARGUMENTS.has(one));
  const offset = nameOf(fields.offset_alias);
  const given = known ? from : unresolved(from);
  return range(name, opaque(given, offset === null ? names : [...names, offset]), []);
}

function wordOf(item: unknown): string {
  const found = kinded(item);
  if (found === null) return '';
  return found.kind === 'function' ? functionName(found.fields) : fold(found.kind);
}

/** Column by column over all rows. */
function valuesShape(fields: Fields, scope: Scope, context: FromContext): Shape {
  const tuples = listIn(fields, 'expressions').filter(isFields);
  const width = Math.max(0, ...tuples.map((tuple) => listIn(tuple, 'expressions').length));
  const sourcesAt = (index: number): Sources =>
    union(tuples.map((tuple) => flow(listIn(tuple, 'expressions')[index], scope, context.flowing)));
  return {
    columns: Array.from({ length: width }, (_, index) => ({
      name: null,
      hint: `column${index + 1}`,
      sources: sourcesAt(index),
    })),
    exact: true,
    open: null,
    node: null,
  };
}
