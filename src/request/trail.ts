/** What the audit is told of one request: the decision before anything is released, and how it ended. */
import type { AuditEvent } from '../audit/event.ts';
import { type Code, SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Identity } from '../identity/identity.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Caller } from './ask.ts';
import type { Known, Plan } from './plan.ts';
import { whoOf } from './who.ts';

export interface Trail {
  readonly known: Known;
  /** Resolves once the decision is durable. @throws SluiceError audit_unavailable */
  allowed(plan: Plan): Promise<void>;
  /** Not awaited by the answer: the decision is on record already; a loss is observed. */
  finished(plan: Plan, end: { rows: number; bytes: number; fault: unknown }): void;
  /** Runs the request; whatever refuses it is on record before the refusal is told. */
  refusing<T>(run: () => Promise<T>): Promise<T>;
}

export function openTrail(
  caller: Caller,
  identity: Identity,
  snapshot: Snapshot,
  action: 'query' | 'explain',
  gate: Gate,
  /** Whose view is asked for, where it is not the caller's own. */
  onBehalfOf: Identity | null = null,
): Trail {
  const started = performance.now();
  const who = whoOf(identity, onBehalfOf);
  const known: Known = {
    datasets: [],
    reasons: [],
    policyIds: [],
    fingerprint: null,
    normalised: null,
    decisions: [],
    acted: {},
  };

  function event(kind: AuditEvent['event'], rest: Partial<AuditEvent>): AuditEvent {
    return {
      time: gate.now().toISOString(),
      request_id: caller.requestId,
      event: kind,
      ...who,
      action,
      datasets: known.datasets,
      ...known.acted,
      decision: 'allow',
      reasons: known.reasons,
      policy_ids: known.policyIds,
      snapshot: snapshot.hash,
      sql_fingerprint: known.fingerprint,
      sql_normalised: known.normalised,
      rows: 0,
      bytes: 0,
      duration_ms: Math.round((performance.now() - started) * 1000) / 1000,
      engine: null,
      client: caller.client,
      ...rest,
    };
  }

  function decided(decision: AuditEvent['decision']): void {
    gate.observe({
      kind: 'query_decided',
      requestId: caller.requestId,
      decision,
      datasets: known.datasets.length,
    });
  }

  return {
    known,
    async allowed(plan) {
      decided('allow');
      await gate.audit.append(event('decision', { engine: plan.verified.engine, columns: plan.columns }));
    },
    finished(plan, { rows, bytes, fault }) {
      const code = fault === null ? undefined : codeOf(fault);
      const ended = event('query', {
        engine: plan.verified.engine,
        rows,
        bytes,
        ...(code ? { error_code: code } : {}),
      });
      gate.audit
        .note(ended)
        .catch((thrown: unknown) =>
          gate.observe({ kind: 'audit_failed', requestId: caller.requestId, error: thrown }),
        );
      gate.observe({
        kind: 'query_finished',
        requestId: caller.requestId,
        rows,
        bytes,
        durationMs: ended.duration_ms,
        code: code ?? null,
      });
    },
    async refusing(run) {
      try {
        return await run();
      } catch (thrown) {
        const code = codeOf(thrown);
        if (known.decisions.some((one) => !one.allow)) decided('deny');
        if (code !== 'audit_unavailable')
          await gate.audit.append(event('query', { decision: 'deny', error_code: code }));
        throw thrown;
      }
    },
  };
}

function codeOf(thrown: unknown): Code {
  return thrown instanceof SluiceError ? thrown.code : 'internal';
}
