/** Runs one query inside the engine process and emits its rows encoded, in batches, no faster than the reader takes them. */
import duckdb from '@duckdb/node-bindings';
import { typeFamily } from '../../catalogue/types.ts';
import { ByteWriter } from '../../results/byte-writer.ts';
import { createRowWriter } from '../../results/rows.ts';
import type { ResultColumn } from '../engine.ts';
import { bindParams } from './bind.ts';
import { createColumn } from './columns/create.ts';
import type { QueryControl } from './control.ts';
import { FRAME_HEADER } from './frames.ts';
import type { RowsReply, RunRequest, Truncation } from './messages.ts';
import type { Session } from './sessions.ts';
import { MAX_CELL } from './strings.ts';
import { typeText } from './types.ts';

/** Bytes after which a batch is sent. */
const BATCH = 128 << 10;
/** A small result needs a small buffer; it grows where it must. */
const FIRST_BUFFER = 8 << 10;
/**
 * Up to this many rows are fetched whole: one call of the engine instead of three. The rows lie in memory that the
 * engine's limit counts.
 */
const WHOLE = 10_001;

/** A row is sent in one frame, which has a bound. */
const MAX_ROW = 2 * MAX_CELL;

/** `framed` has room for a frame's header before the rows. */
export type Emit = (reply: RowsReply, framed: Uint8Array) => void;

export class NotSelect extends Error {}

/** @throws the engine's own errors; NotSelect for anything but one SELECT */
export async function execute(
  session: Session,
  request: RunRequest,
  control: QueryControl,
  emit: Emit,
): Promise<void> {
  const result = await start(session, request, control);
  const columns = describeColumns(result);
  const cells = columns.map((_, i) => createColumn(duckdb.column_logical_type(result, i)));
  const rows = createRowWriter(
    request.encoding,
    columns.map((column) => column.name),
  );

  const out = new ByteWriter(FIRST_BUFFER);
  out.position = FRAME_HEADER;
  let batchRows = 0;
  let totalRows = 0;
  let sentBytes = 0;
  let first = true;
  const flush = (end?: { truncated: Truncation }): void => {
    const size = out.position - FRAME_HEADER;
    emit(
      { kind: 'rows', rows: batchRows, ...(first && { columns }), ...(end && { end }) },
      out.take(end ? 0 : BATCH * 2),
    );
    control.sent(size);
    out.position = FRAME_HEADER;
    sentBytes += size;
    batchRows = 0;
    first = false;
  };

  const next = chunkReader(result, session, control);
  for (;;) {
    const chunk = await next();
    if (control.stopped !== null) return;
    if (chunk === null) return flush({ truncated: null });
    const count = duckdb.data_chunk_get_size(chunk);
    cells.forEach((column, i) => {
      column.load(duckdb.data_chunk_get_vector(chunk, i), count);
    });
    for (let row = 0; row < count; row++) {
      if (totalRows === request.maxRows) return flush({ truncated: 'rows' });
      const before = out.position;
      rows.write(cells, row, out);
      if (out.position - before > MAX_ROW)
        throw new RangeError('Out of Memory Error: a row is too large to send');
      if (sentBytes + out.position - FRAME_HEADER > request.maxBytes) {
        out.position = before;
        return flush({ truncated: 'bytes' });
      }
      batchRows++;
      totalRows++;
      if (out.position >= BATCH) {
        flush();
        await control.room();
        if (control.stopped !== null) return;
      }
    }
  }
}

async function start(session: Session, request: RunRequest, control: QueryControl): Promise<duckdb.Result> {
  // The printer's texts begin so; FROM-first and PRAGMA prepare as SELECT too, and are none.
  if (!/^(SELECT|WITH|VALUES|\()/i.test(request.sql)) throw new NotSelect();
  const statement = await control.spend(() => session.prepare(request.sql));
  if (duckdb.prepared_statement_type(statement) !== duckdb.StatementType.SELECT) throw new NotSelect();
  bindParams(statement, request.params);
  if (request.maxRows < WHOLE) return control.spend(() => duckdb.execute_prepared(statement));
  await session.begin();
  return control.spend(() => duckdb.execute_prepared_streaming(statement));
}

/** Null at the end; each chunk is valid until the next call. */
function chunkReader(
  result: duckdb.Result,
  session: Session,
  control: QueryControl,
): () => Promise<duckdb.DataChunk | null> {
  if (!duckdb.result_is_streaming(result)) {
    const count = duckdb.result_chunk_count(result);
    let index = 0;
    return async () => (index < count ? duckdb.result_get_chunk(result, index++) : null);
  }
  return async () => {
    const chunk = await control.spend(() => duckdb.fetch_chunk(result));
    if (chunk !== null && duckdb.data_chunk_get_size(chunk) > 0) return chunk;
    if (control.stopped === null) await session.demandUnbroken();
    return null;
  };
}

function describeColumns(result: duckdb.Result): ResultColumn[] {
  return Array.from({ length: duckdb.column_count(result) }, (_, i) => {
    const type = typeText(duckdb.column_logical_type(result, i));
    return { name: duckdb.column_name(result, i), type, family: typeFamily(type, 'duckdb') };
  });
}
