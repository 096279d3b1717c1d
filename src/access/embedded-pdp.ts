/** The decision point in this process: the bundle that comes with the gate, or one of the operator's own. */
import { readFileSync } from 'node:fs';
import { SluiceError } from '../errors.ts';
import { decodeBatch } from './decode.ts';
import { loadEmbedded } from './embedded.ts';
import type { Keeping, Pdp } from './pdp-port.ts';

export interface EmbeddedOptions {
  /** Another bundle, whose entrypoint takes a batch; the default bundle where there is none. */
  readonly wasm?: Uint8Array<ArrayBuffer>;
  /** Of another bundle. */
  readonly data?: object;
  readonly entrypoint?: string;
  /** Whether the decisions of another bundle follow from nothing but what kept ones are told apart by. */
  readonly cacheable?: boolean;
}

const DEFAULT_BUNDLE = new URL('../../rego/sluice.wasm', import.meta.url);

const ALWAYS: Keeping = Object.freeze({ ms: null });

/** @throws SluiceError pdp_unavailable where the default bundle cannot be read. */
export function createEmbeddedPdp({
  wasm,
  data = {},
  entrypoint = 'sluice/batch',
  cacheable = false,
}: EmbeddedOptions = {}): Pdp {
  const policy = loadEmbedded({ wasm: wasm ?? readBundle(), data, entrypoint });
  // The default bundle reads neither the request nor the address, and of the clock only what `expires_at` tells; another one may.
  const keeping = wasm === undefined || cacheable ? ALWAYS : null;
  const pdp: Pdp = {
    async decide(batch) {
      return decodeBatch(await policy.evaluate(batch).catch(unavailable), batch);
    },
    keeping: () => keeping,
    inProcess: async () => (wasm === undefined ? pdp : null),
    async probe() {
      decodeBatch(await policy.evaluate([]).catch(unavailable), []);
    },
    close: async () => {},
  };
  return pdp;
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
