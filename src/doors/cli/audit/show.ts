/** Events of the audit for people, as a table. */
import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface Shown {
  readonly time?: string;
  readonly event?: string;
  readonly action?: string;
  readonly decision?: string;
  readonly subject?: { readonly sub: string | null };
  readonly on_behalf_of?: { readonly sub: string | null };
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

export function showEvents(
  events: readonly object[],
  { json }: { readonly json?: boolean | undefined },
  terminal: Terminal,
): void {
  if (json) {
    for (const event of events) terminal.out(`${JSON.stringify(event)}\n`);
    return;
  }
  const rows = (events as readonly Shown[]).map((event) => [
    event.time,
    event.event,
    event.action,
    event.decision,
    who(event),
    event.datasets?.join(' '),
    event.rows,
    event.error_code ?? '',
  ]);
  terminal.out(`${renderTable(HEADS, rows, terminal.width)}\n`);
}

/** One line an event, for what comes one by one. */
export function showLine(
  event: object,
  { json }: { readonly json?: boolean | undefined },
  terminal: Terminal,
): void {
  const { time, event: kind, action, decision, datasets, rows, error_code, ...rest } = event as Shown;
  if (json) terminal.out(`${JSON.stringify(event)}\n`);
  else
    terminal.out(
      `${[time, kind, action, decision, who(rest), datasets?.join(' '), rows, error_code].filter((part) => part !== undefined && part !== '').join('  ')}\n`,
    );
}

function who({ subject, on_behalf_of: behalf }: Pick<Shown, 'subject' | 'on_behalf_of'>): string {
  const sub = subject?.sub ?? '(anonymous)';
  return behalf === undefined ? sub : `${sub} for ${behalf.sub}`;
}
