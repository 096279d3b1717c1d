/** Lets a bound query on only where every dataset may be read; what is unknown and what the caller may not know of are refused alike. */
import type { Decision } from '../../access/decision.ts';
import { SluiceError } from '../../errors.ts';
import type { BoundQuery, GovernedDataset } from '../stages.ts';
import { notFound } from './bind.ts';
import { positionOf } from './fault.ts';

/**
 * The first relation of the text that may not be read decides the answer: were unknown names refused before hidden ones,
 * a query over both would tell them apart.
 * @throws SluiceError dataset_not_found, access_denied, dataset_invalid
 */
export function admit(
  bound: BoundQuery,
  decisions: ReadonlyMap<string, Decision>,
): ReadonlyMap<string, GovernedDataset> {
  const admitted = new Map<string, GovernedDataset>();
  const { text } = bound.guarded;
  for (const [relation, target] of bound.relations) {
    if (target.kind === 'cte') continue;
    if (target.kind === 'unknown') throw notFound(text, relation);
    const { dataset } = target;
    const decision = decisions.get(dataset.id);
    const position = positionOf(text, relation.location);
    if (decision === undefined || (!decision.allow && !decision.discoverable)) throw notFound(text, relation);
    if (!decision.allow)
      throw new SluiceError('access_denied', `You may not read ${dataset.id} (${decision.reason}).`, {
        position,
      });
    if (dataset.invalid !== null)
      throw new SluiceError('dataset_invalid', `${dataset.id} is not available in the engine at present.`, {
        position,
      });
    admitted.set(dataset.id, { dataset, decision });
  }
  return admitted;
}
