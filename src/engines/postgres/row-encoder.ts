/** Rows of the wire to rows of the answer, cell by cell and without a string between. */
import type { ByteWriter } from '../../results/byte-writer.ts';
import { type Cells, createRowWriter, type RowEncoding, type RowWriter } from '../../results/rows.ts';
import type { ServerType } from './types.ts';

const NOTHING = Buffer.alloc(0);

/** Where the fields of the row at hand lie; a length of -1 is NULL. */
interface CurrentRow {
  bytes: Buffer;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
}

export class RowEncoder {
  private readonly rows: RowWriter;
  private readonly cells: readonly Cells[];
  private readonly current: CurrentRow;

  constructor(encoding: RowEncoding, names: readonly string[], types: readonly ServerType[]) {
    const count = types.length;
    this.current = { bytes: NOTHING, starts: new Int32Array(count), lengths: new Int32Array(count) };
    this.cells = types.map((type, index) => cellsOf(this.current, index, type));
    this.rows = createRowWriter(encoding, names);
  }

  /** @param start behind the message's header */
  write(bytes: Buffer, start: number, out: ByteWriter): void {
    const { starts, lengths } = this.current;
    this.current.bytes = bytes;
    // The count of fields is that of the description.
    let at = start + 2;
    for (let i = 0; i < lengths.length; i++) {
      const length = bytes.readInt32BE(at);
      at += 4;
      starts[i] = at;
      lengths[i] = length;
      if (length > 0) at += length;
    }
    this.rows.write(this.cells, 0, out);
  }
}

function cellsOf(row: CurrentRow, index: number, { format }: ServerType): Cells {
  return {
    json(_row, out) {
      const length = row.lengths[index]!;
      const start = row.starts[index]!;
      if (length < 0) out.ascii('null');
      else format(row.bytes, start, start + length, out, true);
    },
    csv(_row, out) {
      const length = row.lengths[index]!;
      const start = row.starts[index]!;
      if (length >= 0) format(row.bytes, start, start + length, out, false);
    },
  };
}
