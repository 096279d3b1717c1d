/** DuckDB's errors as codes: its messages quote values, so nothing of them but the class leaves the engine. */
import type { Code } from '../../errors.ts';

/** First match wins. The driver (1.5.6) gives an error as `<class> Error: <text>` and no code. */
const CLASSES: readonly (readonly [pattern: RegExp, code: Code])[] = [
  [/^INTERRUPT Error/i, 'cancelled'],
  // How a bounded part of a query ends: sql/rewrite/too-many.ts.
  [/^Invalid Input Error: sluice: too many rows/, 'too_many_rows'],
  [/Values were not provided|a parameter is not bound/i, 'sql_parameter'],
  [/division by zero|divide by zero|modulo by zero/i, 'division_by_zero'],
  [/^Out of Memory Error/i, 'out_of_memory'],
  [/could not allocate|failed to allocate|bad_alloc/i, 'out_of_memory'],
  [/max_temp_directory_size|temporary directory/i, 'out_of_memory'],
  [/^Out of Range Error/i, 'out_of_range'],
  [/^(Conversion|Invalid Input) Error: .*out of range/is, 'out_of_range'],
  [/Unimplemented type for cast/i, 'type_mismatch'],
  [/^Conversion Error: .*Could not cast value .* to DECIMAL/is, 'out_of_range'],
  [/^Conversion Error/i, 'invalid_cast'],
  [/^(Mismatch Type|Invalid type|Type) Error/i, 'type_mismatch'],
  [/^Binder Error: .*no function matches/is, 'type_mismatch'],
  [
    /^Binder Error: .*(aggregate|group by|window|order by|set operation|distinct|subquery)/is,
    'sql_semantics',
  ],
  [/^Binder Error: .*(cannot|could not|type|cast)/is, 'type_mismatch'],
  [/^Binder Error/i, 'sql_semantics'],
  [/^Invalid Input Error: .*(cast|convert)/is, 'invalid_cast'],
  [/^(Invalid Input|Parameter Not Allowed|Parameter Not Resolved|Syntax) Error/i, 'invalid_argument'],
  [/^(IO|FATAL|Connection) Error/i, 'engine_unavailable'],
];

export function classify(text: string): Code {
  return CLASSES.find(([pattern]) => pattern.test(text))?.[1] ?? 'execution_failed';
}

/** After these the instance may refuse every further query (1.5.6: "database has been invalidated"). */
export function isFatal(text: string): boolean {
  return /^(INTERNAL|FATAL) Error/i.test(text);
}
