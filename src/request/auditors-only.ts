/**
 * The gate's own datasets are for auditors as the configuration has them now: whatever decided otherwise (a Rego of the
 * operator's own, a policy that was compiled before the configuration was read again) does not open them.
 */
import type { Decision } from '../access/decision.ts';
import { isBuiltIn } from '../catalogue/built-in.ts';
import type { Dataset } from '../catalogue/dataset.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';

export function auditorsOnly(
  decisions: ReadonlyMap<string, Decision>,
  datasets: readonly Dataset[],
  identity: Identity,
  gate: Pick<Gate, 'permits'>,
): ReadonlyMap<string, Decision> {
  const closed = datasets.filter(isBuiltIn);
  if (closed.length === 0 || gate.permits(identity, 'auditor')) return decisions;
  return new Map([
    ...decisions,
    ...closed.flatMap(({ id }) => {
      const decision = decisions.get(id);
      return decision === undefined ? [] : [[id, shut(decision)] as const];
    }),
  ]);
}

const shut = (decision: Decision): Decision =>
  Object.freeze({
    ...decision,
    allow: false,
    reason: decision.allow ? 'requirement_not_met' : decision.reason,
    rows: [],
    masks: {},
    reveals: {},
    hidden: [],
    discoverable: false,
  });
