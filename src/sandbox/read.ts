/** Reads one dataset as the identity would: governed queries through the same pipeline as everyone's, whose rows go to a file as they come. */
import type { FileHandle } from 'node:fs/promises';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import { type AnswerColumn, query } from '../query.ts';
import type { Caller } from '../request/ask.ts';
import type { Chosen } from './choose.ts';
import { identifier } from './types.ts';

export interface Rows {
  /** `masked` and `type` as the answer tells them; columns stand as `c0`, `c1`, … in the file. */
  readonly columns: readonly AnswerColumn[];
  readonly count: number;
  readonly filtered: boolean;
  /** No row takes more in the file. */
  readonly longestBytes: number;
  /** Whether a policy's `max_rows` cut it. */
  readonly truncated: boolean;
}

/** What can be told apart and put in order on every engine. */
const SORTABLE = new Set([
  ...[
    'text',
    'integer',
    'decimal',
    'float',
    'boolean',
    'date',
    'time',
    'timestamp',
    'timestamptz',
    'uuid',
    'bytes',
  ],
]);

/** In one order, so that parts fit together and a cut is the same every time. */
export function sqlOf({ dataset, columns }: Chosen): string {
  const selected = columns.map((column, index) => `${identifier(column.folded)} AS c${index}`);
  const order = columns.flatMap(({ family }, index) => (SORTABLE.has(family) ? [index + 1] : []));
  const from = dataset.id.split('.').map(identifier).join('.');
  return `SELECT ${selected.join(', ')} FROM ${from}${order.length === 0 ? '' : `${ORDERED}${order.join(', ')}`}`;
}

const ORDERED = ' ORDER BY ';

/** One answer has a bound on its rows and bytes; what is beyond is asked for by the next, and a policy's bound holds for all together. */
export async function readRows(
  chosen: Chosen,
  file: FileHandle,
  callerFor: () => Caller,
  gate: Gate,
): Promise<Rows> {
  const most = chosen.decision.limits.max_rows ?? Number.POSITIVE_INFINITY;
  const sql = sqlOf(chosen);
  let longestBytes = 0;
  for (let count = 0; ; ) {
    const limit = Math.min(gate.limits.maxStreamRows, most - count);
    const ask = { text: { sql }, limit, offset: count };
    const answer = await query(callerFor(), ask, { mode: 'stream', encoding: 'ndjson' }, gate);
    for await (const { bytes } of answer.chunks) {
      longestBytes = Math.max(longestBytes, bytes.byteLength);
      await file.appendFile(bytes);
    }
    const { rows, truncated } = answer.end();
    count += rows;
    const cut = truncated !== null;
    if (!cut || count >= most) {
      const filtered = answer.decisions.some((decision) => decision.filtered);
      return { columns: answer.columns, count, filtered, longestBytes, truncated: cut };
    }
    if (!sql.includes(ORDERED))
      throw new SluiceError(
        'limit_rows',
        'One answer does not hold it, and no column puts its rows in an order.',
      );
    if (rows === 0)
      throw new SluiceError('bad_request', `A row of ${chosen.dataset.id} is larger than limits.max_bytes.`);
  }
}
