/** What a policy decision point is: a batch of inputs in, a decision for each out; a fault of its own is an error, never an answer. */
import type { Decision, DecisionInput } from './decision.ts';

export interface Pdp {
  /** Decisions in the order of the batch; of none at all, whether it is there. @throws SluiceError pdp_unavailable, decision_invalid */
  decide(batch: readonly DecisionInput[]): Promise<readonly Decision[]>;
  /**
   * How long decisions may be kept by identity, snapshot, dataset, action and circumstances; null where they may follow from more
   * than that. It is the same value for as long as what was kept under it holds: with another one all of that is gone.
   */
  keeping(): Keeping | null;
  /** The bundle that comes with the gate, in this process, where it certainly decides as this one does: for thousands of questions. */
  inProcess(): Promise<Pdp | null>;
  /** Resolves when it answers. @throws SluiceError pdp_unavailable, decision_invalid */
  probe(): Promise<void>;
  close(): Promise<void>;
}

export interface Keeping {
  /** Milliseconds since a decision was asked for; null for as long as this value is the current one. */
  readonly ms: number | null;
}
