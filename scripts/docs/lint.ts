/** docs/reference/lint.md: the rules, out of their table, under a text that is written by hand. */
import { RULES } from '../../src/findings.ts';

const ABOVE = `# Lint

\`sluice lint\` tells what is amiss in the metadata and the policies: of the state that a push would bring, or with
\`--applied\` of the one that was applied last. It needs no running gate and changes nothing. A push tells the short form of
the findings that concern it; both come from the same rules.

| option | does |
|---|---|
| \`--format text\\|json\\|sarif\\|github\` | for people (the default), for programs, for code scanning (SARIF 2.1.0), as annotations of a GitHub workflow. \`--json\` is \`--format json\` |
| \`--fail-on error\\|warning\\|never\` | from which level on it ends with 2. Default: \`error\` |
| \`--baseline FILE\`, \`--write-baseline FILE\` | leaves out what the file knows already; writes such a file. A finding is known by its rule and what it is about, not by its line |
| \`--offline\` | does not ask the engines: \`catalog.json\` tells which columns and types the warehouse has. An engine that does not answer is left out likewise, and the report says so |
| \`--samples [ROWS]\` | also looks at rows of untagged and undocumented columns, 1,000 of each dataset by default |
| \`--manifest\`, \`--catalog\`, \`--policies\` | other files than the configured ones |

Files in \`sarif\` and \`github\` are told from the root of the repository, in the other formats from the working folder. Lines are
those of the dbt project's YAML (\`metadata.project\`, by default the folder of sluice.yml), where it is at hand.

In a workflow of GitHub, with what is known already left out:

    - run: npx sluice lint --offline --format github --fail-on warning --baseline lint-baseline.json

or for code scanning, whatever it finds:

    - run: npx sluice lint --offline --format sarif --fail-on never > lint.sarif
    - uses: github/codeql-action/upload-sarif@v3
      with: { sarif_file: lint.sarif }

\`GET /v1/lint\` tells stewards and publishers the same of the state that a gate serves, without lines and samples.

## The coverage score

0 to 100, for everything that is published and for each namespace:

    score = 70 × columns + 15 × owners + 15 × lineage      (each a share from 0 to 1, the sum rounded down)

    columns   mean over all columns of dbt and the warehouse: 1 tagged, 0.5 documented without a tag,
              0 if such a column most likely holds personal data, 0 unclassified (not in dbt), 0 ghost (not in the warehouse)
    owners    datasets with an owner
    lineage   datasets whose column lineage is known

## Likely personal data

A column without any tag is told where its **name** is one that columns of personal data have, in some twenty languages, by
type and by what the dataset is about: \`email\`, \`KundenEMail\`, \`fecha_nacimiento\`, \`name\` in \`customers\`; not
\`email_count\`, \`name\` in \`products\` or a boolean.

With \`--samples\` its **values** are looked at too: e-mail addresses, phone numbers, IBANs, payment cards (length, brand and
Luhn's digit), national identity and tax numbers with check digits of some thirty countries, IP addresses, coordinates,
postal addresses, names of people by dictionary, and texts that have e-mail addresses or phone numbers in them. The report
tells shares (\`looks like e-mail addresses in 92 % of 1000 sampled values\`) and the line of YAML to add, and never a value. A name
that twenty or more values do not bear out becomes a note.

Sampling reads raw values. It runs in the operator's own process alone, who holds the warehouse's credentials anyway: no door
of a running gate has it. The query is one SELECT of the columns in question with a bound on rows, bytes and time, verified
like any other; the rows that come first are taken, so a sorted table shows one end. That rows were read, of which datasets and by
whom, is in the audit (\`lint_samples\`) before the first of them is; where it cannot be written, nothing is read. What the engine says
when a query fails is left out, since it may quote data.

## Rules

`;

export function lintPage(): string {
  const rows = Object.entries(RULES).map(
    ([id, { level, title, help }]) => `| \`${id}\` | ${level} | ${title}. ${help} |`,
  );
  return `${ABOVE}| rule | level | what it means, and what would mend it |\n|---|---|---|\n${rows.join('\n')}\n`;
}
