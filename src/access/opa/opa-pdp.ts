/**
 * The decision point on an OPA server. It fails closed: a server that is gone, slow or makes no sense gives a fault and never an
 * answer, and what it had answered before is forgotten with it.
 */
import { BoundedCache } from '../../cache.ts';
import { SluiceError } from '../../errors.ts';
import type { Decision, DecisionInput } from '../decision.ts';
import { decodeBatch } from '../decode.ts';
import { createEmbeddedPdp } from '../embedded-pdp.ts';
import type { Keeping, Pdp } from '../pdp-port.ts';
import { type OpaAnswer, readAnswer } from './answer.ts';
import { CircuitOpen, createBreaker } from './breaker.ts';
import { createOpaClient, type OpaClientOptions, OpaFault } from './client.ts';
import type { ObservePdp } from './observation.ts';

export interface OpaOptions extends Omit<OpaClientOptions, 'onLost'> {
  readonly breaker: { readonly failures: number; readonly openMs: number };
  /** Milliseconds for which decisions are kept; 0 keeps none. */
  readonly cacheMs: number;
  /** Whether the decisions of another rule than the default one follow from nothing but what kept ones are told apart by. */
  readonly cacheable: boolean;
  /** Of the bundle that this gate serves. */
  readonly revision: string;
  readonly observe: ObservePdp;
}

/** The rule of the default bundle. */
export const DEFAULT_PATH = '/v1/data/sluice/batch';

/** Decisions of one call, at a few milliseconds each: a catalogue of thousands is asked for in several, each within the time of one. */
const BATCH = 50;
const AT_ONCE = 2;
/** Characters of decisions that stay the same value while they are answered the same: plans are kept by them. */
const KNOWN = 10_000_000;

export function createOpaPdp(options: OpaOptions): Pdp {
  const { path, revision, cacheMs, cacheable, observe } = options;
  const client = createOpaClient({ ...options, onLost: () => forget() });
  const breaker = createBreaker({
    ...options.breaker,
    onState: (state, error) =>
      observe({ kind: 'pdp_breaker', state, ...(error === undefined ? {} : { error }) }),
  });
  const known = new BoundedCache<string, Decision>(KNOWN, (_, text) => text.length);
  /** What the latest answer was made of, and since when. */
  let current: { readonly made: string; readonly since: number; readonly keeping: Keeping | null } | null =
    null;

  const isOurs = ({ bundles }: OpaAnswer): boolean =>
    path === DEFAULT_PATH && Object.values(bundles ?? {}).includes(revision);

  function forget(): void {
    current = null;
  }

  function note(answer: OpaAnswer, askedAt: number): void {
    const made = JSON.stringify(answer.bundles);
    // A slow answer of the bundle before must not bring that one back.
    if (current?.made === made || (current !== null && askedAt < current.since)) return;
    const ours = isOurs(answer);
    const keeping = cacheMs > 0 && (cacheable || ours) ? Object.freeze({ ms: cacheMs }) : null;
    current = { made, since: performance.now(), keeping };
    observe({ kind: 'pdp_revision', bundles: answer.bundles ?? {}, ours });
  }

  async function ask(batch: readonly DecisionInput[], guarded = true): Promise<OpaAnswer> {
    const askedAt = performance.now();
    const tell = (outcome: 'answered' | OpaFault['kind']): void =>
      observe({ kind: 'pdp_asked', outcome, items: batch.length, durationMs: performance.now() - askedAt });
    const call = async (): Promise<OpaAnswer> => {
      try {
        const answer = readAnswer(await client.ask({ batch }));
        tell('answered');
        return answer;
      } catch (thrown) {
        tell(thrown instanceof OpaFault ? thrown.kind : 'unusable');
        throw thrown;
      }
    };
    try {
      const answer = await (guarded ? breaker.run(call) : call());
      note(answer, askedAt);
      return answer;
    } catch (thrown) {
      forget();
      throw refusalOf(thrown);
    }
  }

  async function decideSome(batch: readonly DecisionInput[]): Promise<readonly Decision[]> {
    const { result } = await ask(batch);
    return decoded(result, batch).map((decision) => {
      const text = JSON.stringify(decision);
      const same = known.get(text);
      if (same === undefined) known.set(text, decision);
      return same ?? decision;
    });
  }

  /** Past the breaker: whoever asks whether it is there wants to know now. */
  async function probe(): Promise<void> {
    const { result } = await ask([], false);
    decoded(result, []);
  }
  let probing: Promise<void> | null = null;

  function decoded(result: unknown, batch: readonly DecisionInput[]): readonly Decision[] {
    try {
      return decodeBatch(result, batch);
    } catch (thrown) {
      forget();
      throw thrown;
    }
  }

  return {
    async decide(batch) {
      const parts = Array.from({ length: Math.max(1, Math.ceil(batch.length / BATCH)) }, (_, n) =>
        batch.slice(n * BATCH, (n + 1) * BATCH),
      );
      const answers: (readonly Decision[])[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        for (let at = next++; at < parts.length; at = next++) answers[at] = await decideSome(parts[at] ?? []);
      };
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, parts.length) }, work));
      return answers.flat();
    },
    keeping: () => current?.keeping ?? null,
    async inProcess() {
      return isOurs(await ask([])) ? createEmbeddedPdp() : null;
    },
    // Whoever asks meanwhile is told the same: health is asked for by anyone, as often as they like.
    probe() {
      probing ??= probe().finally(() => {
        probing = null;
      });
      return probing;
    },
    close: () => client.close(),
  };
}

function refusalOf(cause: unknown): SluiceError {
  if (cause instanceof CircuitOpen)
    return new SluiceError('pdp_unavailable', undefined, { cause, retryAfter: cause.retryAfter });
  if (cause instanceof OpaFault && cause.kind === 'unusable')
    return new SluiceError('decision_invalid', undefined, { cause });
  return new SluiceError('pdp_unavailable', undefined, { cause });
}
