/** Rows for people: a table, or a record below the other where the table is wider than the terminal. Control characters in data never reach the terminal. */
import Table from 'cli-table3';

export interface TableColumn {
  readonly name: string;
  /** Numbers stand to the right. */
  readonly numeric?: boolean;
}

/** Longest cell on a terminal; elsewhere nothing is cut. */
const MOST_CELL = 60;
const NULL = '∅';

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  right: '',
  'right-mid': '',
  mid: '',
  'mid-mid': '',
  middle: '│',
};

/** @param width of the terminal, null where the output is none */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly unknown[])[],
  width: number | null,
): string {
  const most = width === null ? Number.POSITIVE_INFINITY : MOST_CELL;
  const cells = rows.map((row) => row.map((value) => printable(value, most)));
  const heads = columns.map((column) => printable(column.name, most));
  const table = grid(columns, heads, cells);
  return width !== null && lengthOf(table) > width && cells.length > 0 ? records(heads, cells) : table;
}

function grid(
  columns: readonly TableColumn[],
  heads: readonly string[],
  cells: readonly (readonly string[])[],
): string {
  const table = new Table({
    chars: BARE,
    colAligns: columns.map((column) => (column.numeric ? 'right' : 'left')),
    style: { head: [], border: [] },
  });
  table.push([...heads], ...cells.map((row) => [...row]));
  const [head = '', ...body] = table.toString().split('\n');
  const rule = head.replace(/[^│]/g, '─').replaceAll('│', '┼');
  return [head, rule, ...body].map((line) => line.trimEnd()).join('\n');
}

function records(heads: readonly string[], cells: readonly (readonly string[])[]): string {
  const longest = Math.max(...heads.map((head) => head.length));
  return cells
    .map((row, index) => {
      const lines = row.map((cell, at) => ` ${(heads[at] ?? '').padEnd(longest)} │ ${cell}`);
      return [`─ ${index + 1} ${'─'.repeat(longest)}`, ...lines].join('\n');
    })
    .join('\n');
}

function lengthOf(table: string): number {
  return Math.max(...table.split('\n').map((line) => line.length));
}

function printable(value: unknown, most: number): string {
  const text =
    value === null || value === undefined ? NULL : typeof value === 'string' ? value : JSON.stringify(value);
  const safe = withoutControls(text);
  return safe.length > most ? `${safe.slice(0, most - 1)}…` : safe;
}

/** Escape sequences in a value could rewrite what is on the screen; so could text that runs the other way. */
export function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
}
