/** What the CLI writes for people: tables, progress on a terminal, and faults with their place in the text. */
import Table from 'cli-table3';
import { SluiceError } from '../../errors.ts';
import { RefusedByGate } from './client.ts';

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether stderr is a terminal that can show progress. */
  readonly interactive: boolean;
}

const MOST_CELL = 60;

/** Control characters in data must not steer the terminal. */
function printable(value: unknown): string {
  const text = value === null ? '∅' : typeof value === 'string' ? value : JSON.stringify(value);
  const safe = text.replace(/\p{Cc}/gu, ' ');
  return safe.length > MOST_CELL ? `${safe.slice(0, MOST_CELL - 1)}…` : safe;
}

export function renderTable(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push(row.map(printable));
  return table.toString();
}

/** A fault in words: message, the place in the SQL, details, hint. */
export function renderFault(thrown: unknown, sql: string | null): string {
  const { code, message, hint, position, details } = partsOf(thrown);
  const lines = [`${code}: ${message}`];
  if (sql !== null && position !== null) lines.push(...placeIn(sql, position));
  for (const detail of details) lines.push(`  - ${detail}`);
  if (hint) lines.push(`hint: ${hint}`);
  return lines.join('\n');
}

function partsOf(thrown: unknown) {
  if (thrown instanceof RefusedByGate) {
    const { code, message, hint, position, details } = thrown.problem;
    return {
      code: code ?? `http ${thrown.status}`,
      message: message ?? thrown.message,
      hint,
      position: position ?? null,
      details: details ?? [],
    };
  }
  if (thrown instanceof SluiceError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: 'internal', message, hint: null, position: null, details: [] };
}

function placeIn(sql: string, position: number): string[] {
  const start = sql.lastIndexOf('\n', position - 1) + 1;
  const end = sql.indexOf('\n', position);
  const line = sql.slice(start, end === -1 ? undefined : end);
  return [`  ${line}`, `  ${' '.repeat(Math.max(0, position - start))}^`];
}

/** A line that is rewritten on a terminal, and one line a step elsewhere. */
export function progress(terminal: Terminal): { step(text: string): void; done(text: string): void } {
  const write = (text: string, end: string): void =>
    terminal.err(terminal.interactive ? `\r\u001b[K${text}${end}` : `${text}\n`);
  return { step: (text) => write(`… ${text}`, ''), done: (text) => write(`✓ ${text}`, '\n') };
}
