/** One batched call to the decision point for the datasets of a request, with the context that the gate vouches for. */
import type { Action, Decision } from '../access/decision.ts';
import { buildContext } from '../access/input.ts';
import { partiesOf } from '../access/party.ts';
import type { Dataset } from '../catalogue/dataset.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import type { Snapshot } from '../snapshot.ts';
import { grantsOf } from './grants-of.ts';

export interface DecisionAsk {
  readonly identity: Identity;
  readonly snapshot: Snapshot;
  readonly datasets: readonly Dataset[];
  readonly action: Action;
  readonly clientIp: string | null;
  /** What the query asks for, for policies of the operator's own. */
  readonly limit?: number;
  readonly offset?: number;
}

/** By dataset id; every dataset has its decision. @throws SluiceError pdp_unavailable */
export async function decisionsFor(ask: DecisionAsk, gate: Gate): Promise<ReadonlyMap<string, Decision>> {
  const now = gate.now();
  const grants = await grantsOf(ask.identity, ask.snapshot, now, gate);
  // Neither project nor purpose: both come with acting in a project, and are never taken from a bare request.
  const context = buildContext({
    now: now.getTime(),
    environment: gate.environment,
    clientIp: ask.clientIp,
    policies: ask.snapshot.policies,
  });
  return gate.decider.decide({
    parties: partiesOf(ask.identity, (party) => ({ ...context, grants: grants(party) })),
    datasets: ask.datasets,
    policies: ask.snapshot.policies,
    snapshotHash: ask.snapshot.hash,
    action: ask.action,
    request: {
      sql_tables: ask.datasets.map((dataset) => dataset.id),
      columns: [],
      limit: ask.limit ?? null,
      offset: ask.offset ?? null,
      formats: [],
    },
  });
}
