/** `sluice tag`: a tool's tags out of a file, thousands at once, all or none. */
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { TagChanges } from '../../../retag.ts';
import type { CallerOptions } from '../caller.ts';
import { count, outcomeLine } from '../changes.ts';
import type { ExitCode } from '../exit-code.ts';
import { withMetadata } from '../metadata.ts';
import { type Register, url, withJson } from '../registration.ts';
import { readTagFile } from '../tag-file.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

interface TagOptions extends CallerOptions {
  readonly source?: string;
  readonly replace?: boolean;
  readonly allowEmpty?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

async function tag(path: string, options: TagOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { dryRun = false } = options;
  const changes = changesOf(path, await wiring.readFile(path), options);
  const shown = progress(wiring.terminal);
  shown.step('applying the tags');
  const summary = await withMetadata(config, options, wiring, (metadata) =>
    metadata.changeTags(changes, { dryRun }),
  ).finally(shown.clear);
  if (options.json) {
    wiring.terminal.out(`${JSON.stringify(summary)}\n`);
    return 0;
  }
  const { added, removed, warnings } = summary;
  wiring.terminal.out(
    `${changes.source}: ${count(added, 'tag')} added, ${removed} taken away\n${outcomeLine(summary, dryRun)}`,
  );
  for (const warning of warnings) wiring.terminal.err(`  warning: ${warning}\n`);
  return 0;
}

function changesOf(path: string, text: string, options: TagOptions): TagChanges {
  const file = readTagFile(path, text);
  const source = options.source ?? file.source;
  if (source === null)
    throw new SluiceError('usage', 'Whose tags are they?', { hint: 'Name the tool with --source.' });
  if (file.source !== null && file.source !== source)
    throw new SluiceError('usage', `The file is of ${file.source}, and --source says ${source}.`);
  return {
    source,
    mode: options.replace ? 'replace' : (file.mode ?? 'merge'),
    // Checked where they are applied: here or at the gate.
    changes: file.changes as TagChanges['changes'],
    ...(options.allowEmpty ? { allow_empty: true } : {}),
  };
}

const EXAMPLES = `
CSV, as a spreadsheet saves it (action: add, the default, or remove):
  dataset,column,tag,action
  gold.members,email,pii.email,add
  gold.members,,owner.crm,add

YAML or JSON, as PATCH /v1/metadata/tags takes it:
  source: collibra
  changes:
    - { dataset: gold.members, column: email, add: [pii.email], remove: [internal] }

Without a column the tag is the dataset's. What is not published is named by its dbt unique_id.
A push from dbt leaves these tags; what dbt declares is changed in dbt.`;

export const tagCommand: Register = ({ program, config, wiring, run }) => {
  withJson(program.command('tag <file>'))
    .description('change the tags that another tool keeps, from a CSV, YAML or JSON file')
    .option('--source <name>', 'the tool whose tags they are (collibra, spreadsheet, …)')
    .option('--replace', 'the file is all that the tool says: what it lacks is taken away')
    .option('--allow-empty', 'with --replace: the tool may be left without any tag')
    .option('--dry-run', 'check everything, apply nothing')
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', 'a bearer token, for --server')
    .option('--as <persona>', 'a persona of the development issuer, for --server')
    .addHelpText('after', EXAMPLES)
    .action((path, options) => run(() => tag(path, options, config(), wiring), options));
};
