/**
 * access/decide: one decision per dataset for all parties together, in one batched call. Decisions are kept for each party by
 * everything that they can follow from, so that no two who might be answered differently ever share one.
 */
import { createHash } from 'node:crypto';
import type { Dataset } from '../catalogue/dataset.ts';
import { SluiceError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import type { PolicySet } from '../policies/policy.ts';
import type { Action, Decision, DecisionInput } from './decision.ts';
import { buildInput } from './input.ts';
import { createIntersect, type MaskFits } from './intersect.ts';
import { keepDecisions } from './kept-decisions.ts';
import type { Party } from './party.ts';
import type { Pdp } from './pdp.ts';

export interface DecideOptions {
  /** The first is the caller; what is released is what all of them may see. */
  readonly parties: readonly [Party, ...Party[]];
  readonly datasets: readonly Dataset[];
  readonly policies: PolicySet;
  /** Hash of the snapshot that datasets and policies come from. */
  readonly snapshotHash: string;
  readonly action: Action;
  readonly request: DecisionInput['request'];
}

export interface Decider {
  /** By dataset id. @throws SluiceError pdp_unavailable */
  decide(options: DecideOptions): Promise<ReadonlyMap<string, Decision>>;
}

export interface DeciderOptions {
  readonly pdp: Pdp;
  /** Decisions kept; 0 keeps none. */
  readonly cacheSize?: number;
  /** Without it, what several parties see masked is NULL. */
  readonly fits?: MaskFits;
}

/** What one party is asked about one dataset. */
interface Question {
  readonly party: Party;
  readonly dataset: Dataset;
  readonly key: string;
}

export function createDecider({ pdp, cacheSize = 10_000, fits = () => false }: DeciderOptions): Decider {
  const kept = keepDecisions(pdp, cacheSize);
  const intersect = createIntersect(fits);
  const digests = new WeakMap<Identity, string>();
  const digestOf = (identity: Identity): string => {
    const known = digests.get(identity);
    if (known !== undefined) return known;
    const digest = hashOf(identity);
    // What may still change is looked at again.
    if (isFrozen(identity)) digests.set(identity, digest);
    return digest;
  };

  const circumstancesOf = ({ snapshotHash, action }: DecideOptions, { identity, context }: Party): string =>
    JSON.stringify([
      snapshotHash,
      digestOf(identity),
      action,
      context.project,
      context.purpose,
      context.environment,
      context.networks,
      context.hours,
      context.grants,
    ]);

  /** In the order of the questions. */
  async function answer(
    questions: readonly Question[],
    { policies, action, request }: DecideOptions,
  ): Promise<readonly Decision[]> {
    const round = kept.round();
    const known = questions.map(({ key, party }) => round.get(key, party.context.time.epoch));
    const missing = questions.filter((_, i) => known[i] === undefined);
    const asked = missing.map(({ dataset, party: { identity, context } }) =>
      buildInput({ dataset, identity, context, policies, action, request }),
    );
    const answers = missing.length === 0 ? [] : await pdp.decide(asked);
    let next = 0;
    return questions.map(({ dataset, key }, i) => {
      const before = known[i];
      if (before !== undefined) return before;
      const decision = answers[next++];
      if (decision?.dataset_id !== dataset.id) throw new SluiceError('decision_invalid');
      // An answer that made no sense is asked for again.
      if (decision.reason !== 'undecodable') round.set(key, decision);
      return decision;
    });
  }

  return {
    async decide(options) {
      const { parties, datasets } = options;
      const asking = parties.map((party) => ({ party, circumstances: circumstancesOf(options, party) }));
      const questions = datasets.flatMap((dataset) =>
        asking.map(({ party, circumstances }) => ({ party, dataset, key: circumstances + dataset.id })),
      );
      const answers = await answer(questions, options);
      return new Map(datasets.map((dataset, i) => [dataset.id, together(dataset, i)]));

      function together(dataset: Dataset, index: number): Decision {
        const [first, ...others] = parties.map(({ path }, nth) => {
          const decision = answers[index * parties.length + nth];
          if (decision === undefined) throw new SluiceError('decision_invalid');
          return { decision, path };
        });
        if (first === undefined) throw new SluiceError('decision_invalid');
        return intersect([first, ...others], dataset.columns);
      }
    },
  };
}

/** Every fact that a policy can ask for; the display name is none of them. */
function hashOf(identity: Identity): string {
  const { sub, kind, issuer, groups, roles, scopes, attributes, assumed = null } = identity;
  return createHash('sha256')
    .update(JSON.stringify([sub, kind, issuer, groups, roles, scopes, Object.entries(attributes), assumed]))
    .digest('base64');
}

/** To its depth, as the authenticator hands it over. */
function isFrozen(identity: Identity): boolean {
  const parts = [identity, identity.groups, identity.roles, identity.scopes, identity.attributes];
  return [...parts, ...Object.values(identity.attributes)].every((part) => Object.isFrozen(part));
}
