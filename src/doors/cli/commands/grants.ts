/** `sluice grants`: who holds what, and its end before its time. */
import type { GrantView } from '../../../grants.ts';
import { type Register, wholeNumber, withCaller, withJson } from '../registration.ts';
import { renderTable } from '../table.ts';
import { callGate, queryOf, when } from './requests.ts';

const HEADS = ['grant', 'state', 'who', 'what', 'until', 'request'].map((name) => ({ name }));

function whatOf({ kind, dataset, project, columns, purpose }: GrantView): string {
  const parts = [
    kind,
    dataset ?? '',
    columns.length === 0 ? '' : `(${columns.join(', ')})`,
    project === null ? '' : `project ${project}`,
    purpose === null ? '' : `for ${purpose}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

const stateOf = ({ state, why }: GrantView): string => (state === 'void' ? `void: ${why}` : state);

export const grantsCommands: Register = ({ program, config, wiring, run }) => {
  const grants = program
    .command('grants')
    .description('what was approved: list it, or end it before its time');
  const { terminal } = wiring;

  withJson(
    withCaller(grants.command('list').description('yours, and those that you decide; stewards see all')),
  )
    .option('--mine', 'those that you hold')
    .option('--all', 'those that are over as well')
    .option('-n, --limit <count>', 'how many', wholeNumber, 50)
    .action((options) => {
      const query = queryOf({ mine: options.mine, all: options.all, limit: options.limit });
      return run(
        () =>
          callGate<{ grants: readonly GrantView[]; next_cursor: string | null }>(
            { method: 'GET', path: `/v1/grants${query}` },
            options,
            { config: config(), wiring },
            (answer) => {
              const rows = answer.grants.map((one) => [
                one.id,
                stateOf(one),
                one.subject.sub,
                whatOf(one),
                when(one.until),
                one.request,
              ]);
              if (rows.length === 0) terminal.err('there are none\n');
              else terminal.out(`${renderTable(HEADS, rows, terminal.width)}\n`);
              if (answer.next_cursor !== null) terminal.err('and there are more: see --limit\n');
            },
          ),
        options,
      );
    });

  withJson(
    withCaller(grants.command('revoke <grant>').description('end it now: it is gone with the next query')),
  )
    .option('--comment <text>', 'why')
    .action((id, options) =>
      run(
        () =>
          callGate<GrantView>(
            {
              method: 'DELETE',
              path: `/v1/grants/${encodeURIComponent(id)}${queryOf({ comment: options.comment })}`,
            },
            options,
            { config: config(), wiring },
            (grant) => terminal.out(`${grant.id} is ${grant.state}\n`),
          ),
        options,
      ),
    );
};
