/** What can be observed of an OPA server. None of it holds an input or an answer. */

export type BreakerState = 'closed' | 'half_open' | 'open';

export type PdpObservation =
  /** One call, however many decisions it asked for. */
  | {
      readonly kind: 'pdp_asked';
      readonly outcome: 'answered' | 'unreachable' | 'timeout' | 'refused' | 'unusable';
      readonly items: number;
      readonly durationMs: number;
    }
  /** `error` is what opened it, where something did. */
  | { readonly kind: 'pdp_breaker'; readonly state: BreakerState; readonly error?: unknown }
  /** Another bundle decides than before, by name and revision. */
  | {
      readonly kind: 'pdp_revision';
      readonly bundles: Readonly<Record<string, string>>;
      readonly ours: boolean;
    };

export type ObservePdp = (observation: PdpObservation) => void;
