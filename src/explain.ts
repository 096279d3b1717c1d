/** The path of an explanation: that of a query up to the verified text, without running it. Stewards see all of it, callers their part. */
import type { Decision, Reason } from './access/decision.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Ask, Caller } from './request/ask.ts';
import { type DecisionSummary, planQuery, tell } from './request/plan.ts';
import { openTrail } from './request/trail.ts';

export interface ExplainedDecision extends DecisionSummary {
  readonly reasons?: readonly Reason[];
  readonly hidden?: readonly string[];
  readonly masks?: Readonly<Record<string, unknown>>;
  readonly rows?: readonly unknown[];
}

export interface Explanation {
  readonly request_id: string;
  readonly allowed: boolean;
  readonly columns: readonly { readonly name: string; readonly masked: boolean }[];
  readonly decisions: readonly ExplainedDecision[];
  readonly governed_sql?: string;
}

/** A denial is explained, not thrown; all else is refused as a query would be. */
export async function explain(caller: Caller, ask: Ask, gate: Gate): Promise<Explanation> {
  const identity = await gate.authenticate(caller.token);
  const { snapshot } = await gate.metadata.current();
  const trail = openTrail(caller, identity, snapshot, 'explain', gate);
  const steward = gate.permits(identity, 'steward');
  const request_id = caller.requestId;
  try {
    return await trail.refusing(async () => {
      const page = { limit: gate.limits.pageRows, offset: 0 };
      const clientIp = caller.client.ip;
      const plan = await planQuery(
        { ask, identity, snapshot, page, clientIp, action: 'explain', known: trail.known },
        gate,
      );
      await trail.allowed(plan);
      const { columns, sql } = plan.verified;
      return {
        request_id,
        allowed: true,
        columns,
        decisions: explained(plan.decisions.values()),
        ...(steward ? { governed_sql: sql } : {}),
      };
    });
  } catch (thrown) {
    if (!(thrown instanceof SluiceError) || thrown.code !== 'access_denied') throw thrown;
    const known = trail.known.decisions.filter((decision) => decision.allow || decision.discoverable);
    return { request_id, allowed: false, columns: [], decisions: explained(known) };
  }

  function explained(decisions: Iterable<Decision>): readonly ExplainedDecision[] {
    const all = [...decisions];
    return tell(all).map((summary, index) => (steward ? { ...summary, ...wholeOf(all[index]) } : summary));
  }
}

function wholeOf(decision: Decision | undefined): Partial<ExplainedDecision> {
  if (decision === undefined) return {};
  const { reasons, hidden, masks, rows } = decision;
  return { reasons, hidden, masks, rows };
}
