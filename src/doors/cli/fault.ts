/** Faults as the CLI tells them: for people with the place in the SQL, for programs as one JSON object. */
import { SluiceError } from '../../errors.ts';
import { RefusedByGate } from './client.ts';
import { withoutControls } from './table.ts';

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly position: number | null;
  readonly details: readonly string[];
}

/** What the gate cannot know: how this program is told who asks. */
const HINTS: Readonly<Record<string, string>> = {
  token_missing: 'Give one with --token, or with --as PERSONA where there is a development issuer.',
};

export function faultOf(thrown: unknown): Fault {
  const fault = bareFaultOf(thrown);
  return { ...fault, hint: fault.hint ?? HINTS[fault.code] ?? null };
}

const askHint = (dataset: string): string =>
  `ask for it: sluice requests ask dataset ${dataset} --reason "…" --duration 2h`;

function bareFaultOf(thrown: unknown): Fault {
  if (thrown instanceof RefusedByGate) {
    const { code, hint, position, details, request_access: ask } = thrown.problem;
    return {
      code: code ?? `http_${thrown.status}`,
      message: thrown.message,
      hint: hint ?? (ask === undefined ? null : askHint(ask.dataset)),
      position: position ?? null,
      details: details ?? [],
    };
  }
  if (thrown instanceof SluiceError) {
    const { code, message, hint, position, details } = thrown;
    return { code, message, hint, position, details };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message, hint: null, position: null, details: [] };
}

/** @param sql the text that positions count in, null where there is none */
export function renderFault(thrown: unknown, sql: string | null): string {
  const { code, message, hint, position, details } = faultOf(thrown);
  const lines = [`${code}: ${withoutControls(message)}`];
  if (sql !== null && position !== null) lines.push(...placeIn(sql, position));
  // Where there is one problem only, the message is that problem.
  if (details.length > 1 || details[0] !== message)
    for (const detail of details) lines.push(`  - ${withoutControls(detail)}`);
  if (hint) lines.push(`hint: ${withoutControls(hint)}`);
  return lines.join('\n');
}

/** Characters shown before and after the place. */
const AROUND = 60;

/** The line of the text, with a caret below the place; a long line is cut around it. */
function placeIn(sql: string, position: number): string[] {
  const at = Math.min(Math.max(position, 0), sql.length);
  const start = sql.lastIndexOf('\n', at - 1) + 1;
  const next = sql.indexOf('\n', at);
  const end = next === -1 ? sql.length : next;
  const from = Math.max(start, at - AROUND);
  const to = Math.min(end, at + AROUND);
  const label = sql.includes('\n') ? `line ${sql.slice(0, start).split('\n').length}: ` : '';
  const before = `  ${label}${from > start ? '…' : ''}${withoutControls(sql.slice(from, at))}`;
  const after = `${withoutControls(sql.slice(at, to))}${to < end ? '…' : ''}`;
  return [`${before}${after}`, `${' '.repeat([...before].length)}^`];
}
