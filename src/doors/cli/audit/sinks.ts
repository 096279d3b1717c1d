/** `sluice audit sinks`: how far each has come, from the state beside sluice.yml. */
import type { Config } from '../../../config.ts';
import type { ExitCode } from '../exit-code.ts';
import { renderTable } from '../table.ts';
import type { Wiring } from '../wiring.ts';

const HEADS = [
  { name: 'sink' },
  { name: 'kind' },
  { name: 'event', numeric: true },
  { name: 'behind', numeric: true },
  { name: 'seconds', numeric: true },
  { name: 'shipped', numeric: true },
  { name: 'refused', numeric: true },
  { name: 'gap', numeric: true },
  { name: 'last' },
  { name: 'error' },
];

export async function auditSinks(
  options: { readonly json?: boolean },
  config: Config,
  { terminal, sinkStates }: Wiring,
): Promise<ExitCode> {
  const sinks = await sinkStates(config);
  if (options.json) terminal.out(`${JSON.stringify(sinks, null, 2)}\n`);
  else if (sinks.length === 0) terminal.err('audit.sinks of the configuration names none\n');
  else {
    const rows = sinks.map((sink) => [
      sink.name,
      sink.kind,
      sink.seq ?? 'not begun',
      sink.lag_events,
      sink.lag_seconds,
      sink.shipped,
      sink.refused,
      sink.gap,
      sink.shipped_at ?? 'never',
      sink.error === null ? '' : `${sink.error} (${sink.failures} times, ${sink.failed_at})`,
    ]);
    terminal.out(`${renderTable(HEADS, rows, terminal.width)}\n`);
  }
  return 0;
}
