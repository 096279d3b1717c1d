/**
 * access/decide: one decision per dataset for one identity, in one batched call. Decisions are kept by everything that they can
 * follow from, so that no two callers who might be answered differently ever share one.
 */
import { createHash } from 'node:crypto';
import { BoundedCache } from '../cache.ts';
import type { Dataset } from '../catalogue/dataset.ts';
import { SluiceError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import type { PolicySet } from '../policies/policy.ts';
import type { Action, Decision, DecisionContext, DecisionInput } from './decision.ts';
import { buildInput } from './input.ts';
import type { Pdp } from './pdp.ts';

export interface DecideOptions {
  readonly identity: Identity;
  readonly datasets: readonly Dataset[];
  readonly policies: PolicySet;
  /** Hash of the snapshot that datasets and policies come from. */
  readonly snapshotHash: string;
  readonly action: Action;
  readonly request: DecisionInput['request'];
  readonly context: DecisionContext;
}

export interface Decider {
  /** By dataset id. @throws SluiceError pdp_unavailable */
  decide(options: DecideOptions): Promise<ReadonlyMap<string, Decision>>;
}

export interface DeciderOptions {
  readonly pdp: Pdp;
  /** Decisions kept; 0 keeps none. */
  readonly cacheSize?: number;
}

export function createDecider({ pdp, cacheSize = 10_000 }: DeciderOptions): Decider {
  const cache = pdp.cacheable && cacheSize > 0 ? new BoundedCache<string, Decision>(cacheSize) : null;
  const digests = new WeakMap<Identity, string>();
  const digestOf = (identity: Identity): string => {
    const known = digests.get(identity);
    if (known !== undefined) return known;
    const digest = hashOf(identity);
    // What may still change is looked at again.
    if (isFrozen(identity)) digests.set(identity, digest);
    return digest;
  };

  return {
    async decide(options) {
      const { identity, datasets, snapshotHash, action, context } = options;
      const circumstances = JSON.stringify([
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
      const decisions = new Map<string, Decision>();
      const missing: Dataset[] = [];
      for (const dataset of datasets) {
        const key = circumstances + dataset.id;
        const kept = cache?.get(key);
        if (kept !== undefined && (kept.expires_at === null || kept.expires_at > context.time.epoch)) {
          decisions.set(dataset.id, kept);
        } else {
          cache?.delete(key);
          missing.push(dataset);
        }
      }
      if (missing.length === 0) return decisions;
      const answers = await pdp.decide(missing.map((dataset) => buildInput({ ...options, dataset })));
      missing.forEach((dataset, i) => {
        const decision = answers[i];
        if (decision?.dataset_id !== dataset.id) throw new SluiceError('decision_invalid');
        decisions.set(dataset.id, decision);
        // An answer that made no sense is asked for again.
        if (decision.reason !== 'undecodable') cache?.set(circumstances + dataset.id, decision);
      });
      return decisions;
    },
  };
}

/** Every fact that a policy can ask for; the display name is none of them. */
function hashOf(identity: Identity): string {
  const { sub, kind, issuer, groups, roles, scopes, attributes } = identity;
  return createHash('sha256')
    .update(JSON.stringify([sub, kind, issuer, groups, roles, scopes, Object.entries(attributes)]))
    .digest('base64');
}

/** To its depth, as the authenticator hands it over. */
function isFrozen(identity: Identity): boolean {
  const parts = [identity, identity.groups, identity.roles, identity.scopes, identity.attributes];
  return [...parts, ...Object.values(identity.attributes)].every((part) => Object.isFrozen(part));
}
