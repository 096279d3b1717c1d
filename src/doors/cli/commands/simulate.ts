/** `sluice simulate`: who sees what, as a matrix of identities and datasets. */
import { Option } from 'commander';
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { GivenActor, GivenIdentity } from '../../../identity/given.ts';
import type { SimulateAsk, SimulatedCell, Simulation } from '../../../simulate.ts';
import { httpClient, jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { address, collect, moment, type Register, url, withJson, withProject } from '../registration.ts';
import { renderTable } from '../table.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

interface SimulateOptions {
  readonly as?: readonly string[];
  readonly actor?: string;
  readonly dataset?: readonly string[];
  readonly files?: boolean;
  readonly columns?: boolean;
  readonly at?: string;
  readonly from?: string;
  readonly project?: string;
  readonly purpose?: string;
  readonly format: 'text' | 'json' | 'csv' | 'markdown';
  readonly json?: boolean;
  readonly server?: string;
  readonly token?: string;
}

export async function simulate(options: SimulateOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const shown = progress(wiring.terminal);
  const simulation = await ask().finally(shown.clear);
  wiring.terminal.out(textOf(simulation, options, wiring.terminal.width));
  return 0;

  async function ask(): Promise<Simulation> {
    const asked = await askOf(options, config, wiring);
    if (options.server === undefined) {
      if (options.token !== undefined) throw new SluiceError('usage', '--token is for --server.');
      return wiring.simulateLocal(config, asked, options.files ?? false, shown.step);
    }
    const body = options.files
      ? { ...asked, metadata: await wiring.readPush(config, { dryRun: true }) }
      : asked;
    const call = { method: 'POST', path: '/v1/simulate', token: options.token ?? null, body } as const;
    return jsonOf<Simulation>(await httpClient(options.server).request(call));
  }
}

/** Each `--as` is a persona or an identity in YAML; without one it is all personas of this configuration. */
async function askOf(options: SimulateOptions, config: Config, wiring: Wiring): Promise<SimulateAsk> {
  const names = options.as ?? (await wiring.personas(config));
  const all = await Promise.all(
    names.map(async (name) => ({ name, ...(await wiring.givenIdentity(config, name)) })),
  );
  const identities =
    options.actor === undefined
      ? all
      : actedFor(all, await wiring.givenActor(config, options.actor), options);
  const { at: time, from: client_ip, project, purpose } = options;
  const context = Object.entries({ time, client_ip, project, purpose }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    identities,
    ...(options.dataset === undefined ? {} : { datasets: options.dataset }),
    ...(options.columns ? { columns: true } : {}),
    ...(context.length === 0 ? {} : { context: Object.fromEntries(context) }),
  };
}

/** Of everyone that there is, nobody can act for those without a token. */
function actedFor<One extends GivenIdentity>(
  all: readonly One[],
  actor: GivenActor,
  { as }: SimulateOptions,
) {
  const those = as === undefined ? all.filter(({ kind }) => kind !== 'anonymous') : all;
  return those.map((one) => ({ ...one, actor }));
}

function textOf(simulation: Simulation, { format, json, columns }: SimulateOptions, width: number | null) {
  if (json || format === 'json') return `${JSON.stringify(simulation, null, 2)}\n`;
  if (format === 'csv') return csvOf(simulation);
  const { heads, rows } = columns ? byColumn(simulation) : matrix(simulation);
  if (format === 'markdown') return markdownOf(heads, rows);
  return `${renderTable(
    heads.map((name) => ({ name })),
    rows,
    width,
  )}\n`;
}

interface Grid {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A row for each dataset, a column for each identity. */
function matrix({ identities, datasets, cells }: Simulation): Grid {
  const at = cellsByPair(cells);
  return {
    heads: ['dataset', ...identities.map(({ name }) => name)],
    rows: datasets.map(({ id }) => [id, ...identities.map(({ name }) => cellText(at(name, id)))]),
  };
}

/** A row for each column of each dataset. */
function byColumn({ identities, datasets, cells }: Simulation): Grid {
  const at = cellsByPair(cells);
  const rows = datasets.flatMap(({ id }) => {
    const of = identities.map(({ name }) => at(name, id));
    const names = [...new Set(of.flatMap((cell) => (cell?.columns ?? []).map((column) => column.name)))];
    const shown = (cell: SimulatedCell | undefined, column: string): string =>
      cell?.allow ? (cell.columns?.find(({ name }) => name === column)?.shown ?? 'hidden') : '–';
    return [
      [id, ...of.map(cellText)],
      ...names.map((name) => [`  ${name}`, ...of.map((cell) => shown(cell, name))]),
    ];
  });
  return { heads: ['dataset', ...identities.map(({ name }) => name)], rows };
}

function cellsByPair(cells: readonly SimulatedCell[]) {
  const known = new Map(cells.map((cell) => [JSON.stringify([cell.identity, cell.dataset]), cell]));
  return (identity: string, dataset: string) => known.get(JSON.stringify([identity, dataset]));
}

/** `yes, email hash, phone hidden, filtered`, `no: level_restricted` */
function cellText(cell: SimulatedCell | undefined): string {
  if (cell === undefined) return '';
  if (!cell.allow) return `no: ${cell.reason}`;
  return [
    'yes',
    ...Object.entries(cell.masked).map(([name, mask]) => `${name} ${mask}`),
    ...cell.hidden.map((name) => `${name} hidden`),
    ...(cell.filters.length === 0 ? [] : ['filtered']),
    ...(Object.keys(cell.limits).length === 0 ? [] : ['limited']),
  ].join(', ');
}

function csvOf({ cells }: Simulation): string {
  const heads = ['identity', 'dataset', 'allow', 'reason', 'masked', 'hidden', 'filters', 'limits'];
  const rows = cells.map((cell) => [
    cell.identity,
    cell.dataset,
    String(cell.allow),
    cell.reason,
    Object.entries(cell.masked)
      .map(([name, mask]) => `${name} ${mask}`)
      .join('; '),
    cell.hidden.join('; '),
    cell.filters.join('; '),
    Object.entries(cell.limits)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join('; '),
  ]);
  return [heads, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

/** A spreadsheet would run a field that begins like a formula. */
function csvField(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function markdownOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => (cell === '' ? '' : `\`${cell.replace(/[`|\p{Cc}]/gu, ' ')}\``)).join(' | ')} |\n`;
  return `${line(heads)}|${'---|'.repeat(heads.length)}\n${rows.map(line).join('')}`;
}

const EXAMPLES = `
Examples:
  sluice simulate
  sluice simulate --as analyst --as "{ groups: [employees, marketing] }" --dataset "gold.*"
  sluice simulate --as analyst --as officer --actor agent
  sluice simulate --files --columns --dataset gold.members
  sluice simulate --project invoice_review --purpose fraud-investigation
  sluice simulate --as analyst --at 2026-04-01T22:00:00Z --from 203.0.113.7 --json`;

export const simulateCommand: Register = ({ program, config, wiring, run }) => {
  withProject(withJson(program.command('simulate')))
    .description(
      'who sees what: a matrix of identities and datasets; for stewards and for the owner of the state',
    )
    .option(
      '--as <who>',
      'a persona, or an identity as YAML; several are fine (default: all personas)',
      collect,
    )
    .option('--actor <who>', 'who acts for each of them in person, likewise: what both may see is shown')
    .option('--dataset <glob>', 'dataset ids, * for any text; several are fine (default: all)', collect)
    .option('--files', 'the state that a push of the files would give, not the applied one')
    .option('--columns', 'every column')
    .option('--at <time>', 'the moment, ISO 8601 (default: now)', moment)
    .option('--from <ip>', "the client's address (default: none)", address)
    .addOption(
      new Option('--format <format>', 'how it is shown')
        .choices(['text', 'json', 'csv', 'markdown'] as const)
        .default('text' as const),
    )
    .option('--server <url>', 'a running gate, elsewhere', url)
    .option('--token <jwt>', "a steward's bearer token, for --server")
    .addHelpText('after', EXAMPLES)
    .action((options) => run(() => simulate(options, config(), wiring), options));
};
