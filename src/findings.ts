/** The closed table of what lint can find, and the one value that a finding is: pushes warn of some, `sluice lint` tells all. Never holds a value of the data. */

/** An error should stop a pipeline, a warning wants a look, a note is for completeness. */
export type Level = 'error' | 'warning' | 'note';

interface Rule {
  readonly level: Level;
  /** What it is, in a few words. */
  readonly title: string;
  /** Why it matters, and what would mend it. */
  readonly help: string;
}

const rule = (level: Level, title: string, help: string): Rule => ({ level, title, help });

export const RULES = {
  // The state would be refused by a push.
  'artifact-invalid': rule(
    'error',
    "dbt's artifacts cannot be read",
    'Nothing can be pushed. Build the artifacts again with dbt, as the message says.',
  ),
  'publish-invalid': rule(
    'error',
    'The metadata contradicts itself',
    'A push refuses two names, levels or engines for one dataset. Both sources are named: keep one of them.',
  ),
  'policy-invalid': rule(
    'error',
    'A policy cannot be used',
    'A push refuses the whole state, and the policies in force stay. Mend the policy at its line.',
  ),
  'filter-on-missing-tag': rule(
    'error',
    'A row filter names what a dataset lacks',
    'A filter is never skipped: without the column the dataset could only be denied. Tag the column, or narrow `on`.',
  ),
  'master-key': rule(
    'error',
    'One condition exempts from every restricting policy',
    'Whoever meets it is governed by nothing. Let at least one restricting policy hold for everyone.',
  ),
  // Columns.
  'likely-personal-data': rule(
    'warning',
    'An untagged column most likely holds personal data',
    'Masks find columns by their tags. Add the suggested tag, or a tag of your own that says it is not personal.',
  ),
  'unclassified-column': rule(
    'warning',
    'The warehouse has a column that dbt does not document',
    'It is hidden unless its publish rule says `unclassified: show`. Document and tag it.',
  ),
  'ghost-column': rule(
    'warning',
    'dbt documents a column that the warehouse lacks',
    'Its tags protect nothing; often it was renamed, and the new name is unclassified. Mend the name, or drop it.',
  ),
  'case-mismatch': rule(
    'warning',
    'dbt and the warehouse spell a column in different case',
    'Its tags hold all the same, but where case tells names apart dbt means another column. Spell it as the warehouse does.',
  ),
  'untagged-column': rule(
    'note',
    'A documented column has no tag',
    'It is shown as it is wherever no policy names it otherwise. Tag it, if only to say that it is harmless.',
  ),
  // Datasets.
  'published-without-owner': rule(
    'warning',
    'A published dataset has no owner',
    'Nobody can be asked for access. Give it a dbt group with an owner, or `meta.owner`.',
  ),
  'dataset-refused': rule(
    'warning',
    'A published dataset answers no query',
    'Its relation is missing in the engine, or it may not be served as it stands. The message says which.',
  ),
  'relation-shared': rule(
    'warning',
    'Several datasets are one relation',
    'What is written about one holds for each. Publish the relation under one name.',
  ),
  'tag-not-in-manifest': rule(
    'warning',
    'A tag stands in the YAML and not in the manifest',
    'dbt keeps one of several places (`config` before the top level, a model’s own `meta.sluice` before that of dbt_project.yml), or the manifest is older than the YAML. Write it in one place, and run dbt again.',
  ),
  'fusion-inherited-doubt': rule(
    'warning',
    'A column tag may only be a copy of its table’s',
    'dbt Fusion copies tags of a table into its columns. Where the YAML is at hand (`metadata.project`) the copies are told apart; else they count.',
  ),
  'reserved-tag': rule(
    'warning',
    'A tag under `dbt.` is written by hand',
    '`dbt.` is for tags that follow from what a node is. Choose another name.',
  ),
  'patched-tag-dangling': rule(
    'warning',
    'A tag of another tool holds for nothing now',
    'What it was put on is gone; it holds again once that returns. Push the column, or let the tool take the tag away.',
  ),
  'lineage-unknown': rule(
    'warning',
    'The lineage of a model is not known',
    'Propagated tags then go to every column of the same name, which is a guess. Mend the SQL, or tag its columns by hand.',
  ),
  'lineage-broken': rule(
    'note',
    'A propagated tag ends here',
    'A function that breaks the lineage or a `declassify` stopped it. Review that nothing personal is left.',
  ),
  // Policies.
  'unknown-tag': rule(
    'warning',
    'A policy names a tag that nothing carries',
    'It is most likely a typo, and the policy protects less than it says.',
  ),
  'unknown-name': rule(
    'warning',
    'A policy names what the catalogue lacks',
    'It is most likely a typo, and the policy covers less than it says.',
  ),
  'policy-matches-nothing': rule(
    'warning',
    'A policy matches nothing',
    'It protects nothing. Mend what it is `on`, or delete it.',
  ),
  'policy-shadowed': rule(
    'warning',
    'A policy never has an effect',
    'Wherever it would hold, a stricter one holds for the same people or more. Delete it, or narrow the stricter one.',
  ),
  'break-glass-expired': rule(
    'warning',
    'An emergency is over',
    'The policy lets nobody through any more. Delete it; where the need goes on, say why and until when.',
  ),
  'mask-does-not-fit': rule(
    'warning',
    'A mask cannot keep the type of a column',
    'NULL is shown instead. Choose a mask that fits, or another one for this column.',
  ),
  // Projects.
  'project-without-members': rule(
    'note',
    'Nobody may act in a project',
    'It is shown in the catalogue and nothing more. Say `meta.sluice.members` on the exposure if people act in it.',
  ),
  'equalised-denied': rule(
    'warning',
    'A denial closes an equalised project to all of its members',
    'What may mean one of them means all. Rule it out in `members` (`not: { group: … }`), or exempt the project.',
  ),
  'purpose-without-text': rule(
    'warning',
    'A purpose has no text',
    'Members acknowledge a text; here there is only a name. Write `{ name, text }`.',
  ),
  'room-small-groups': rule(
    'warning',
    'A clean room shows groups of very few people',
    'Whoever knows all others of a group knows the rest from its sum. Say `min_group_size: 10`, or more.',
  ),
  'room-dimension-personal': rule(
    'warning',
    'A clean room is cut by personal data',
    'Groups are told by name, and these names are about people. Leave the column out, or make it coarser.',
  ),
  'room-dimension-fine': rule(
    'note',
    'A clean room is cut by every single date or number of a column',
    'The finer a dimension, the smaller the groups, and the more of them are left out. Truncate dates, put numbers in buckets.',
  ),
  // The rest of the state.
  'catalog-incomplete': rule(
    'warning',
    'catalog.json reports errors of its own',
    'It may lack relations, and with them unclassified columns. Run `dbt docs generate` again.',
  ),
  'publish-rule-idle': rule(
    'warning',
    'A publish rule matches nothing',
    'An earlier rule takes all that it could match, or nothing does. Mend its `match`, or its place.',
  ),
  'search-path-empty': rule(
    'warning',
    'The search path names a namespace without datasets',
    'It is most likely a typo.',
  ),
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;

export interface Finding {
  readonly rule: RuleId;
  readonly level: Level;
  /** Without the place, which stands beside it. */
  readonly message: string;
  /** dbt unique_id. */
  readonly node: string | null;
  /** Dataset id. */
  readonly dataset: string | null;
  readonly column: string | null;
  readonly policy: string | null;
  /** As the project or the policies' folder names it. */
  readonly file: string | null;
  readonly line: number | null;
  /** What would mend this very finding, where more can be said than the rule does. */
  readonly hint: string | null;
}

export type Place = Partial<
  Pick<Finding, 'node' | 'dataset' | 'column' | 'policy' | 'file' | 'line' | 'hint' | 'level'>
>;

export function finding(id: RuleId, message: string, place: Place = {}): Finding {
  const { node = null, dataset = null, column = null, policy = null, file = null, line = null } = place;
  const { hint = null, level = RULES[id].level } = place;
  return Object.freeze({ rule: id, level, message, node, dataset, column, policy, file, line, hint });
}

/** Names or texts of one kind that are spelled out. */
const SHOWN = 3;

/**
 * What a push warns of: one text for all that say the same, with a few of their names. A whole warehouse may be missing.
 */
export function inShort(findings: readonly Finding[]): readonly string[] {
  const told = Map.groupBy(
    findings.filter(({ level }) => level !== 'note'),
    (one) => JSON.stringify([one.rule, one.policy, one.policy && one.line, one.message]),
  );
  const texts = [...told.values()].map((group) => ({ rule: group[0]?.rule, text: textOf(group) }));
  return [...Map.groupBy(texts, ({ rule }) => rule).values()].flatMap((same) => {
    const shown = same.slice(0, MOST_TEXTS).map(({ text }) => text);
    const more = same.length - shown.length;
    return more > 0 ? [...shown, `and ${more} more like this; \`sluice lint\` lists them`] : shown;
  });
}

const MOST_TEXTS = 20;

function textOf(group: readonly Finding[]): string {
  const [first] = group;
  if (first === undefined) return '';
  if (first.policy !== null)
    return `${first.file}:${first.line}: policy \`${first.policy}\`: ${first.message}`;
  const subjects = group.flatMap(({ dataset, node }) => dataset ?? node ?? []);
  return subjects.length === 0 ? first.message : `${several(subjects)}: ${first.message}`;
}

/** A few names, and how many more there are. */
export function several(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length <= SHOWN ? shown : `${shown} and ${names.length - SHOWN} more`;
}
