/** Rows in their framing: JSON arrays, NDJSON objects, CSV records; bytes of successive calls simply follow one another. */
import type { ByteWriter } from './byte-writer.ts';

/** How rows are framed; see `encodeRow`. */
export type RowEncoding = 'json' | 'ndjson' | 'csv';

/** One column of the rows at hand, able to write any of its cells. */
export interface Cells {
  /** A JSON value, `null` included. */
  json(row: number, out: ByteWriter): void;
  /** A CSV field; nothing for NULL. */
  csv(row: number, out: ByteWriter): void;
}

export interface RowWriter {
  /** Writes row `row` of `columns`, with whatever divides it from the row before. */
  write(columns: readonly Cells[], row: number, out: ByteWriter): void;
}

/**
 * `json`: arrays divided by commas, without the outer brackets; `ndjson`: an object and LF; `csv`: a record and CRLF.
 * Repeated names get `_2`, `_3`, … in NDJSON, where a second key of the same name would hide the first.
 */
export function createRowWriter(encoding: RowEncoding, names: readonly string[]): RowWriter {
  switch (encoding) {
    case 'json':
      return jsonRows();
    case 'ndjson':
      return ndjsonRows(names);
    case 'csv':
      return { write: writeCsvRow };
    default:
      return encoding satisfies never;
  }
}

function jsonRows(): RowWriter {
  let first = true;
  return {
    write(columns, row, out) {
      if (!first) out.byte(44);
      first = false;
      out.byte(91);
      for (let i = 0; i < columns.length; i++) {
        if (i > 0) out.byte(44);
        columns[i]!.json(row, out);
      }
      out.byte(93);
    },
  };
}

function ndjsonRows(names: readonly string[]): RowWriter {
  const keys = distinctNames(names).map((name, i) =>
    new TextEncoder().encode(`${i === 0 ? '' : ','}${JSON.stringify(name)}:`),
  );
  return {
    write(columns, row, out) {
      out.byte(123);
      for (let i = 0; i < columns.length; i++) {
        const key = keys[i]!;
        out.copy(key, 0, key.length);
        columns[i]!.json(row, out);
      }
      out.byte(125);
      out.byte(10);
    },
  };
}

function writeCsvRow(columns: readonly Cells[], row: number, out: ByteWriter): void {
  for (let i = 0; i < columns.length; i++) {
    if (i > 0) out.byte(44);
    columns[i]!.csv(row, out);
  }
  out.byte(13);
  out.byte(10);
}

/** The key under which the gate itself speaks in NDJSON: a column of that name is numbered, so that no row passes for it. */
const RESERVED = '$sluice';

/** Keeps the first of each name; later ones get the lowest `_n` that no other column has. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const seen = new Set<string>([RESERVED]);
  return names.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let n = 2;
    while (taken.has(`${name}_${n}`)) n++;
    taken.add(`${name}_${n}`);
    return `${name}_${n}`;
  });
}
