/** Gives a range its name and its columns the names that an alias gives them. */
import type { Alias } from '@pgsql/types';
import { open } from '../walk.ts';
import type { Context } from './context.ts';
import { fault } from './fault.ts';
import { finderOf, type Namespace, type ScopeColumn } from './scope.ts';

/** One range under its alias. A dataset keeps its dotted names only where it has no alias. */
export function named(
  name: string | null,
  paths: readonly string[],
  columns: readonly ScopeColumn[],
  alias: Alias | undefined,
  location: number | undefined,
  context: Context,
): Namespace {
  const renamed = renameColumns(columns, alias, location, context);
  const find = finderOf(renamed);
  const range = {
    name: alias?.aliasname ?? name,
    paths: alias === undefined ? paths : [],
    columns: renamed,
    find,
  };
  return { ranges: [range], columns: renamed, find };
}

function renameColumns(
  columns: readonly ScopeColumn[],
  alias: Alias | undefined,
  location: number | undefined,
  context: Context,
): readonly ScopeColumn[] {
  const names = (alias?.colnames ?? []).map((name) => open(name).body.sval as string);
  if (names.length > columns.length) {
    throw fault(
      context.text,
      'sql_semantics',
      `Relation "${alias?.aliasname}" has fewer columns than the ${names.length} names given`,
      location,
    );
  }
  return columns.map((column, i) => {
    const name = names[i];
    return name === undefined ? column : { ...column, name, insensitive: false };
  });
}
