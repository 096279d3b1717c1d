/** `sluice requests`: asking for access, and deciding what others ask for. */
import type { RequestView } from '../../../access-requests.ts';
import type { Config } from '../../../config.ts';
import type { NotificationView } from '../../../grants.ts';
import { type CallerOptions, tokenFor, withClient } from '../caller.ts';
import { type Call, jsonOf } from '../client.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, wholeNumber, withCaller, withJson } from '../registration.ts';
import { renderTable, withoutControls } from '../table.ts';
import type { Wiring } from '../wiring.ts';

export interface RequestOptions extends CallerOptions {
  readonly json?: boolean;
}

/** One call, its answer as JSON or as `show` words it. */
export async function callGate<T>(
  call: Omit<Call, 'token'>,
  options: RequestOptions,
  { config, wiring }: { readonly config: Config; readonly wiring: Wiring },
  show: (answer: T) => void,
): Promise<ExitCode> {
  const token = await tokenFor(options, config, wiring);
  return withClient<ExitCode>(config, options, wiring, async (client) => {
    const answer = await jsonOf<T>(await client.request({ ...call, token }));
    if (options.json) wiring.terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
    else show(answer);
    return 0;
  });
}

export function queryOf(given: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parameters = new URLSearchParams(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    ),
  ).toString();
  return parameters === '' ? '' : `?${parameters}`;
}

export const when = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

function whatOf({ kind, dataset, project, columns, purpose }: RequestView): string {
  const purposeOf = purpose === null ? '' : `for ${purpose}`;
  if (kind === 'project') return [kind, project, purposeOf].filter(Boolean).join(' ');
  const thing = [dataset, ...(columns.length === 0 ? [] : [`(${columns.join(', ')})`])]
    .filter(Boolean)
    .join(' ');
  const within = [project === null ? '' : `in project ${project}`, purposeOf];
  return [kind, thing, ...within].filter((part) => part !== '').join(' ');
}

function saidBy(what: string, sub: string, at: string, comment: string | null): string {
  const said = comment === null ? '' : `: ${comment.replace(/\s+/g, ' ')}`;
  return `  ${what.padEnd(9)} by ${sub}, ${when(at)}${said}`;
}

