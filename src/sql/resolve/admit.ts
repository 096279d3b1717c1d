/** Lets a bound query on only where every dataset may be read; what is unknown and what the caller may not know of are refused alike. */
import { askable } from '../../access/askable.ts';
import type { Decision } from '../../access/decision.ts';
import type { Dataset } from '../../catalogue/dataset.ts';
import { SluiceError } from '../../errors.ts';
import type { BoundQuery, GovernedDataset } from '../stages.ts';
import { notFound } from './bind.ts';
import { positionOf } from './fault.ts';

/** A bound query as one caller means it: every relation is settled, every dataset may be read. */
export interface Admitted {
  readonly bound: BoundQuery;
  /** By dataset id; those of `bound.datasets`. */
  readonly governed: ReadonlyMap<string, GovernedDataset>;
}

/**
 * A bare name means the first dataset of the search path that the caller may know of. The first relation of the text that
 * may not be read decides the answer: were unknown names refused before hidden ones, a query over both would tell them apart.
 * @param decisions for every dataset of `bound`.
 * @throws SluiceError dataset_not_found, access_denied, dataset_invalid
 */
export function admit(bound: BoundQuery, decisions: ReadonlyMap<string, Decision>): Admitted {
  const governed = new Map<string, GovernedDataset>();
  const relations = new Map(bound.relations);
  const { text } = bound.guarded;
  for (const [relation, target] of bound.relations) {
    if (target.kind === 'cte') continue;
    if (target.kind === 'unknown') throw notFound(text, relation);
    const meant = knowable([target.dataset, ...target.others], decisions);
    if (meant === undefined) throw notFound(text, relation);
    const { dataset, decision } = meant;
    if (!decision.allow)
      throw new SluiceError('access_denied', `You may not read ${dataset.id} (${decision.reason}).`, {
        position: positionOf(text, relation.location),
        ...(askable(decision) ? { requestAccess: dataset.id } : {}),
      });
    if (dataset.invalid !== null)
      throw new SluiceError('dataset_invalid', `${dataset.id} is not available in the engine at present.`, {
        position: positionOf(text, relation.location),
      });
    governed.set(dataset.id, meant);
    if (target.others.length > 0) relations.set(relation, { kind: 'dataset', dataset, others: [] });
  }
  const datasets = bound.datasets.filter((dataset) => governed.has(dataset.id));
  return { bound: { ...bound, relations, datasets }, governed };
}

function knowable(
  candidates: readonly Dataset[],
  decisions: ReadonlyMap<string, Decision>,
): GovernedDataset | undefined {
  for (const dataset of candidates) {
    const decision = decisions.get(dataset.id);
    if (decision !== undefined && (decision.allow || decision.discoverable)) return { dataset, decision };
  }
  return undefined;
}
