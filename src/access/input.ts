/** The input of a decision: the facts of one dataset, one identity and one request, under the names that policy authors rely on. */
import type { Dataset } from '../catalogue/dataset.ts';
import type { Identity } from '../identity/identity.ts';
import type { PolicySet } from '../policies/policy.ts';
import type { Action, DecisionContext, DecisionInput } from './decision.ts';

export interface InputParts {
  readonly action: Action;
  readonly dataset: Dataset;
  readonly identity: Identity;
  readonly policies: PolicySet;
  readonly request: DecisionInput['request'];
  readonly context: DecisionContext;
}

export function buildInput({
  action,
  dataset,
  identity,
  policies,
  request,
  context,
}: InputParts): DecisionInput {
  return {
    action,
    dataset: {
      dataset_id: dataset.id,
      namespace: dataset.namespace,
      access_level: dataset.accessLevel,
      tags: dataset.tags.map(({ tag }) => tag),
      columns: dataset.columns.map((column) => ({
        name: column.folded,
        type: column.type,
        tags: column.tags.map(({ tag }) => tag),
        state: column.state,
      })),
      owner: dataset.owner,
      resource_type: dataset.resourceType,
      policies: policies.forDataset(dataset.id),
    },
    // One party alone: each of the others has an item of its own.
    identity: alone(identity),
    request,
    context,
  };
}

function alone({ actor: _actor, prior: _prior, members: _members, ...identity }: Identity): Identity {
  return identity;
}

export interface ContextParts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of the deployment's configuration, never of a request. */
  readonly environment: string;
  readonly clientIp: string | null;
  /** Whose conditions say which networks and hours matter. */
  readonly policies: Pick<PolicySet, 'networksOf' | 'hoursAt'>;
  readonly project?: string | null;
  readonly purpose?: string | null;
}

/** Weekday 0 is Sunday; everything in UTC. */
export function buildContext({
  now,
  environment,
  clientIp,
  policies,
  project,
  purpose,
}: ContextParts): DecisionContext {
  const date = new Date(now);
  return {
    project: project ?? null,
    purpose: purpose ?? null,
    environment,
    time: {
      epoch: Math.floor(now / 1000),
      minute_of_day: date.getUTCHours() * 60 + date.getUTCMinutes(),
      weekday: date.getUTCDay(),
    },
    client_ip: clientIp,
    networks: policies.networksOf(clientIp),
    hours: policies.hoursAt(now),
    grants: [],
  };
}
