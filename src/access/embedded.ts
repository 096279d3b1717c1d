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

export interface PolicyBundle {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** What the policy sees as `data`. */
  readonly data: object;
  /** The rule that answers a batch: `sluice/batch`. */
  readonly entrypoint: string;
}

export interface EmbeddedPolicy {
  /** What the rule answered, not decoded; undefined where it has no value. Rejects with whatever the runtime throws. */
  evaluate(batch: readonly DecisionInput[]): Promise<unknown>;
  /** Bytes of WASM memory that the current instance holds. */
  memory(): Promise<number>;
}

export function loadEmbedded({ wasm, data, entrypoint }: PolicyBundle): EmbeddedPolicy {
  const instantiate = () => {
    const loading = loadPolicy(wasm, { initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES }).then((policy) => {
      policy.setData(data);
      return policy;
    });
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
      const result: unknown = policy.evaluate(input, entrypoint);
      if (policy.mem.buffer.byteLength > KEEP_PAGES * PAGE) giveUp();
      return onlyResult(result);
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

/** The runtime answers with a set of results, `[{result: …}]`: one, or none where the rule is undefined. */
function onlyResult(set: unknown): unknown {
  if (!Array.isArray(set) || set.length !== 1) return undefined;
  const [only]: readonly unknown[] = set;
  return typeof only === 'object' && only !== null && 'result' in only ? only.result : undefined;
}
