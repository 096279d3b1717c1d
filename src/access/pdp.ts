/** The policy decision point: a batch of inputs in, a decision for each out; a fault of its own is an error, never an answer. */
import { readFileSync } from 'node:fs';
import { SluiceError } from '../errors.ts';
import type { Decision, DecisionInput } from './decision.ts';
import { decodeBatch } from './decode.ts';
import { loadEmbedded } from './embedded.ts';

export interface Pdp {
  /** Decisions in the order of the batch. @throws SluiceError pdp_unavailable */
  decide(batch: readonly DecisionInput[]): Promise<readonly Decision[]>;
  /** Whether a decision follows from identity, dataset, action and circumstances alone, so that it may be kept. */
  readonly cacheable: boolean;
}

export interface PdpOptions {
  readonly kind: 'embedded';
  /** Another bundle with the entrypoint `sluice/batch`; the default bundle where there is none. */
  readonly wasm?: Uint8Array<ArrayBuffer>;
}

const DEFAULT_BUNDLE = new URL('../../rego/sluice.wasm', import.meta.url);

/** @throws SluiceError pdp_unavailable where the bundle cannot be read. */
export function createPdp(options: PdpOptions): Pdp {
  const policy = loadEmbedded(options.wasm ?? readBundle());
  return {
    // The default bundle reads neither the request nor the address, and of the clock only what `expires_at` tells; another one may.
    cacheable: options.wasm === undefined,
    async decide(batch) {
      if (batch.length === 0) return [];
      return decodeBatch(await policy.evaluate(batch).catch(unavailable), batch);
    },
  };
}

function readBundle(): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(DEFAULT_BUNDLE));
  } catch (cause) {
    return unavailable(cause);
  }
}

function unavailable(cause: unknown): never {
  throw new SluiceError('pdp_unavailable', undefined, { cause });
}
