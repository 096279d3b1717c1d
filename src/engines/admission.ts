/** Who may run now: at most so many queries in all and of one principal, the others wait their turn, principal by principal. */
import { SluiceError } from '../errors.ts';

export interface AdmissionLimits {
  /** Queries that run at once, of all callers. */
  readonly concurrency: number;
  /** Queries that run at once, of one caller. */
  readonly perPrincipal: number;
  /** Queries that wait; beyond, the principal that waits with the most loses its newest. */
  readonly queue: number;
}

interface Waiting {
  readonly principal: string;
  readonly admit: () => void;
  readonly refuse: (error: SluiceError) => void;
}

/** Gives its place back; calling it again does nothing. */
export type Release = () => void;

export class Admission {
  private readonly limits: AdmissionLimits;
  private readonly running = new Map<string, number>();
  private total = 0;
  /** In turn: the first principal with room goes next, then to the end. */
  private readonly queues = new Map<string, Waiting[]>();
  private waiting = 0;

  constructor(limits: AdmissionLimits) {
    this.limits = limits;
  }

  get queued(): number {
    return this.waiting;
  }

  get active(): number {
    return this.total;
  }

  /** @throws SluiceError too_many_queries, or cancelled when the signal aborts while waiting */
  async enter(principal: string, signal: AbortSignal): Promise<Release> {
    if (signal.aborted) throw new SluiceError('cancelled');
    if (this.hasRoom(principal) && !this.queues.has(principal)) return this.take(principal);
    await this.wait(principal, signal);
    return this.releaseOf(principal);
  }

  private hasRoom(principal: string): boolean {
    return (
      this.total < this.limits.concurrency && (this.running.get(principal) ?? 0) < this.limits.perPrincipal
    );
  }

  private take(principal: string): Release {
    this.total++;
    this.running.set(principal, (this.running.get(principal) ?? 0) + 1);
    return this.releaseOf(principal);
  }

  private releaseOf(principal: string): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.total--;
      const left = (this.running.get(principal) ?? 1) - 1;
      if (left === 0) this.running.delete(principal);
      else this.running.set(principal, left);
      this.admitNext();
    };
  }

  private wait(principal: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      this.remove(entry);
      reject(new SluiceError('cancelled'));
    };
    const entry: Waiting = {
      principal,
      admit: () => {
        signal.removeEventListener('abort', onAbort);
        this.take(principal);
        resolve();
      },
      refuse: (error) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.makeRoom(principal, entry);
    return promise;
  }

  /** Queues the entry, at the cost of the greediest principal where the queue is full. */
  private makeRoom(principal: string, entry: Waiting): void {
    const own = this.queues.get(principal) ?? [];
    if (this.waiting >= this.limits.queue) {
      const [, longest] = [...this.queues].reduce<[string, Waiting[]]>(
        (most, candidate) => (candidate[1].length > most[1].length ? candidate : most),
        [principal, own],
      );
      // The newcomer itself is the newest of its own queue.
      const refused = longest.length > own.length + 1 ? longest.at(-1) : undefined;
      if (refused === undefined) {
        entry.refuse(tooMany());
        return;
      }
      this.remove(refused);
      refused.refuse(tooMany());
    }
    this.queues.set(principal, own);
    own.push(entry);
    this.waiting++;
  }

  private remove(entry: Waiting): void {
    const queue = this.queues.get(entry.principal);
    const index = queue?.indexOf(entry) ?? -1;
    if (queue === undefined || index < 0) return;
    queue.splice(index, 1);
    this.waiting--;
    if (queue.length === 0) this.queues.delete(entry.principal);
  }

  private admitNext(): void {
    for (const [principal, queue] of this.queues) {
      const next = queue[0];
      if (next === undefined || !this.hasRoom(principal)) continue;
      this.remove(next);
      if (this.queues.delete(principal)) this.queues.set(principal, queue);
      next.admit();
      return;
    }
  }
}

function tooMany(): SluiceError {
  return new SluiceError('too_many_queries', undefined, {
    hint: 'Wait for queries that run, or ask for less at once.',
    retryAfter: 1,
  });
}
