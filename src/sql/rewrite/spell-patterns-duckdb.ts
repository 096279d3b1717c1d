/** Functions of regular expressions that DuckDB has under no single name, with PostgreSQL's meaning. */
import type { Node } from '../tree.ts';
import { call, text, when, whole } from './build.ts';
import { ANY_CHARACTER, groupsAlwaysMatch, takenPattern } from './patterns-duckdb.ts';
import { constant, type Form, type Forms } from './spell-form-duckdb.ts';
import { unsupported } from './unsupported.ts';

/** The first group of a pattern, or all of the match where it has none; NULL where nothing matches. */
function taken(value: Node, written: Node): Node {
  const { pattern, groups } = takenPattern(written);
  if (groups > 0 && !groupsAlwaysMatch(written)) throw optionalGroup();
  return when(
    call('regexp_matches', value, pattern, text(ANY_CHARACTER)),
    call('regexp_extract', value, pattern, whole(groups > 0 ? 1 : 0), text(ANY_CHARACTER)),
    null,
  );
}

const optionalGroup = () =>
  unsupported('A group that may be left out', 'Put the question mark inside the group: (a?) for (a)?.');

const substring: Form = ([value, pattern, more]) => {
  if (constant(pattern) === null) return undefined;
  if (more !== undefined) throw unsupported('SUBSTRING with an escape', 'Use a regular expression.');
  return taken(value!, pattern!);
};

const regexpSubstr: Form = ([value, written]) => {
  const { pattern } = takenPattern(written!);
  return when(
    call('regexp_matches', value!, pattern, text(ANY_CHARACTER)),
    call('regexp_extract', value!, pattern, whole(0), text(ANY_CHARACTER)),
    null,
  );
};

const regexpMatch: Form = ([value, written]) => {
  const { pattern, groups } = takenPattern(written!);
  if (groups > 0 && !groupsAlwaysMatch(written!)) throw optionalGroup();
  const numbers = groups === 0 ? [0] : Array.from({ length: groups }, (_, i) => i + 1);
  const found = numbers.map((n) => call('regexp_extract', value!, pattern, whole(n), text(ANY_CHARACTER)));
  return when(
    call('regexp_matches', value!, pattern, text(ANY_CHARACTER)),
    call('list_value', ...found),
    null,
  );
};

const regexpCount: Form = ([value, written]) =>
  call(
    'len',
    call('regexp_extract_all', value!, takenPattern(written!).pattern, whole(0), text(ANY_CHARACTER)),
  );

export const PATTERN_FORMS: Forms = [
  ['regexp_count', regexpCount],
  ['regexp_match', regexpMatch],
  ['regexp_substr', regexpSubstr],
  ['substring', substring],
];
