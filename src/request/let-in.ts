/**
 * Whether the caller is still let in while their answer runs: whoever is refused meanwhile, or whose issuer is gone, gets no more
 * of it than what left before that was seen. It is asked about once a second, so an answer that is quick asks nothing.
 */
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';

export interface LetIn {
  /** Aborts when the caller goes away, and when they are let in no more. */
  readonly signal: AbortSignal;
  /** Brings an answer about. Null, or a fault, is the end of the watch. @throws SluiceError why they are let in no more, besides its own */
  during<T>(start: () => Promise<T | null>): Promise<T | null>;
  /** The same chunks for as long as they are let in; the end of them is the end of the watch. @throws as `during` */
  through<Chunk>(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk>;
}

const EVERY_MS = 1_000;

export function watchLetIn(
  identity: Identity,
  gone: AbortSignal,
  gate: Pick<Gate, 'refusalOf'>,
  everyMs = EVERY_MS,
): LetIn {
  const refused = new AbortController();
  let asking = false;
  const timer = setInterval(() => void look(), everyMs).unref();
  const close = (): void => {
    clearInterval(timer);
    gone.removeEventListener('abort', close);
  };
  gone.addEventListener('abort', close, { once: true });
  if (gone.aborted || identity.kind === 'anonymous') close();

  async function look(): Promise<void> {
    if (asking) return;
    asking = true;
    // What cannot be asked is not taken for a yes.
    const refusal = await gate.refusalOf(identity).catch((thrown: unknown) => thrown);
    asking = false;
    if (refusal === null) return;
    close();
    refused.abort(
      refusal instanceof SluiceError ? refusal : new SluiceError('internal', undefined, { cause: refusal }),
    );
  }

  async function during<T>(start: () => Promise<T | null>): Promise<T | null> {
    let started: T | null = null;
    try {
      started = await start();
      return started;
    } catch (fault) {
      throw reasonOf(fault);
    } finally {
      if (started === null) close();
    }
  }

  async function* through<Chunk>(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
    try {
      for await (const chunk of chunks) {
        // Of what the engine read before it was stopped, the rest stays here.
        refused.signal.throwIfAborted();
        yield chunk;
      }
      refused.signal.throwIfAborted();
    } catch (fault) {
      throw reasonOf(fault);
    } finally {
      close();
    }
  }

  /** The engine was only told to stop. */
  const reasonOf = (fault: unknown): unknown => (refused.signal.aborted ? refused.signal.reason : fault);
  return { signal: AbortSignal.any([gone, refused.signal]), during, through };
}
