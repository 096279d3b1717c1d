/**
 * What may be joined in a clean room counts whether a query names it or not, since it cuts the same rows apart: those datasets
 * are decided for beside those of the query.
 */
import type { Action } from '../access/decision.ts';
import { tightestRoom } from '../catalogue/clean-room.ts';
import type { Gate } from '../gate.ts';
import type { Snapshot } from '../snapshot.ts';
import type { GovernedDataset } from '../sql/stages.ts';
import type { Acting } from './acting.ts';
import { decisionsFor } from './decisions.ts';

export interface PartnersAsk {
  readonly acting: Acting;
  readonly snapshot: Snapshot;
  readonly action: Action;
  readonly clientIp: string | null;
}

const NONE: ReadonlyMap<string, GovernedDataset> = new Map();

/**
 * @param governed what the query reads, by dataset id.
 * @returns those that it does not, by dataset id; denied ones among them. @throws SluiceError pdp_unavailable
 */
export async function partnersOf(
  governed: ReadonlyMap<string, GovernedDataset>,
  ask: PartnersAsk,
  gate: Gate,
): Promise<ReadonlyMap<string, GovernedDataset>> {
  const ids = new Set(
    [...governed.values()].flatMap(({ decision }) =>
      (tightestRoom(decision.limits.aggregate_only ?? [])?.joins ?? []).map(({ dataset }) => dataset),
    ),
  );
  const datasets = [...ids].flatMap((id) => (governed.has(id) ? [] : (ask.acting.catalogue.byId(id) ?? [])));
  if (datasets.length === 0) return NONE;
  const decisions = await decisionsFor({ ...ask, datasets }, gate);
  return new Map(datasets.map((dataset) => [dataset.id, { dataset, decision: decisions.get(dataset.id)! }]));
}
