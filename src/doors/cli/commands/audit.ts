/** `sluice audit verify` and `sluice audit tail`. */
import type { Config } from '../../../config.ts';
import { renderTable } from '../output.ts';
import type { ExitCode } from '../program.ts';
import type { Wiring } from '../wiring.ts';

export async function auditVerify(
  options: { readonly expectHead?: string; readonly json?: boolean },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const verdict = await wiring.verifyAudit(config, options);
  if (options.json) wiring.terminal.out(`${JSON.stringify(verdict)}\n`);
  else if (verdict.ok) wiring.terminal.out(`ok: ${verdict.events} events, head ${verdict.head}\n`);
  else wiring.terminal.err(`broken: ${verdict.problem}\n`);
  return verdict.ok ? 0 : 2;
}

interface Shown {
  readonly time?: string;
  readonly event?: string;
  readonly decision?: string;
  readonly subject?: { readonly sub: string };
  readonly datasets?: readonly string[];
  readonly rows?: number;
  readonly error_code?: string;
}

export async function auditTail(
  options: { readonly lines: number; readonly json?: boolean },
  config: Config,
  wiring: Wiring,
): Promise<ExitCode> {
  const events = await wiring.tailAudit(config, options.lines);
  if (options.json) {
    for (const event of events) wiring.terminal.out(`${JSON.stringify(event)}\n`);
    return 0;
  }
  const rows = (events as readonly Shown[]).map((event) => [
    event.time,
    event.event,
    event.decision,
    event.subject?.sub,
    event.datasets?.join(' '),
    event.rows,
    event.error_code ?? '',
  ]);
  wiring.terminal.out(
    `${renderTable(['time', 'event', 'decision', 'subject', 'datasets', 'rows', 'error'], rows)}\n`,
  );
  return 0;
}
