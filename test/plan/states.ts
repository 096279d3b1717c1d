/** Small states for plans: a few datasets, policies as YAML would give them, and people. */
import { createPdp } from '../../src/access/pdp.ts';
import { buildPlan, type State } from '../../src/plan/build-plan.ts';
import type { PlanReport } from '../../src/plan/report.ts';
import type { Subject } from '../../src/plan/subjects.ts';
import { compilePolicies } from '../../src/policies/compile.ts';
import {
  catalogue,
  type DatasetSpec,
  dataset,
  type IdentitySpec,
  identity,
} from '../policies/support/catalogue.ts';

export const pdp = createPdp({ kind: 'embedded' });

export const ENVIRONMENT = 'production';
export const NOW = Date.UTC(2026, 2, 31, 12);

export function state(datasets: readonly DatasetSpec[], policies: readonly unknown[] = []): State {
  const made = catalogue(datasets.map((spec) => dataset(spec)));
  const text = JSON.stringify({ policies });
  return {
    hash: JSON.stringify([datasets, policies]),
    catalogue: made,
    policies: compilePolicies([{ path: 'policies/p.yml', text }], made, { environment: ENVIRONMENT }),
  };
}

export function seen(sub: string, spec: IdentitySpec = {}): Subject {
  return { identity: identity({ sub, ...spec }), origin: 'seen', name: sub };
}

export function persona(name: string, spec: IdentitySpec = {}): Subject {
  return { identity: identity({ sub: name, ...spec }), origin: 'persona', name };
}

export async function plan(
  before: State | null,
  after: State,
  known: readonly Subject[],
  names = true,
): Promise<PlanReport> {
  return buildPlan({
    before,
    after,
    known,
    grants: [],
    days: 30,
    environment: ENVIRONMENT,
    now: NOW,
    ask: (batch) => pdp.decide(batch),
    names,
    warnings: [],
  });
}

/** `gain, tagged: group marketing (2 seen): gold.members.email column_unmasked hash -> raw` */
export function lines(report: PlanReport): readonly string[] {
  return report.access.flatMap(({ who, tagged, changes }) => {
    const people = who.imagined ? 'nobody yet' : `${who.personas.length} personas, ${who.seen} seen`;
    return changes.map(
      ({ dataset: id, column, change, direction, from, to, when }) =>
        `${direction}${tagged ? ', tagged' : ''}: ${who.label} (${people}): ${id}${column === null ? '' : `.${column}`} ${change} ${from} -> ${to}${when === null ? '' : ` ${when}`}`,
    );
  });
}
