/** The policy decision point that the configuration asks for: OPA in this process, or an OPA server. */
import { createEmbeddedPdp, type EmbeddedOptions } from './embedded-pdp.ts';
import { createOpaPdp, type OpaOptions } from './opa/opa-pdp.ts';
import type { Pdp } from './pdp-port.ts';

export type { Keeping, Pdp } from './pdp-port.ts';

export type PdpOptions =
  | ({ readonly kind: 'embedded' } & EmbeddedOptions)
  | ({ readonly kind: 'opa' } & OpaOptions);

/** @throws SluiceError pdp_unavailable where the default bundle cannot be read. */
export function createPdp(options: PdpOptions): Pdp {
  return options.kind === 'embedded' ? createEmbeddedPdp(options) : createOpaPdp(options);
}
