/** `sluice projects`, `sluice projects show` and `sluice projects acknowledge`: what one may act in, and what one agrees to before. */
import type { Config } from '../../../config.ts';
import { SluiceError } from '../../../errors.ts';
import type { ShownProject } from '../../../projects.ts';
import { type CallerOptions, tokenFor, withClient } from '../caller.ts';
import { type GateClient, jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, withCaller, withJson } from '../registration.ts';
import { renderTable, withoutControls } from '../table.ts';
import type { Wiring } from '../wiring.ts';

interface ProjectsOptions extends CallerOptions {
  readonly json?: boolean;
}

async function list(options: ProjectsOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { out, err, width } = wiring.terminal;
  return withCallOf(options, config, wiring, async (call) => {
    const { projects } = await call<{ projects: readonly ShownProject[] }>('GET', '/v1/projects');
    if (options.json) out(`${JSON.stringify(projects, null, 2)}\n`);
    else if (projects.length === 0) err('There is no project that you may know of.\n');
    else {
      const heads = ['project', 'member', 'purposes', 'datasets', 'owner'].map((name) => ({ name }));
      out(`${renderTable(heads, projects.map(inShort), width)}\n`);
    }
    return 0;
  });
}

function inShort({ name, member, acting, datasets, owner }: ShownProject): readonly string[] {
  const purposes = (acting?.purposes ?? []).map(
    (purpose) => `${purpose.acknowledged_at === null ? '' : '✓ '}${purpose.name}`,
  );
  return [name, member ? 'yes' : '', purposes.join(', '), datasets.join(', '), owner ?? ''];
}

async function show(
  name: string,
  options: ProjectsOptions,
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  return withCallOf(options, config, wiring, async (call) => {
    const project = await call<ShownProject>('GET', pathOf(name));
    const { out } = wiring.terminal;
    if (options.json) out(`${JSON.stringify(project, null, 2)}\n`);
    else for (const line of inFull(project)) out(`${withoutControls(line)}\n`);
    return 0;
  });
}

function* inFull({
  name,
  label,
  description,
  owner,
  datasets,
  member,
  acting,
}: ShownProject): Generator<string> {
  yield label === null ? name : `${name}: ${label}`;
  if (description !== '') yield `  ${description}`;
  if (owner !== null) yield `  owner     ${owner}`;
  yield `  datasets  ${datasets.join(', ')}`;
  yield `  member    ${member ? 'yes' : 'no'}`;
  if (acting === null) return;
  if (acting.equalised) yield '  every member sees the same';
  for (const one of acting.clean_room?.datasets ?? []) yield `  clean room ${one.dataset}: ${one.rule}`;
  for (const { name: purpose, text, version, acknowledged_at: at } of acting.purposes) {
    yield `  purpose   ${purpose}, ${at === null ? 'not acknowledged' : `acknowledged ${at.slice(0, 10)}`} (${version})`;
    if (text !== '') yield `            ${text.replaceAll(/\s+/g, ' ')}`;
  }
}

interface AcknowledgeOptions extends ProjectsOptions {
  readonly yes?: boolean;
}

async function acknowledge(
  name: string,
  asked: string,
  options: AcknowledgeOptions,
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const { out, err } = wiring.terminal;
  return withCallOf(options, config, wiring, async (call) => {
    const project = await call<ShownProject>('GET', pathOf(name));
    const purpose = project.acting?.purposes.find((one) => one.name === asked);
    if (purpose === undefined)
      throw new SluiceError('purpose_not_in_project', `${name} does not list the purpose ${asked} for you.`);
    err(`${withoutControls(purpose.text === '' ? purpose.name : purpose.text)}\n`);
    if (purpose.acknowledged_at === null && options.yes !== true) {
      const agreed = await wiring.confirm('Do you acknowledge this?');
      if (agreed === null)
        throw new SluiceError('usage', 'There is nobody to ask: say --yes once the text has been read.');
      if (!agreed) {
        err('Not acknowledged.\n');
        return 1;
      }
    }
    // Also where it stands already: the gate says since when.
    const { version } = purpose;
    const answer = await call<{ acknowledged_at: string }>('POST', `${pathOf(name)}/acknowledge`, {
      purpose: asked,
      version,
    });
    if (options.json) out(`${JSON.stringify(answer, null, 2)}\n`);
    else out(`✓ ${asked} of ${name} is acknowledged since ${answer.acknowledged_at} (${version})\n`);
    return 0;
  });
}

const pathOf = (name: string): string => `/v1/projects/${encodeURIComponent(name)}`;

type CallGate = <T>(method: 'GET' | 'POST', path: string, body?: object) => Promise<T>;

async function withCallOf(
  options: ProjectsOptions,
  config: Config,
  wiring: Wiring,
  run: (call: CallGate) => Promise<ExitCode>,
): Promise<ExitCode> {
  const token = await tokenFor(options, config, wiring);
  return withClient<ExitCode>(config, options, wiring, (client: GateClient) =>
    run(async (method, path, body) =>
      jsonOf(await client.request({ method, path, token, ...(body === undefined ? {} : { body }) })),
    ),
  );
}

const EXAMPLES = `
Examples:
  sluice projects --as analyst
  sluice projects show invoice_review --as analyst
  sluice projects acknowledge invoice_review fraud-investigation --as analyst
  sluice query "SELECT name FROM gold.members" --as analyst --project invoice_review --purpose fraud-investigation`;

export const projectsCommands: Register = ({ program, config, wiring, run }) => {
  const projects = withJson(withCaller(program.command('projects')))
    .description('projects that one may know of, and may act in')
    .addHelpText('after', EXAMPLES)
    .action((options) => run(() => list(options, config(), wiring), { json: options.json }));

  projects
    .command('show <name>')
    .description('one project: its datasets, purposes with their texts, rules')
    .action((name, _, command) => {
      const options: ProjectsOptions = command.optsWithGlobals();
      return run(() => show(name, options, config(), wiring), { json: options.json ?? false });
    });

  projects
    .command('acknowledge <name> <purpose>')
    .description('acknowledge the text of a purpose, before acting for it')
    .option('-y, --yes', 'the text has been read: do not ask')
    .action((name, purpose, _, command) => {
      const options: AcknowledgeOptions = command.optsWithGlobals();
      return run(() => acknowledge(name, purpose, options, config(), wiring), {
        json: options.json ?? false,
      });
    });
};
