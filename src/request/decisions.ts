/** One batched call to the decision point for the datasets of a request, with the context that the gate vouches for. */
import type { Action, Decision } from '../access/decision.ts';
import { buildContext } from '../access/input.ts';
import { partiesOf } from '../access/party.ts';
import type { Dataset } from '../catalogue/dataset.ts';
import type { Gate } from '../gate.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Acting } from './acting.ts';
import { auditorsOnly } from './auditors-only.ts';
import { grantsOf } from './grants-of.ts';
import { inRoom } from './in-room.ts';

export interface DecisionAsk {
  /** For whom, in which project and for what. */
  readonly acting: Acting;
  readonly snapshot: Snapshot;
  readonly datasets: readonly Dataset[];
  readonly action: Action;
  readonly clientIp: string | null;
  /** What the query asks for, for policies of the operator's own. */
  readonly limit?: number;
  readonly offset?: number;
}

/**
 * By dataset id; every dataset has its decision. Where there is none to decide about, the decision point is asked for nothing:
 * while it is gone, a name that is unknown is told as one that nobody can decide about.
 *
 * @throws SluiceError pdp_unavailable
 */
export async function decisionsFor(ask: DecisionAsk, gate: Gate): Promise<ReadonlyMap<string, Decision>> {
  if (ask.datasets.length === 0) await gate.pdp.decide([]);
  const now = gate.now();
  const { identity, project, purpose } = ask.acting;
  const grants = await grantsOf(identity, ask.snapshot, now, gate);
  const context = buildContext({
    now: now.getTime(),
    environment: gate.environment,
    clientIp: ask.clientIp,
    policies: ask.snapshot.policies,
    project: project?.name ?? null,
    purpose,
  });
  const decided = await gate.decider.decide({
    parties: partiesOf(identity, (party) => ({ ...context, grants: grants(party) })),
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
  const decisions = auditorsOnly(decided, ask.datasets, identity, gate);
  if (project === null || project.cleanRoom === null) return decisions;
  const { roomed } = gate.caches;
  return new Map(
    [...decisions].map(([id, decision]) => [id, inRoom(decision, ask.acting.roomOf(id), roomed)]),
  );
}
