/**
 * The policy bundle in process: OPA's WASM, instantiated afresh after any fault and whenever its memory has grown,
 * so that no input leaves a trace in the next evaluation.
 */
import { type LoadedPolicy, loadPolicySync } from '@open-policy-agent/opa-wasm';
import type { DecisionInput } from './decision.ts';

const PAGE = 65_536;
const INITIAL_PAGES = 32;
/** An input that needs more than this is refused, not served. */
const MAXIMUM_PAGES = 2048;
/** Above this an instance is given up after use: WASM memory never shrinks. */
const KEEP_PAGES = 256;

const ENTRYPOINT = 'sluice/batch';

export interface EmbeddedPolicy {
  /** The bundle's raw answer, not decoded. Throws whatever the runtime throws. */
  evaluate(batch: readonly DecisionInput[]): unknown;
  /** Bytes of WASM memory in use, 0 where no instance is alive. */
  memory(): number;
}

export function loadEmbedded(wasm: Uint8Array<ArrayBuffer>): EmbeddedPolicy {
  let instance: LoadedPolicy | null = null;

  const evaluateOnce = (input: ArrayBuffer): unknown => {
    instance ??= loadPolicySync(wasm, { initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });
    try {
      const result: unknown = instance.evaluate(input, ENTRYPOINT);
      if (instance.mem.buffer.byteLength > KEEP_PAGES * PAGE) instance = null;
      return result;
    } catch (error) {
      // After a trap the heap is in an unknown state.
      instance = null;
      throw error;
    }
  };

  return {
    evaluate(batch) {
      const input = new TextEncoder().encode(JSON.stringify({ batch })).buffer;
      try {
        return evaluateOnce(input);
      } catch {
        return evaluateOnce(input);
      }
    },
    memory: () => instance?.mem.buffer.byteLength ?? 0,
  };
}
