/** `sluice audit verify` and `sluice audit tail`. */
import type { Config } from '../../../config.ts';
import type { ExitCode } from '../exit-code.ts';
import { type Register, wholeNumber, withJson } from '../registration.ts';
import { renderTable } from '../table.ts';
import { progress } from '../terminal.ts';
import type { Wiring } from '../wiring.ts';

/** Events between two words on a terminal. */
const PART = 100_000;

export async function auditVerify(
  options: { readonly expectHead?: string; readonly json?: boolean },
  config: Config,
  { terminal, verifyAudit }: Wiring,
): Promise<ExitCode> {
  const shown = progress(terminal);
  const onProgress = (events: number): void => {
    if (events > 0 && events % PART === 0) shown.step(`${events} events`);
  };
  const verdict = await verifyAudit(config, { ...options, onProgress }).finally(shown.clear);
  if (options.json) terminal.out(`${JSON.stringify(verdict)}\n`);
  else if (verdict.ok) terminal.out(`✓ the chain holds: ${verdict.events} events, head ${verdict.head}\n`);
  else terminal.out(`✗ the chain breaks after ${verdict.events} events: ${verdict.problem}\n`);
  return verdict.ok ? 0 : 2;
}

interface Shown {
  readonly time?: string;
  readonly event?: string;
  readonly action?: string;
  readonly decision?: string;
  readonly subject?: { readonly sub: string | null };
  readonly datasets?: readonly string[];
  readonly rows?: number;
  readonly error_code?: string;
}

const HEADS = [
  { name: 'time' },
  { name: 'event' },
  { name: 'action' },
  { name: 'decision' },
  { name: 'subject' },
  { name: 'datasets' },
  { name: 'rows', numeric: true },
  { name: 'error' },
];

export async function auditTail(
  options: { readonly lines: number; readonly json?: boolean },
  config: Config,
  { terminal, tailAudit }: Wiring,
): Promise<ExitCode> {
  const events = await tailAudit(config, options.lines);
  if (options.json) {
    for (const event of events) terminal.out(`${JSON.stringify(event)}\n`);
    return 0;
  }
  const rows = (events as readonly Shown[]).map((event) => [
    event.time,
    event.event,
    event.action,
    event.decision,
    event.subject?.sub ?? '(anonymous)',
    event.datasets?.join(' '),
    event.rows,
    event.error_code ?? '',
  ]);
  if (rows.length === 0) terminal.err('there are no events yet\n');
  else terminal.out(`${renderTable(HEADS, rows, terminal.width)}\n`);
  return 0;
}

export const auditCommands: Register = ({ program, config, wiring, run }) => {
  const audit = program.command('audit').description('the audit chain');
  withJson(audit.command('verify').description('check the whole chain'))
    .option('--expect-head <hash>', 'a head that was noted elsewhere: the chain must hold it')
    .action((options) => run(() => auditVerify(options, config(), wiring), options));
  audit
    .command('tail')
    .description('the newest events')
    .option('-n, --lines <count>', 'how many', wholeNumber, 20)
    .option('--json', 'one JSON object a line')
    .action((options) => run(() => auditTail(options, config(), wiring), options));
};
