/**
 * The policy bundle in process: OPA's WASM, instantiated afresh after any fault and whenever its memory has grown,
 * so that no input leaves a trace in the next evaluation.
 */
import { type LoadedPolicy, loadPolicy } from '@open-policy-agent/opa-wasm';
import type { DecisionInput } from './decision.ts';

const PAGE = 65_536;
const INITIAL_PAGES = 32;
/** An input that needs more than this is refused, not served. */
const MAXIMUM_PAGES = 1024;
/** Above this an instance is given up after use: WASM memory never shrinks. */
const KEEP_PAGES = 256;

const ENTRYPOINT = 'sluice/batch';

export interface EmbeddedPolicy {
  /** The bundle's raw answer, not decoded. Rejects with whatever the runtime throws. */
  evaluate(batch: readonly DecisionInput[]): Promise<unknown>;
  /** Bytes of WASM memory that the current instance holds. */
  memory(): Promise<number>;
}

export function loadEmbedded(wasm: Uint8Array<ArrayBuffer>): EmbeddedPolicy {
  const instantiate = () => {
    const loading = loadPolicy(wasm, { initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
    // A bundle that does not load is reported by the evaluation that needs it.
    loading.catch(() => {});
    return loading;
  };
  let current = instantiate();

  const evaluateOnce = async (input: ArrayBuffer): Promise<unknown> => {
    const used = current;
    const giveUp = () => {
      if (current === used) current = instantiate();
    };
    try {
      const policy: LoadedPolicy = await used;
      // Runs to its end without yielding: evaluations never meet in one instance.
      const result: unknown = policy.evaluate(input, ENTRYPOINT);
      if (policy.mem.buffer.byteLength > KEEP_PAGES * PAGE) giveUp();
      return result;
    } catch (error) {
      // After a trap the heap is in an unknown state.
      giveUp();
      throw error;
    }
  };

  return {
    async evaluate(batch) {
      const input = new TextEncoder().encode(JSON.stringify({ batch })).buffer;
      // Once more on a fresh instance: the fault may have been left behind by another input.
      return evaluateOnce(input).catch(() => evaluateOnce(input));
    },
    memory: async () => (await current).mem.buffer.byteLength,
  };
}
