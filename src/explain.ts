/** The path of an explanation: that of a query up to the verified text, without running it. Stewards see all of it, callers their part. */
import { askable } from './access/askable.ts';
import type { Decision, Reason } from './access/decision.ts';
import { nameOf, type Party } from './access/party.ts';
import type { Column, ColumnState, Dataset } from './catalogue/dataset.ts';
import { SluiceError } from './errors.ts';
import { type ExplainedColumn, explainColumns } from './explain/columns.ts';
import { stepsOf, type TrailStep } from './explain/steps.ts';
import type { Gate } from './gate.ts';
import { type GivenIdentity, identityFrom } from './identity/given.ts';
import { actingIn } from './request/acting.ts';
import type { Ask, Caller } from './request/ask.ts';
import { demand } from './request/permit.ts';
import { type DecisionSummary, planQuery, tell } from './request/plan.ts';
import type { RoomRead } from './request/rooms.ts';
import { openTrail } from './request/trail.ts';
import { permitted } from './sql/clean-room/refuse.ts';
import { columnType } from './sql/resolve/types.ts';
import { maskFits } from './sql/rewrite/masks/fits.ts';

export type { ExplainedColumn } from './explain/columns.ts';
export type { TrailStep } from './explain/steps.ts';

export interface ExplainedDecision extends DecisionSummary {
  /** What to do about a denial, as far as the caller may know of the dataset. */
  readonly hint?: string;
  /** Where asking could help: how. */
  readonly request_access?: { readonly href: string; readonly kind: 'dataset'; readonly dataset: string };
  /** What the clean room answers, in words. */
  readonly clean_room?: string;
  readonly reasons?: readonly Reason[];
  readonly hidden?: readonly string[];
  /** Columns that nobody sees, whatever the policies say: unclassified ones and ghosts. */
  readonly unexposed?: readonly { readonly column: string; readonly state: ColumnState }[];
  readonly masks?: Readonly<Record<string, unknown>>;
  /** Masked columns whose mask does not fit their type: null is shown there. */
  readonly unfit?: readonly string[];
  readonly rows?: readonly unknown[];
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly trail?: readonly TrailStep[];
}

export interface Explanation {
  readonly request_id: string;
  readonly allowed: boolean;
  readonly columns: readonly ExplainedColumn[];
  readonly decisions: readonly ExplainedDecision[];
  readonly governed_sql?: string;
}

export interface ExplainAsk extends Ask {
  /** Whose view is explained, for stewards; by default the caller's own. */
  readonly identity?: GivenIdentity;
}

/** What a refusal means where the caller may be told why: a dataset that is there, and not for this identity. */
const DENIALS: readonly string[] = ['access_denied', 'dataset_not_found'];

/**
 * A denial is explained, not thrown; all else is refused as a query would be.
 *
 * @throws SluiceError access_denied where somebody else's view is asked for without the steward's permission
 */
export async function explain(caller: Caller, ask: ExplainAsk, gate: Gate): Promise<Explanation> {
  const asker = await gate.authenticate(caller.token, caller);
  const steward = gate.permits(asker, 'steward');
  const { snapshot } = await gate.metadata.current();
  const other = ask.identity === undefined ? null : identityFrom(ask.identity, null);
  const identity = other ?? asker;
  const trail = openTrail(caller, asker, snapshot, 'explain', gate, other);
  const request_id = caller.requestId;
  let parties: readonly Party[] = [];
  const noting: Gate = {
    ...gate,
    decider: {
      decide(options) {
        parties = options.parties;
        return gate.decider.decide(options);
      },
    },
  };
  try {
    return await trail.refusing(async () => {
      if (other !== null) demand(asker, ['steward'], "Only stewards see somebody else's view.", gate);
      const page = { limit: gate.limits.pageRows, offset: 0 };
      const clientIp = caller.client.ip;
      const acting = await actingIn(caller, identity, snapshot, gate, {
        told: trail.known.acted,
        // A steward asks what the other would see who had acknowledged it.
        acknowledgement: other === null ? 'on record' : 'given',
      });
      const plan = await planQuery(
        { ask, acting, snapshot, page, clientIp, action: 'explain', known: trail.known },
        noting,
      );
      await trail.allowed(plan);
      return {
        request_id,
        allowed: true,
        columns: explainColumns(plan, steward),
        decisions: explained(plan.decisions.values(), plan.rooms),
        ...(steward ? { governed_sql: plan.verified.sql } : {}),
      };
    });
  } catch (thrown) {
    const { decisions } = trail.known;
    if (!(thrown instanceof SluiceError) || !DENIALS.includes(thrown.code)) throw thrown;
    // A name that nobody has, and one that the caller may not know of, are the same to all but stewards.
    const denied = decisions.some(({ allow }) => !allow);
    if (!denied || (thrown.code === 'dataset_not_found' && !steward)) throw thrown;
    const known = decisions.filter(({ allow, discoverable }) => steward || allow || discoverable);
    return { request_id, allowed: false, columns: [], decisions: explained(known) };
  }

  function explained(
    decisions: Iterable<Decision>,
    rooms: readonly RoomRead[] = [],
  ): readonly ExplainedDecision[] {
    const all = [...decisions];
    return tell(all).map((summary, index) => {
      const decision = all[index];
      const dataset = snapshot.catalogue.byId(summary.dataset);
      if (decision === undefined || dataset === undefined) return summary;
      const room = rooms.find(({ lattice }) => lattice.fact.governed.dataset.id === dataset.id);
      const told = {
        ...summary,
        ...hintFor(decision, dataset),
        ...(room === undefined ? {} : { clean_room: permitted(room.lattice) }),
      };
      return steward ? { ...told, ...wholeOf(decision, dataset) } : told;
    });
  }

  function wholeOf(decision: Decision, dataset: Dataset): Partial<ExplainedDecision> {
    const { reasons, hidden, masks, rows, limits } = decision;
    const { catalogue, policies } = snapshot;
    const steps = parties.flatMap(({ identity, context, path }) => {
      const party = nameOf(path);
      const trail = stepsOf({ dataset, decision, policies, catalogue, identity, context });
      return party === null ? trail : trail.map((step) => ({ ...step, party }));
    });
    const unexposed = dataset.columns
      .filter(({ exposed }) => !exposed)
      .map(({ folded, state }) => ({ column: folded, state }));
    const unfit = dataset.columns.filter((column) => isUnfit(column, decision)).map(({ folded }) => folded);
    return { reasons, hidden, unexposed, masks, unfit, rows, limits: { ...limits }, trail: steps };
  }
}

function isUnfit(column: Column, { masks }: Decision): boolean {
  const applied = masks[column.folded];
  if (applied === undefined) return false;
  const type = columnType(column);
  return [applied.mask, ...(applied.when ?? []).map(({ mask }) => mask)].some(
    (mask) => mask !== null && !maskFits(mask, type),
  );
}

function hintFor(
  decision: Decision,
  { id, owner }: Dataset,
): Pick<ExplainedDecision, 'hint' | 'request_access'> {
  if (decision.allow || !decision.discoverable) return {};
  const hint = `Ask ${owner ?? 'whoever answers for it'} for access to ${id}.`;
  if (!askable(decision)) return { hint };
  return { hint, request_access: { href: '/v1/access-requests', kind: 'dataset', dataset: id } };
}
