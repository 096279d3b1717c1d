/**
 * The path of a reversal: door -> identity -> decision -> tokens -> audit -> door. No engine is asked and no row is read, so
 * what it tells hangs on the tokens and the keys alone. Nothing is released before the audit holds who asked for it.
 */
import { askable } from './access/askable.ts';
import { summarise } from './access/summarise.ts';
import type { AuditEvent } from './audit/event.ts';
import { SluiceError } from './errors.ts';
import type { Gate } from './gate.ts';
import { type ActedIn, actingIn } from './request/acting.ts';
import type { Caller } from './request/ask.ts';
import { decisionsFor } from './request/decisions.ts';
import { teller } from './request/teller.ts';
import { reverseToken } from './sql/rewrite/masks/token.ts';

export interface DetokeniseAsk {
  /** Id, or another of its names. */
  readonly dataset: string;
  readonly column: string;
  readonly tokens: readonly string[];
}

export interface Detokenised {
  readonly dataset: string;
  readonly column: string;
  /** In the order of the tokens; null for each that is no token of this column's policies. */
  readonly values: readonly (string | null)[];
}

/** Tokens of one call. */
export const MOST_TOKENS = 1000;

/** @throws SluiceError dataset_not_found, access_denied, column_not_found, bad_request, audit_unavailable */
export async function detokenise(
  caller: Caller,
  { dataset: name, column: written, tokens }: DetokeniseAsk,
  gate: Gate,
): Promise<Detokenised> {
  const identity = await gate.authenticate(caller.token, caller);
  const { snapshot } = await gate.metadata.current();
  const known: Pick<AuditEvent, 'datasets' | 'reasons' | 'policy_ids'> = {
    datasets: [],
    reasons: [],
    policy_ids: [],
  };
  const acted: ActedIn = {};
  const tell = teller({ event: 'admin', action: 'detokenise', subject: identity, caller }, gate);
  const told = (rest: Partial<AuditEvent>): Promise<void> =>
    tell({ snapshot: snapshot.hash, ...known, ...acted, ...rest });
  try {
    if (tokens.length > MOST_TOKENS)
      throw new SluiceError('bad_request', `At most ${MOST_TOKENS} tokens at once.`);
    const { id, column, domains } = await allowed();
    const values = tokens.map((token) => {
      const found = domains.map((domain) => reverseToken(token, gate.keys.tokens, domain));
      return found.find((value) => value !== null) ?? null;
    });
    await told({ rows: values.filter((value) => value !== null).length });
    return { dataset: id, column, values };
  } catch (thrown) {
    const code = thrown instanceof SluiceError ? thrown.code : 'internal';
    if (code !== 'audit_unavailable') await told({ decision: 'deny', error_code: code });
    throw thrown;
  }

  /** The same words for what is unknown and for what the caller may not know of, as for a query. */
  async function allowed() {
    const acting = await actingIn(caller, identity, snapshot, gate, { told: acted });
    const dataset = acting.catalogue.byId(name) ?? acting.catalogue.lookup(name.split('.'));
    const datasets = dataset === undefined ? [] : [dataset];
    const decisions = await decisionsFor(
      { acting, snapshot, datasets, action: 'reveal', clientIp: caller.client.ip },
      gate,
    );
    const decision = decisions.get(dataset?.id ?? '');
    if (dataset === undefined || decision === undefined || !(decision.allow || decision.discoverable))
      throw new SluiceError('dataset_not_found', `No such dataset: ${name}`);
    const { reasons, policy_ids } = summarise([decision]);
    Object.assign(known, { datasets: [dataset.id], reasons, policy_ids });
    if (!decision.allow)
      throw new SluiceError('access_denied', `You may not read ${dataset.id} (${decision.reason}).`, {
        ...(askable(decision) ? { requestAccess: dataset.id } : {}),
      });
    if (decision.limits.aggregate_only !== undefined)
      throw new SluiceError('access_denied', `${dataset.id} is in a clean room: it gives no single values.`);
    const column = dataset.columns.find(
      ({ folded, exposed }) =>
        folded.toLowerCase() === written.toLowerCase() && exposed && !decision.hidden.includes(folded),
    );
    if (column === undefined)
      throw new SluiceError('column_not_found', `${dataset.id} has no column ${written}.`);
    const { reveals = {} } = decision;
    const sources = Object.hasOwn(reveals, column.folded) ? (reveals[column.folded] ?? []) : [];
    if (sources.length === 0)
      throw new SluiceError(
        'access_denied',
        `You may not have tokens of ${dataset.id}.${column.name} reversed.`,
        {
          hint: 'A policy says who may: mask: { with: tokenise, reveal: … }.',
        },
      );
    return {
      id: dataset.id,
      column: column.name,
      domains: sources.map((source) => ({ ...source, datasetId: dataset.id })),
    };
  }
}
