/** A governed answer on the wire: JSON pages whole, NDJSON and CSV streamed; a cut answer says so in the form its format allows. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Answer, RowChunk } from '../../query.ts';
import { CSV_TYPE, NDJSON_TYPE } from './negotiate.ts';
import { problemOf, toSluiceError } from './problem.ts';

/** Clients refuse answers whose headers are longer than 16 KiB in all (Node) or even 8 KiB (many proxies). */
const MAX_COLUMNS_HEADER = 6_000;

/** The body of a page. It is collected first: a fault halfway is a clean error, not half a document. */
export async function sendPage(reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  const parts: Uint8Array[] = [];
  for await (const chunk of answer.chunks) parts.push(chunk.bytes);
  const { page, truncated } = answer.end();
  const head = JSON.stringify({ request_id: answer.requestId, columns: answer.columns }).slice(0, -1);
  const tail = JSON.stringify({
    page,
    ...(truncated ? { truncated } : {}),
    decisions: answer.decisions,
  }).slice(1);
  const body = Buffer.concat([Buffer.from(`${head},"rows":[`), ...parts, Buffer.from(`],${tail}`)]);
  return reply.type('application/json; charset=utf-8').send(body);
}

/** One object a line; where the rows were cut or the engine failed, the last line is `{"$sluice": …}`. */
export function sendNdjson(reply: FastifyReply, answer: Answer): FastifyReply {
  async function* lines(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of answer.chunks) yield chunk.bytes;
      const { truncated, rows } = answer.end();
      if (truncated) yield Buffer.from(`${JSON.stringify({ $sluice: { truncated, rows } })}\n`);
    } catch (thrown) {
      // The fault breaks the connection off, and with it goes whatever is still on its way through the stream.
      const error = problemOf(toSluiceError(thrown), answer.requestId);
      await written(reply, `${JSON.stringify({ $sluice: { error } })}\n`);
      throw thrown;
    }
  }
  return stream(reply, lines(), `${NDJSON_TYPE}; charset=utf-8`, answer);
}

function written(reply: FastifyReply, line: string): Promise<void> {
  return new Promise((resolve) => {
    reply.raw.write(line, () => resolve());
  });
}

/** A header record, then the rows; a cut is told in the trailer `X-Sluice-Truncated`, a fault breaks the connection off. */
export function sendCsv(reply: FastifyReply, answer: Answer): FastifyReply {
  async function* records(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${answer.columns.map((column) => csvField(column.name)).join(',')}\r\n`);
    for await (const chunk of answer.chunks) yield chunk.bytes;
  }
  return stream(reply, records(), `${CSV_TYPE}; charset=utf-8; header=present`, answer);
}

function stream(
  reply: FastifyReply,
  body: AsyncGenerator<Uint8Array>,
  type: string,
  answer: Answer,
): FastifyReply {
  reply.trailer('x-sluice-truncated', (_reply, _payload, done) =>
    done(null, answer.end().truncated ?? 'none'),
  );
  const source = Readable.from(body, { objectMode: true, highWaterMark: 2 });
  // A caller who left before the first byte: the body was never begun, so nothing in it can end the query.
  source.once(
    'close',
    () =>
      void answer.chunks[Symbol.asyncIterator]()
        .return?.()
        .catch(() => {}),
  );
  const columns = encodeURIComponent(JSON.stringify(answer.columns));
  if (columns.length <= MAX_COLUMNS_HEADER) reply.header('x-sluice-columns', columns);
  return reply.type(type).send(source);
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Waits for the first chunk, so that faults at the start of a stream are still problem details with a status. */
export async function primed(answer: Answer): Promise<Answer> {
  const iterator = answer.chunks[Symbol.asyncIterator]();
  let first: IteratorResult<RowChunk> | null = await iterator.next();
  // Not a generator: one that was never begun ends without a word to the iterator behind it.
  const chunks: AsyncIterableIterator<RowChunk> = {
    async next() {
      const held = first;
      first = null;
      return held ?? iterator.next();
    },
    async return() {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => chunks,
  };
  return { ...answer, chunks };
}