function* inFull(request: RequestView): Generator<string> {
  yield `${request.id}  ${request.state}`;
  yield `  what      ${whatOf(request)}`;
  yield `  asked by  ${request.asker.sub}${request.through.map(({ sub }) => `, through ${sub}`).join('')}, ${when(request.created_at)}`;
  yield `  because   ${request.reason.replace(/\s+/g, ' ')}`;
  yield `  for       ${request.until === null ? `${request.duration_seconds} seconds from the approval on` : `until ${when(request.until)}`}`;
  if (request.policies !== undefined && request.policies.length > 0)
    yield `  lifts     ${request.policies.join(', ')}`;
  for (const { from, approvers, given } of request.needs ?? [])
    yield `  needs     ${from}: ${given} of ${approvers}`;
  for (const { by, at, comment } of request.approvals) yield saidBy('approved', by.sub, at, comment);
  // What closed an approved request is the last of its approvals.
  const { state, closed_by: by, closed_at: at, comment } = request;
  if (by !== null && at !== null && state !== 'approved') yield saidBy(state, by.sub, at, comment);
  if (request.may.length > 0) yield `  you may   ${request.may.join(', ')}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[], { terminal }: Wiring): void {
  terminal.out(
    `${renderTable(
      heads.map((name) => ({ name })),
      rows,
      terminal.width,
    )}\n`,
  );
}

function showList(requests: readonly RequestView[], more: boolean, wiring: Wiring): void {
  if (requests.length === 0) wiring.terminal.err('there are none\n');
  else
    table(
      ['request', 'state', 'who', 'what', 'when', 'you may'],
      requests.map((one) => [
        one.id,
        one.state,
        one.asker.sub,
        whatOf(one),
        when(one.created_at),
        one.may.join(', '),
      ]),
      wiring,
    );
  if (more) wiring.terminal.err('and there are more: see --limit\n');
}

const EXAMPLES = `
Examples:
  sluice requests ask dataset gold.payouts --reason "quarterly report" --duration 2h --as analyst
  sluice requests ask unmask gold.members email --reason "returned letters" --duration 1d --as analyst
  sluice requests list --to-decide --as officer
  sluice requests approve ar_4f0c…  --duration 30m --as officer`;

export const requestsCommands: Register = ({ program, config, wiring, run }) => {
  const requests = program
    .command('requests')
    .description('access requests: ask, and decide what others ask for')
    .addHelpText('after', EXAMPLES);
  const path = (id: string, word = ''): string => `/v1/access-requests/${encodeURIComponent(id)}${word}`;
  const surroundings = () => ({ config: config(), wiring });
  const say = (request: RequestView): void => {
    for (const line of inFull(request)) wiring.terminal.out(`${withoutControls(line)}\n`);
  };

  withJson(
    withCaller(
      requests
        .command('ask <kind> <what> [columns...]')
        .description(
          'ask for access: dataset DATASET, project PROJECT, unmask DATASET COLUMN…, unfilter DATASET',
        ),
    ),
  )
    .requiredOption('--reason <text>', 'why, for those who decide')
    .option('--duration <time>', 'for how long, from the approval on: 30m, 2h, 7d')
    .option('--until <moment>', 'until when, in ISO 8601')
    .option('--project <name>', 'where it shall count')
    .option('--purpose <name>', 'what it shall count for')
    .action((kind: string, what: string, columns: readonly string[], options) => {
      const { reason, duration, until, project, purpose } = options;
      const thing = kind === 'project' ? { project: what } : { dataset: what, project };
      const body = {
        kind,
        ...thing,
        ...(columns.length === 0 ? {} : { columns }),
        reason,
        purpose,
        duration,
        until,
      };
      return run(
        () =>
          callGate<RequestView>(
            { method: 'POST', path: '/v1/access-requests', body },
            options,
            surroundings(),
            say,
          ),
        options,
      );
    });

  withJson(
    withCaller(requests.command('list').description('yours, and those that you decide; stewards see all')),
  )
    .option('--mine', 'those that you asked for')
    .option('--to-decide', 'those that wait for a word of yours')
    .option('--state <state>', 'open, approved, denied or withdrawn')
    .option('-n, --limit <count>', 'how many', wholeNumber, 50)
    .action((options) => {
      const { mine, toDecide, state, limit } = options;
      const query = queryOf({ mine, to_decide: toDecide, state, limit });
      return run(
        () =>
          callGate<{ requests: readonly RequestView[]; next_cursor: string | null }>(
            { method: 'GET', path: `/v1/access-requests${query}` },
            options,
            surroundings(),
            (answer) => showList(answer.requests, answer.next_cursor !== null, wiring),
          ),
        options,
      );
    });

  withJson(withCaller(requests.command('show <request>').description('one request'))).action((id, options) =>
    run(
      () => callGate<RequestView>({ method: 'GET', path: path(id) }, options, surroundings(), say),
      options,
    ),
  );

  withJson(
    withCaller(
      requests.command('approve <request>').description('approve, for as long as was asked for or less'),
    ),
  )
    .option('--duration <time>', 'for less time: 30m, 2h, 7d')
    .option('--until <moment>', 'until an earlier moment, in ISO 8601')
    .option('--comment <text>', 'for whoever asked')
    .action((id, options) => {
      const { duration, until, comment } = options;
      const call = {
        method: 'POST',
        path: path(id, '/approve'),
        body: { duration, until, comment },
      } as const;
      return run(() => callGate<RequestView>(call, options, surroundings(), say), options);
    });

  withJson(withCaller(requests.command('deny <request>').description('deny')))
    .requiredOption('--comment <text>', 'why, for whoever asked')
    .action((id, options) => {
      const call = { method: 'POST', path: path(id, '/deny'), body: { comment: options.comment } } as const;
      return run(() => callGate<RequestView>(call, options, surroundings(), say), options);
    });

  withJson(withCaller(requests.command('withdraw <request>').description('withdraw one of yours'))).action(
    (id, options) =>
      run(
        () =>
          callGate<RequestView>(
            { method: 'POST', path: path(id, '/withdraw') },
            options,
            surroundings(),
            say,
          ),
        options,
      ),
  );

  withJson(
    withCaller(
      requests.command('notifications').description('what was told, and what was not; for stewards'),
    ),
  )
    .option('--state <state>', 'waiting, done or dead')
    .option('-n, --limit <count>', 'how many', wholeNumber, 50)
    .action((options) => {
      const query = queryOf({ state: options.state, limit: options.limit });
      return run(
        () =>
          callGate<{ notifications: readonly NotificationView[] }>(
            { method: 'GET', path: `/v1/notifications${query}` },
            options,
            surroundings(),
            ({ notifications }) => {
              if (notifications.length === 0) wiring.terminal.err('there are none\n');
              else
                table(
                  ['about', 'event', 'channel', 'to', 'state', 'attempts', 'problem'],
                  notifications.map((one) => [
                    one.about,
                    one.event,
                    one.channel,
                    one.target,
                    one.state,
                    String(one.attempts),
                    one.problem ?? '',
                  ]),
                  wiring,
                );
            },
          ),
        options,
      );
    });
};
