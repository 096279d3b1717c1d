/** `sluice export`: the applied state as plain YAML, to be read, edited and pushed back. */
import type { Config } from '../../../config.ts';
import type { CallerOptions } from '../caller.ts';
import { count } from '../changes.ts';
import type { ExitCode } from '../exit-code.ts';
import { withMetadata } from '../metadata.ts';
import { type Register, url } from '../registration.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

interface ExportOptions extends CallerOptions {
  readonly out: string;
  readonly state?: string;
  readonly force?: boolean;
}

async function exportState(options: ExportOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { out, force = false } = options;
  const { terminal } = wiring;
  const shown = progress(terminal);
  shown.step('reading the state');
  const { written, content, etag } = await withMetadata(config, options, wiring, async (metadata) => {
    const state = await metadata.content(options.state);
    return { ...state, written: await wiring.exportTo(out, state.content, { force }) };
  }).finally(shown.clear);
  terminal.out(`✓ ${etag.slice(0, 12)} in ${out}: ${count(written.files.size, 'file')}\n`);
  terminal.out(`  push it back with: sluice push --catalogue ${out}\n`);
  const notes = [...written.notes];
  // What an export does not hold is what sluice.yml says.
  for (const [what, theirs, ours] of [
    ['publish rules', content.publish, config.publish],
    ['rules about tags', content.tagRules ?? {}, config.tags],
    ['search path', content.searchPath, config.search_path],
  ] as const)
    if (JSON.stringify(theirs) !== JSON.stringify(ours))
      notes.push(`the ${what} of this state are not those of sluice.yml: pushed back, others hold`);
  for (const note of notes) terminal.err(`  note: ${note}\n`);
  return 0;
}

const EXAMPLES = `
A team without dbt keeps such a folder in its repository: \`metadata: { catalogue: FOLDER }\` in sluice.yml.`;

export const exportCommand: Register = ({ program, config, wiring, run }) => {
  program
    .command('export')
    .description(
      'write the applied state as plain YAML: datasets by namespace, policies, tags of other tools',
    )
    .requiredOption('--out <folder>', 'where to; an empty folder, or one of an earlier export with --force')
    .option('--state <etag>', 'an earlier state, as `sluice history` names it')
    .option('--force', 'replace an earlier export')
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', 'a bearer token, for --server')
    .option('--as <persona>', 'a persona of the development issuer, for --server')
    .addHelpText('after', EXAMPLES)
    .action((options) => run(() => exportState(options, config(), wiring), options));
};
