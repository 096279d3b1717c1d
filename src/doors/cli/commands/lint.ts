/** `sluice lint`: what is amiss in the metadata and the policies, before a push or after one. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Option } from 'commander';
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { ExitCode } from '../exit-code.ts';
import { withoutKnown, writeBaseline } from '../lint/baseline.ts';
import { toGitHub } from '../lint/github.ts';
import { toSarif } from '../lint/sarif.ts';
import { toText } from '../lint/text.ts';
import { type Register, wholeNumber, withJson } from '../registration.ts';
import { progress } from '../terminal.ts';
import type { LintReport, Wiring } from '../wiring.ts';
import { refuseBothKinds } from './push.ts';

const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
const FAIL_ON = ['error', 'warning', 'never'] as const;

interface LintOptions {
  readonly manifest?: string;
  readonly catalog?: string;
  readonly policies?: string;
  readonly catalogue?: string;
  readonly applied: boolean;
  readonly offline: boolean;
  readonly samples?: number | true;
  readonly format?: (typeof FORMATS)[number];
  readonly json?: boolean;
  readonly failOn: (typeof FAIL_ON)[number];
  readonly baseline?: string;
  readonly writeBaseline?: string;
}

/** Rows of each dataset, unless another number is given. */
const SAMPLED_ROWS = 1_000;

export async function lint(options: LintOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { terminal, cwd, version } = wiring;
  const format = options.format ?? (options.json ? 'json' : 'text');
  if (options.json && format !== 'json')
    throw new SluiceError('usage', `--json and --format ${format} exclude each other.`);
  refuseBothKinds(options);
  if (options.offline && options.samples !== undefined)
    throw new SluiceError('usage', '--samples reads the engines, and --offline forbids it.');
  const shown = progress(terminal);
  const { manifest, catalog, policies, catalogue } = options;
  const found = await wiring
    .lint(
      config,
      {
        files: { manifest, catalog, policies, catalogue },
        applied: options.applied,
        offline: options.offline,
        samples:
          options.samples === undefined ? null : options.samples === true ? SAMPLED_ROWS : options.samples,
        root: format === 'sarif' || format === 'github' ? repositoryOf(cwd) : cwd,
      },
      shown.step,
    )
    .finally(shown.clear);
  if (options.writeBaseline !== undefined) writeBaseline(found, resolve(cwd, options.writeBaseline));
  const report = options.baseline === undefined ? found : withoutKnown(found, resolve(cwd, options.baseline));
  terminal.out(rendered(report, format, version, terminal.width));
  return fails(report, options.failOn) ? 2 : 0;
}

function rendered(
  report: LintReport,
  format: (typeof FORMATS)[number],
  version: string,
  width: number | null,
): string {
  switch (format) {
    case 'text':
      return toText(report, report.notes, width);
    case 'json':
      return `${JSON.stringify(report)}\n`;
    case 'sarif':
      return toSarif(report, version);
    case 'github':
      return toGitHub(report);
    default:
      return format satisfies never;
  }
}

function fails({ counts }: LintReport, failOn: (typeof FAIL_ON)[number]): boolean {
  switch (failOn) {
    case 'never':
      return false;
    case 'error':
      return counts.error > 0;
    case 'warning':
      return counts.error + counts.warning > 0;
    default:
      return failOn satisfies never;
  }
}

/** Forges look for files from the root of the repository. */
function repositoryOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return folder;
  }
}

export const lintCommand: Register = ({ program, config, wiring, run }) => {
  withJson(
    program
      .command('lint')
      .description(
        'what is amiss in metadata and policies: coverage, likely personal data, ghosts, dead policies',
      ),
  )
    .option('--manifest <file>', 'manifest.json (default: metadata.manifest)')
    .option('--catalog <file>', 'catalog.json (default: metadata.catalog)')
    .option('--policies <path>', 'folder or file of policies (default: policies)')
    .option('--catalogue <folder>', 'catalogue files of `sluice export`, instead of dbt artifacts')
    .option('--applied', 'the state that was applied last, instead of the files')
    .option('--offline', 'do not ask the engines: catalog.json tells what the warehouse has')
    .option(
      '--samples [rows]',
      'also look at rows of untagged columns (default: 1000 of each dataset)',
      wholeNumber,
    )
    .addOption(new Option('--format <format>', 'how findings are told (default: text)').choices(FORMATS))
    .addOption(
      new Option('--fail-on <level>', 'level of findings from which on it ends with 2')
        .choices(FAIL_ON)
        .default('error'),
    )
    .option('--baseline <file>', 'leave out what this file knows already')
    .option('--write-baseline <file>', 'write such a file of all that is found')
    .action(({ applied = false, offline = false, ...options }) =>
      run(() => lint({ ...options, applied, offline }, config(), wiring), options),
    );
};
