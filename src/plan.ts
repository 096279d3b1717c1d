/** The path of a plan: door -> identity -> what a push would apply -> both states side by side -> who gains and loses what. Nothing changes. */
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { dayBefore } from './identity/seen.ts';
import { askerOf } from './plan/ask-in-parallel.ts';
import { buildPlan } from './plan/build-plan.ts';
import type { PlanReport } from './plan/report.ts';
import type { Subject } from './plan/subjects.ts';
import { type Pushed, stateOf } from './push.ts';
import { onRecordedLook } from './request/look.ts';
import type { Author } from './request/on-record.ts';
import type { HeldGrant } from './requests/grant.ts';
import { heldGrant } from './requests/held.ts';
import type { AppliedState } from './state/metadata.ts';
import type { After, GrantRow } from './store/requests.ts';

export interface PlanOptions {
  /** How far back identities count that were seen. */
  readonly days: number;
  /** Told what is done meanwhile. */
  readonly onStep?: (text: string) => void;
}

/** Datasets that the audit names of one plan. */
const MOST_AUDITED = 100;
const MOST_DAYS = 3_650;
/** In one page. */
const GRANTS = 1_000;

/** @throws SluiceError token_missing, access_denied unless the caller is a publisher or a steward, 9xxx as a push */
export async function planMetadata(
  author: Author,
  pushed: Pushed,
  { days: asked, onStep }: PlanOptions,
  gate: Gate,
): Promise<PlanReport> {
  const days = Math.min(asked, MOST_DAYS);
  const refusal = 'Plans are made for publishers and stewards.';
  const permissions = ['publisher', 'steward'] as const;
  return onRecordedLook(author, { action: 'plan', permissions, refusal }, gate, async (identity) => {
    const before = await applied(gate);
    const by = identity?.sub ?? 'operator';
    const record = async (): Promise<void> => {};
    const after = await gate.metadata.replace(stateOf(pushed, gate), {
      action: 'push',
      by,
      dryRun: true,
      record,
      onStep,
    });
    onStep?.('asking who would gain and who would lose');
    const asker = await askerOf(gate.pdp);
    const report = await buildPlan({
      before: before?.snapshot ?? null,
      after: after.snapshot,
      known: await knownTo(gate, days),
      grants: await grantsNow(gate),
      days,
      environment: gate.environment,
      now: gate.now().getTime(),
      ask: asker.ask,
      // Who is who is for stewards, and for whoever has the store's file at hand.
      names: identity === null || gate.permits(identity, 'steward'),
      warnings: after.snapshot.warnings,
    }).finally(() => asker.close());
    const datasets = [
      ...new Set([
        ...report.access.flatMap(({ changes }) => changes.map(({ dataset }) => dataset)),
        ...report.grants.flatMap(({ dataset }) => dataset ?? []),
      ]),
    ];
    return { answer: report, snapshot: report.etag, datasets: datasets.slice(0, MOST_AUDITED) };
  });
}

/** Null where nothing was pushed yet. */
async function applied(gate: Gate): Promise<AppliedState | null> {
  try {
    return await gate.metadata.current();
  } catch (thrown) {
    if (thrown instanceof SluiceError && thrown.code === 'snapshot_missing') return null;
    throw thrown;
  }
}

/** Of everyone, in pages, so that no grant is left out. */
async function grantsNow(gate: Gate): Promise<readonly HeldGrant[]> {
  const activeAt = Math.floor(gate.now().getTime() / 1000);
  const grants: HeldGrant[] = [];
  let after: After | null = null;
  for (;;) {
    const rows: readonly GrantRow[] = await gate.requests.store.listGrants({
      subject: null,
      activeAt,
      after,
      limit: GRANTS,
    });
    grants.push(...rows.map(heldGrant));
    const last = rows.at(-1);
    if (last === undefined || rows.length < GRANTS) return grants;
    after = { createdAt: last.createdAt, id: last.id };
  }
}

async function knownTo(gate: Gate, days: number): Promise<readonly Subject[]> {
  const personas = [...gate.personas].map(
    ([name, identity]): Subject => ({
      identity,
      origin: 'persona',
      name,
    }),
  );
  const called = new Set(personas.map(({ identity }) => JSON.stringify([identity.issuer, identity.sub])));
  const seen = await gate.seenSince(dayBefore(gate.now(), days));
  return [
    ...personas,
    ...seen
      .filter(({ issuer, sub }) => !called.has(JSON.stringify([issuer, sub])))
      .map((identity): Subject => ({ identity, origin: 'seen', name: identity.sub })),
  ];
}
