/** The reference of accepted functions, operators and types, from the tables that the guard reads. */

import { DEFAULT_BOUNDS } from '../../src/sql/guard/bounds.ts';
import type { SqlFunction } from '../../src/sql/guard/function-row.ts';
import { FUNCTIONS } from '../../src/sql/guard/functions.ts';
import { LEAKPROOF } from '../../src/sql/guard/functions-postgres.ts';
import { OPERATORS } from '../../src/sql/guard/operators.ts';
import { SET_FUNCTIONS } from '../../src/sql/guard/set-functions.ts';
import { TYPES } from '../../src/sql/guard/types.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');

function arity({ min, max }: SqlFunction): string {
  return min === max ? String(min) : `${min} to ${max}`;
}

function raises({ raises: value }: SqlFunction): string {
  if (value === 'unless_constant') return 'unless its other arguments are literals';
  return value ? 'yes' : 'no';
}

function bound({ sized, literals }: SqlFunction): string {
  const parts = [
    ...(sized === null ? [] : [`argument ${sized.argument + 1} is a literal up to ${sized.max}`]),
    ...literals.map((index) => `argument ${index + 1} is a literal`),
  ];
  return parts.join('; ');
}

/** What an engine has of it, and how many arguments where they are others than the row says. */
function there(one: SqlFunction, engine: 'duckdb' | 'postgres'): string {
  const name = one[engine];
  const parts = [
    ...(name === null ? [] : [`\`${name}\``]),
    ...(engine === 'duckdb' && one.spelled !== null ? [one.spelled] : []),
  ];
  const [min, max] = one.takes[engine] ?? [one.min, one.max];
  const others = one.takes[engine] !== undefined && name !== null;
  return `${parts.join('; ')}${others ? ` (${min === max ? min : `${min} to ${max}`})` : ''}`;
}

const IN_DUCKDB = { itself: 'yes', lowered: "with PostgreSQL's meaning", not: '' } as const;

export function functionsPage(): string {
  const groups = [...new Set(FUNCTIONS.map((one) => one.group))];
  const lines = [
    '# Functions, operators and types',
    '',
    'Generated from the tables that the guard reads; whatever is not here is refused. No function on it is volatile, or reads files,',
    "the network, the catalog or settings. Callers write PostgreSQL's grammar; meanings are the engine's own where they differ.",
    '“Raises” says whether it can fail on some value in DuckDB: under a row filter such a call stands behind a fence. PostgreSQL itself says',
    `what may run without one: of the scalar functions ${[...LEAKPROOF].join(' and ')} alone.`,
    '',
  ];
  for (const group of groups) {
    lines.push(
      `## ${group}`,
      '',
      '| function | arguments | kind | gives | raises | bounds | in DuckDB | in PostgreSQL |',
      '|---|---|---|---|---|---|---|---|',
    );
    for (const one of FUNCTIONS.filter((candidate) => candidate.group === group))
      lines.push(
        `| \`${one.name}\` | ${arity(one)} | ${one.kind} | ${one.result} | ${raises(one)} | ${bound(one)} | ${there(one, 'duckdb')} | ${there(one, 'postgres')} |`,
      );
    lines.push('');
  }
  lines.push(...setLines());
  lines.push(
    '## Operators',
    '',
    '| operator | place | gives | raises | in DuckDB | in PostgreSQL |',
    '|---|---|---|---|---|---|',
  );
  for (const { name, prefix, infix, result, raises: can, duckdb, postgres } of OPERATORS) {
    const place = prefix && infix ? 'prefix, infix' : prefix ? 'prefix' : 'infix';
    lines.push(
      `| \`${cell(name)}\` | ${place} | ${result} | ${can ? 'yes' : 'no'} | ${IN_DUCKDB[duckdb ?? 'not']} | ${postgres ? 'yes' : ''} |`,
    );
  }
  lines.push('', '## Types in casts', '', '| type | family |', '|---|---|');
  for (const written of new Map(TYPES.map((type) => [type.written, type.family])))
    lines.push(`| \`${written[0]}\` | ${written[1]} |`);
  return `${lines.join('\n')}\n`;
}

/** Functions that give rows. */
function setLines(): readonly string[] {
  const { series, seriesOfRow } = DEFAULT_BOUNDS;
  return [
    '## rows',
    '',
    'Functions that give rows stand in FROM, with a plain alias and WITH ORDINALITY, and see what stands before them there. Those of one column also stand in the',
    'select list, alone or under operators, casts and scalar functions. A series is as long as its literals and parameters say, and its step is written',
    `out: at most ${series} rows, or the query is refused. Where its ends are computed, a longer one ends in \`too_many_rows\`; where they hang on a row, that is beyond ${seriesOfRow} rows`,
    '(ends that are scalar subqueries, `generate_series((SELECT min(d) FROM x), (SELECT max(d) FROM x), …)`, hang on none).',
    '',
    '| function | arguments | columns | bounds | in DuckDB | in PostgreSQL |',
    '|---|---|---|---|---|---|',
    ...SET_FUNCTIONS.map((one) => {
      const columns = one.columns?.join(', ') ?? 'the alias, or its own name';
      const bounds = one.series
        ? 'rows; the step is written out'
        : one.literals.map((index) => `argument ${index + 1} is a literal`).join('; ');
      const duckdb =
        one.duckdb === null ? '' : one.duckdb < one.max ? `up to ${one.duckdb} arguments` : 'yes';
      return `| \`${one.name}\` | ${one.min === one.max ? one.min : `${one.min} to ${one.max}`} | ${columns} | ${bounds} | ${duckdb} | \`${one.postgres}\` |`;
    }),
    '',
  ];
}
