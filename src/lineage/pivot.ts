/** PIVOT and UNPIVOT: the columns that stay, and new ones whose names stand in the data or in a list. */
import { type FlowContext, flow } from './flow.ts';
import { type Range, scopeOf } from './scope.ts';
import { mergeOpen, named, type Shape } from './shape.ts';
import { NOTHING, union } from './sources.ts';
import { star } from './star.ts';
import { type Fields, fold, isFields, kinded, listIn, nameOf, namesIn } from './tree.ts';

export function pivoted(fields: Fields, ranges: readonly Range[], context: FlowContext): Shape {
  const scope = scopeOf(ranges, null);
  const inner = star(ranges, []);
  // `PIVOT t ON … USING …` names its aggregates apart; without any it counts.
  const using = listIn(fields, 'using');
  const fromForm = listIn(fields, 'fields').length > 0;
  const made = union(
    (fromForm ? [...listIn(fields, 'expressions'), ...using] : using).map((one) => flow(one, scope, context)),
  );
  const names = fromForm ? namesMade(fields.fields) : null;
  return {
    // A made column may have the name of one that stays.
    columns: inner.columns.map((column) =>
      names === null || column.name === null || [...names].some((name) => name.includes(column.name ?? ''))
        ? { ...column, sources: union([column.sources, made]) }
        : column,
    ),
    exact: false,
    open: mergeOpen([inner.open, { alike: [], from: made }]),
    node: null,
  };
}

/** Null where they stand in the data. */
function namesMade(list: unknown): ReadonlySet<string> | null {
  const names = new Set<string>();
  const visit = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.every(visit);
    if (!isFields(value)) return true;
    const found = kinded(value);
    if (found === null) return Object.values(value).every(visit);
    const { kind, fields } = found;
    if (['select', 'union', 'subquery', 'any', 'pivot_any'].includes(kind)) return false;
    if (kind === 'literal') names.add(fold(String(fields.value)));
    if (kind === 'alias') names.add(nameOf(fields.alias) ?? '');
    return Object.values(fields).every(visit);
  };
  return visit(list) ? names : null;
}

export function unpivoted(fields: Fields, ranges: readonly Range[], context: FlowContext): Shape {
  const scope = scopeOf(ranges, null);
  const inner = star(ranges, []);
  const values = union(
    [...listIn(fields, 'columns'), ...listIn(fields, 'expressions'), ...listIn(fields, 'fields')].map((one) =>
      flow(one, scope, context),
    ),
  );
  const valueNames = [nameOf(fields.value_column), ...namesIn(fields, 'extra_value_columns')].filter(
    (name) => name !== null,
  );
  const nameColumn = nameOf(fields.name_column);
  return {
    columns: [
      ...inner.columns,
      ...valueNames.map((name) => named(name, values)),
      ...(nameColumn === null ? [] : [named(nameColumn, NOTHING)]),
    ],
    exact: false,
    open: mergeOpen([inner.open, { alike: [], from: values }]),
    node: null,
  };
}
