/** `sluice import`: another product's policies as policies of ours, with a word about everything that could not be carried over. */
import { count } from '../changes.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, withJson } from '../registration.ts';
import type { Wiring } from '../wiring.ts';

interface ImportOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const SIGNS = { carried: '✓', stricter: '!', lost: '✗', note: '·' } as const;

async function importFiles(
  files: readonly string[],
  options: ImportOptions,
  wiring: Wiring,
): Promise<ExitCode> {
  const { force = false } = options;
  const outcome = await wiring.importPolicies(files, options.out, { force });
  const code = outcome.lost ? 2 : 0;
  const { out, err } = wiring.terminal;
  if (options.json) {
    out(`${JSON.stringify(outcome)}\n`);
    return code;
  }
  for (const [policy, told] of Map.groupBy(outcome.report, (one) => one.policy)) {
    out(`${policy}\n`);
    for (const { outcome: how, message } of told) out(`  ${SIGNS[how]} ${how}: ${message}\n`);
  }
  out(`\n${count(outcome.policies, 'policy')} in ${outcome.written}\n`);
  if (outcome.lost)
    err('Something that restricted is lost (✗): write a policy for it before you rely on this file.\n');
  return code;
}

const EXAMPLES = `
Reads policies of type data and subscription, with \`rules\`, \`maskingConfig\`, \`exceptions\`, \`inclusions\` and
\`circumstances\`: one a file, several documents, or a list. What cannot be said here is written as something that
releases less (!), or said to be lost (✗, exit code 2) and kept as a comment.

  sluice import exported/*.yaml --out policies/`;

export const importCommand: Register = ({ program, wiring, run }) => {
  withJson(program.command('import <files...>'))
    .description("another product's policies as policies of ours, with a report")
    .requiredOption('--out <path>', 'the policy file to write, or a folder for imported.yml')
    .option('--force', 'replace the file')
    .addHelpText('after', EXAMPLES)
    .action((files, options) => run(() => importFiles(files, options, wiring), options));
};
