/** `sluice sandbox`: a DuckDB file of what an identity may see, masked and filtered, for `dbt build --target sandbox`. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { SampleAsk, SandboxManifest } from '../../../sandbox.ts';
import { type CallerOptions, tokenFor } from '../caller.ts';
import type { ExitCode } from '../exit-code.ts';
import { collect, type Register, wholeNumber, withJson, withProject } from '../registration.ts';
import { renderTable, withoutControls } from '../table.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

export interface SandboxOptions extends Omit<CallerOptions, 'server'> {
  readonly out: string;
  readonly sample?: number;
  readonly rows?: number;
  readonly seed: string;
  readonly dataset?: readonly string[];
  readonly manifest?: string;
  readonly manifestOut?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export async function sandbox(options: SandboxOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const out = resolve(wiring.cwd, options.out);
  const manifestOut = resolve(wiring.cwd, options.manifestOut ?? besides(out));
  keepApart(out, manifestOut, config);
  const sample = sampleOf(options);
  const token = await tokenFor(options, config, wiring);
  const shown = progress(wiring.terminal);
  const made = await wiring
    .makeSandbox(config, token, {
      ...{ out, manifestOut, sample },
      force: options.force ?? false,
      datasets: options.dataset ?? [],
      dbtManifest: options.manifest ?? null,
      project: options.project ?? null,
      purpose: options.purpose ?? null,
      onStep: shown.step,
    })
    .finally(shown.clear);
  if (options.json) wiring.terminal.out(`${JSON.stringify(made)}\n`);
  else show(made, out, manifestOut, wiring);
  return 0;
}

/** With --force a slip would put a masked copy in the place of the warehouse. */
function keepApart(out: string, manifestOut: string, { engines }: Config): void {
  const real = (path: string): string => (existsSync(path) ? realpathSync(path) : path);
  const warehouses = Object.values(engines).flatMap((engine) =>
    engine.kind === 'duckdb' && engine.database !== undefined ? [real(engine.database)] : [],
  );
  if (out === manifestOut || [out, manifestOut].some((path) => warehouses.includes(real(path))))
    throw new SluiceError('usage', 'The sandbox, its manifest and the warehouse are files of their own.');
}

/** `a/b.duckdb` → `a/b.manifest.json` */
const besides = (out: string): string => join(dirname(out), `${basename(out, extname(out))}.manifest.json`);

function sampleOf({ sample, rows, seed }: SandboxOptions): SampleAsk | null {
  if (sample !== undefined && rows !== undefined)
    throw new SluiceError('usage', '--sample and --rows exclude each other.');
  if (sample !== undefined) return { size: { rate: sample }, seed };
  return rows === undefined ? null : { size: { rows }, seed };
}

function show(made: SandboxManifest, out: string, manifestOut: string, { terminal }: Wiring): void {
  const columns = [
    { name: 'dataset' },
    { name: 'relation' },
    { name: 'rows', numeric: true },
    { name: 'of', numeric: true },
    { name: 'masked' },
    { name: 'rows are' },
  ];
  const rows = made.datasets.map((one) => [
    one.id,
    `${one.schema}.${one.identifier}`,
    one.rows,
    one.rows_read,
    one.columns.flatMap(({ name, masked }) => (masked ? [name] : [])).join(', '),
    [one.filtered ? 'filtered' : [], one.truncated ? 'cut at max_rows' : []].flat().join(', '),
  ]);
  terminal.out(`${renderTable(columns, rows, terminal.width)}\n\n`);
  const left = made.left_out.filter(({ reason }) => reason !== 'not_asked_for');
  for (const { dataset, message } of left)
    terminal.err(`left out: ${withoutControls(`${dataset}: ${message}`)}\n`);
  for (const { from, to } of made.references.filter(({ holds }) => !holds))
    terminal.err(
      withoutControls(
        `does not hold: ${from.dataset} (${from.columns.join(', ')}) -> ${to.dataset} (${to.columns.join(', ')})`,
      ).concat('\n'),
    );
  const { sub } = made.identity;
  terminal.out(`✓ ${out}, as ${withoutControls(sub)}; ${manifestOut} says what is in it and what is not\n`);
  terminal.out(`\nIn profiles.yml, beside the other outputs and with the same schema:\n`);
  terminal.out(`  sandbox: { type: duckdb, path: ${JSON.stringify(out)} }\n`);
  if (made.dbt.command !== null) terminal.out(`${made.dbt.command}\n`);
}

function share(text: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(text)?.[1]);
  if (!(percent > 0 && percent <= 100)) throw new InvalidArgumentError('It must be a share, as in 10%.');
  return percent / 100;
}

const EXAMPLES = `
Without --as or --token the caller is anonymous. Relations have the names that dbt gives them.

Examples:
  sluice sandbox --as analyst --out sandbox.duckdb
  sluice sandbox --as analyst --out sandbox.duckdb --sample 10% --seed 7
  sluice sandbox --as engineer --out finance.duckdb --dataset 'gold.*' --dataset silver.invoices`;

export const sandboxCommand: Register = ({ program, config, wiring, run }) => {
  withProject(withJson(program.command('sandbox')))
    .description('a DuckDB file of what an identity may see, masked and filtered, for dbt to build on')
    .requiredOption('--out <file>', 'the file to make')
    .option('--as <persona>', 'a persona of the development issuer')
    .option('--token <jwt>', 'a bearer token')
    .option('--dataset <glob>', 'datasets to take, by id; may stand several times (default: all)', collect)
    .option(
      '--sample <share>',
      'a share of the rows, as in 10%; references between datasets still hold',
      share,
    )
    .option('--rows <number>', 'rows of each dataset, and those that they refer to', wholeNumber)
    .option('--seed <text>', 'which rows a sample takes', 'sluice')
    .option('--manifest <file>', "dbt's manifest.json, for references (default: metadata.manifest)")
    .option(
      '--manifest-out <file>',
      'what the sandbox says of itself (default: NAME.manifest.json beside NAME.duckdb)',
    )
    .option('--force', 'replace files that are there')
    .addHelpText('after', EXAMPLES)
    .action((options) => run(() => sandbox(options, config(), wiring), { json: options.json }));
};
