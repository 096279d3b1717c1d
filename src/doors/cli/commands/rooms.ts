/** `sluice rooms`: what clean rooms remember of their readers, for stewards. */
import type { Config } from '../../../config.ts';
import { type CallerOptions, tokenFor } from '../caller.ts';
import { httpClient, jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { refuseCaller } from '../metadata.ts';
import { type Register, url, withJson } from '../registration.ts';
import { renderTable, withoutControls } from '../table.ts';
import type { RoomsDesk, Wiring } from '../wiring.ts';

interface Options extends CallerOptions {
  readonly json?: boolean;
}

interface ResetOptions extends Options {
  readonly subject?: string;
  readonly issuer?: string;
}

async function withRooms<T>(
  options: Options,
  config: Config,
  wiring: Wiring,
  run: (rooms: RoomsDesk) => Promise<T>,
): Promise<T> {
  if (options.server === undefined) {
    refuseCaller(options);
    return wiring.withRooms(config, run);
  }
  const client = httpClient(options.server);
  const token = await tokenFor(options, config, wiring);
  const path = (room: string, what: string): string => `/v1/rooms/${encodeURIComponent(room)}/${what}`;
  return run({
    spending: async (room) =>
      jsonOf(await client.request({ method: 'GET', path: path(room, 'budget'), token })),
    reset: async (room, body) =>
      jsonOf(await client.request({ method: 'POST', path: path(room, 'reset'), token, body })),
  });
}

async function budget(room: string, options: Options, config: Config, wiring: Wiring): Promise<ExitCode> {
  const spent = await withRooms(options, config, wiring, (rooms) => rooms.spending(room));
  const { out, err, width } = wiring.terminal;
  if (options.json) out(`${JSON.stringify(spent, null, 2)}\n`);
  else if (spent.subjects.length === 0)
    err(
      `Nobody has spent anything of a budget in ${withoutControls(room)} (a room goes by its project's name, or its policy's id).\n`,
    );
  else {
    const heads = ['subject', 'issuer', 'queries', 'epsilon', 'until'].map((name) => ({ name }));
    const rows = spent.subjects.map((one) => [
      withoutControls(one.sub),
      withoutControls(one.issuer),
      String(one.queries),
      String(one.epsilon),
      one.until,
    ]);
    out(`${renderTable(heads, rows, width)}\n`);
  }
  return 0;
}

async function reset(room: string, options: ResetOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { subject: sub, issuer } = options;
  const ask = sub === undefined ? {} : { subject: { sub, ...(issuer === undefined ? {} : { issuer }) } };
  const done = await withRooms(options, config, wiring, (rooms) => rooms.reset(room, ask));
  if (options.json) wiring.terminal.out(`${JSON.stringify(done)}\n`);
  else
    wiring.terminal.out(
      `✓ forgotten in ${withoutControls(done.room)}: ${done.subjects} ${done.subjects === 1 ? 'subject' : 'subjects'}\n`,
    );
  return 0;
}

const WARNING = `
Whoever is forgotten may subtract new answers from those that they have. Do it when the data has changed for good, and for one
subject at a time.

Examples:
  sluice rooms budget partner_clean_room
  sluice rooms reset partner_clean_room --subject paula.partner`;

export const roomsCommands: Register = ({ program, config, wiring, run }) => {
  const rooms = program.command('rooms').description('what clean rooms remember of their readers');
  const elsewhere = (command: ReturnType<typeof program.command>) =>
    withJson(command)
      .option('--server <url>', 'a running gate, elsewhere', url)
      .option('--token <jwt>', 'a bearer token, for --server')
      .option('--as <persona>', 'a persona of the development issuer, for --server');
  elsewhere(rooms.command('budget <room>'))
    .description('what each subject has spent in the present period')
    .action((room, options) => run(() => budget(room, options, config(), wiring), options));
  elsewhere(rooms.command('reset <room>'))
    .description('forget what subjects were answered, and what they have spent')
    .option('--subject <sub>', 'whom to forget (default: everyone)')
    .option('--issuer <url>', 'whose subject it is (default: the only issuer)')
    .addHelpText('after', WARNING)
    .action((room, options) => run(() => reset(room, options, config(), wiring), options));
};
