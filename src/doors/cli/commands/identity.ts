/** `sluice identity`: how a token is seen, and who is refused whatever their token says. */
import type { Config } from '../../../config.ts';
import type { ShownDenial } from '../../../denials.ts';
import type { SeenAs } from '../../../discover.ts';
import { SluiceError } from '../../../errors.ts';
import type { Identity } from '../../../identity/identity.ts';
import { type CallerOptions, tokenFor, withClient } from '../caller.ts';
import { httpClient, jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { refuseCaller } from '../metadata.ts';
import { moment, type Register, url, withCaller, withJson } from '../registration.ts';
import { renderTable, withoutControls } from '../table.ts';
import type { Denials, Wiring } from '../wiring.ts';

interface Options extends CallerOptions {
  readonly json?: boolean;
}

interface DenyOptions extends Options {
  readonly issuer?: string;
  readonly tokenId?: boolean;
  readonly reason: string;
  readonly until?: string;
}

async function show(options: Options, config: Config, wiring: Wiring): Promise<ExitCode> {
  const token = await tokenFor(options, config, wiring);
  return withClient<ExitCode>(config, options, wiring, async (client) => {
    const seen: SeenAs = await jsonOf(await client.request({ method: 'GET', path: '/v1/me', token }));
    if (options.json) wiring.terminal.out(`${JSON.stringify(seen, null, 2)}\n`);
    else for (const line of linesOf(seen)) wiring.terminal.out(`${withoutControls(line)}\n`);
    return 0;
  });
}

function* linesOf({ actor, read_from, ...identity }: SeenAs): Generator<string> {
  yield* factsOf(identity);
  for (const [part, claims] of Object.entries(read_from?.claims ?? {}))
    yield `  ${part} from ${claims.length === 0 ? 'nothing' : claims.join(', ')}`;
  if (actor === undefined) return;
  yield 'acted for by';
  yield* factsOf(actor);
}

function* factsOf({ kind, sub, issuer, groups, roles, scopes, attributes }: Identity): Generator<string> {
  yield `${kind} ${sub}${issuer === null ? '' : ` of ${issuer}`}`;
  for (const [name, words] of Object.entries({ groups, roles, scopes }))
    if (words.length > 0) yield `  ${name}: ${words.join(', ')}`;
  for (const [name, value] of Object.entries(attributes)) yield `  ${name}: ${JSON.stringify(value)}`;
}

async function withDenials<T>(
  options: Options,
  config: Config,
  wiring: Wiring,
  run: (denials: Denials) => Promise<T>,
): Promise<T> {
  if (options.server === undefined) {
    refuseCaller(options);
    return wiring.withDenials(config, run);
  }
  const client = httpClient(options.server);
  const token = await tokenFor(options, config, wiring);
  const path = '/v1/identity/denials';
  return run({
    deny: async (body) => jsonOf(await client.request({ method: 'POST', path, token, body })),
    allow: async (id) =>
      jsonOf(await client.request({ method: 'DELETE', path: `${path}/${encodeURIComponent(id)}`, token })),
    list: async () => {
      const answer = await client.request({ method: 'GET', path, token });
      return (await jsonOf<{ readonly denials: readonly ShownDenial[] }>(answer)).denials;
    },
  });
}

async function deny(name: string, options: DenyOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { issuer, tokenId = false, reason, until } = options;
  if (tokenId && issuer !== undefined)
    throw new SluiceError('usage', '--issuer is of a subject, and --token-id means a token.');
  const whom = tokenId
    ? { token_id: name }
    : { subject: { sub: name, ...(issuer === undefined ? {} : { issuer }) } };
  const denial = await withDenials(options, config, wiring, (denials) =>
    denials.deny({
      ...whom,
      reason,
      ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    }),
  );
  if (options.json) wiring.terminal.out(`${JSON.stringify(denial)}\n`);
  else
    wiring.terminal.out(
      `✓ refused from now on: ${nameOf(denial)}; \`sluice identity allow ${denial.id}\` lets in again\n`,
    );
  return 0;
}

async function allow(id: string, options: Options, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { denial, left } = await withDenials(options, config, wiring, async (denials) => {
    const taken = await denials.allow(id);
    const others = options.json ? [] : await denials.list();
    return { denial: taken, left: others.filter((one) => nameOf(one) === nameOf(taken)) };
  });
  const { out } = wiring.terminal;
  if (options.json) out(`${JSON.stringify(denial)}\n`);
  else if (left.length === 0) out(`✓ no longer refused: ${nameOf(denial)}\n`);
  else out(`✓ taken back; ${nameOf(denial)} is still refused by ${left.map((one) => one.id).join(', ')}\n`);
  return 0;
}

const nameOf = ({ subject, token_id }: ShownDenial): string =>
  withoutControls(subject === null ? `token ${token_id}` : `${subject.sub} of ${subject.issuer}`);

async function denied(options: Options, config: Config, wiring: Wiring): Promise<ExitCode> {
  const all = await withDenials(options, config, wiring, (denials) => denials.list());
  const { out, err, width } = wiring.terminal;
  if (options.json) out(`${JSON.stringify(all, null, 2)}\n`);
  else if (all.length === 0) err('Nobody is refused.\n');
  else {
    const heads = ['id', 'who', 'until', 'reason', 'by'].map((name) => ({ name }));
    const rows = all.map((one) => [one.id, nameOf(one), one.until ?? 'for good', one.reason, one.created_by]);
    out(`${renderTable(heads, rows, width)}\n`);
  }
  return 0;
}

const EXAMPLES = `
Examples:
  sluice identity deny 8f1c… --issuer https://login.example.com/realms/acme --reason "left the company"
  sluice identity deny 5d0e… --token-id --reason "leaked in a log" --until 2026-04-01`;

export const identityCommands: Register = ({ program, config, wiring, run }) => {
  const identity = program.command('identity').description('how a token is seen, and who is refused');
  withJson(withCaller(identity.command('show').description('the identity that a token gives'))).action(
    (options) => run(() => show(options, config(), wiring), options),
  );
  const elsewhere = (command: ReturnType<typeof program.command>) =>
    withJson(command)
      .option('--server <url>', 'a running gate, elsewhere', url)
      .option('--token <jwt>', 'a bearer token, for --server')
      .option('--as <persona>', 'a persona of the development issuer, for --server');
  elsewhere(identity.command('deny <name>'))
    .description('refuse a subject, whatever its token says, or one token')
    .requiredOption('--reason <text>', 'why, for stewards and the audit')
    .option('--issuer <url>', 'whose subject it is (default: the only issuer)')
    .option('--token-id', 'the name is the id (jti) of a token')
    .option('--until <moment>', 'when it ends (default: never)', moment)
    .addHelpText('after', EXAMPLES)
    .action((name, options) => run(() => deny(name, options, config(), wiring), options));
  elsewhere(identity.command('allow <id>'))
    .description('take a denial back')
    .action((id, options) => run(() => allow(id, options, config(), wiring), options));
  elsewhere(identity.command('denied'))
    .description('who is refused at present')
    .action((options) => run(() => denied(options, config(), wiring), options));
};
