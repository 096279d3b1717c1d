/** One POST that either ends with a 2xx or counts as failed: no redirect is followed, and nothing of an answer is kept but what is asked for. */
import { ReceiverRefused } from './sink.ts';

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs?: number;
}

/** A slow receiver is waited for; one that never answers is asked again. */
const TIMEOUT_MS = 30_000;
/** Of an answer, for what is read of it. */
const MOST_BYTES = 65_536;

/** The body of the answer, cut. @throws ReceiverRefused, or what the connection failed with */
export async function post({ url, headers, body, signal, timeoutMs = TIMEOUT_MS }: Post): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    // Not followed: it ends as what it is, an answer that is no 2xx.
    redirect: 'manual',
    headers: { 'content-type': 'application/json', 'user-agent': 'sluice', ...headers },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  const text = await start(answer);
  if (!answer.ok) throw new ReceiverRefused(`HTTP ${answer.status}`);
  return text;
}

async function start(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > MOST_BYTES) break;
  }
  return Buffer.concat(parts).toString('utf8');
}
