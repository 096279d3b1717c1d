/** `sluice audit search` and `tail`: on the log beside sluice.yml as its owner, or through a gate as a caller. */
import type { AuditFilter, AuditPage } from '../../../audit-search.ts';
import type { Config } from '../../../config.ts';
import { tokenFor, withClient } from '../caller.ts';
import { jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Wiring } from '../wiring.ts';
import { type FilterOptions, filterOf } from './filters.ts';
import { showEvents, showLine } from './show.ts';

export interface SearchOptions extends FilterOptions {
  readonly as?: string;
  readonly token?: string;
  readonly server?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Newest first; whoever names a persona, a token or a gate asks as that caller. */
export async function auditSearch(options: SearchOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { terminal } = wiring;
  const filter = filterOf(options);
  const { events, page } = asCaller(options)
    ? await askGate(filter, options, config, wiring)
    : await (await wiring.auditDesk(config)).search({ filter, limit: options.limit });
  if (events.length === 0 && !options.json) terminal.err('nothing was found\n');
  else showEvents(events, options, terminal);
  if (page.has_more)
    terminal.err(`there are more than these ${page.returned}: see --limit, or narrow the search\n`);
  return 0;
}

export function asCaller({ as, token, server }: Pick<SearchOptions, 'as' | 'token' | 'server'>): boolean {
  return as !== undefined || token !== undefined || server !== undefined;
}

async function askGate(
  filter: AuditFilter,
  options: SearchOptions,
  config: Config,
  wiring: Wiring,
): Promise<AuditPage> {
  const token = await tokenFor(options, config, wiring);
  const query = new URLSearchParams({ ...filter, limit: String(options.limit) } as Record<string, string>);
  return withClient(config, options, wiring, async (client) =>
    jsonOf<AuditPage>(await client.request({ method: 'GET', path: `/v1/audit?${query}`, token })),
  );
}

export interface TailOptions {
  readonly lines: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export async function auditTail(options: TailOptions, config: Config, wiring: Wiring): Promise<ExitCode> {
  const { terminal } = wiring;
  const desk = await wiring.auditDesk(config);
  const events = desk.tail(options.lines);
  if (!options.follow) {
    if (events.length === 0 && !options.json) terminal.err('there are no events yet\n');
    else showEvents(events, options, terminal);
    return 0;
  }
  for (const event of events) showLine(event, options, terminal);
  const after = events.at(-1)?.seq ?? desk.tail(1).at(-1)?.seq ?? 0;
  for await (const event of desk.follow(after, wiring.interrupted())) showLine(event, options, terminal);
  return 0;
}
