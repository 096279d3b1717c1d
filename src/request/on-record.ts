/** A change of the metadata is in the audit before it is applied, and a failure before it is told: one that failed late has both events. */
import type { AuditEvent } from '../audit/event.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Action, ChangeOptions } from '../state/metadata.ts';
import type { Caller } from './ask.ts';
import { demand } from './permit.ts';

/** A caller with a token; or whoever can write the state's files anyway, under the name that the audit gives them. */
export type Author =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'operator'; readonly name: string; readonly caller: Omit<Caller, 'token' | 'signal'> };

export type Told = Pick<ChangeOptions, 'action' | 'by' | 'dryRun' | 'expected'> & {
  /** @param datasets those that the change names */
  readonly record: (etag: string, datasets?: readonly string[]) => Promise<void>;
};

export interface OnRecordOptions extends Pick<ChangeOptions, 'dryRun' | 'expected'> {
  readonly action: Action;
  /** Said to callers who may not. */
  readonly refusal: string;
}

/** @throws SluiceError token_missing, access_denied for a caller who is no publisher */
export async function onRecord<T>(
  author: Author,
  { action, refusal, dryRun, expected }: OnRecordOptions,
  gate: Gate,
  change: (told: Told) => Promise<T>,
): Promise<T> {
  const { caller } = author;
  const identity = author.kind === 'caller' ? await gate.authenticate(author.caller.token) : null;
  const { sub, kind, issuer } = identity ?? {
    sub: author.kind === 'operator' ? author.name : '',
    kind: 'user',
    issuer: null,
  };
  const started = gate.now();
  const told = (rest: Partial<AuditEvent>): Promise<void> =>
    gate.audit.append({
      time: gate.now().toISOString(),
      request_id: caller.requestId,
      event: 'push',
      subject: { sub, kind, issuer },
      action: dryRun ? `${action}_dry_run` : action,
      datasets: [],
      decision: 'allow',
      reasons: [],
      policy_ids: [],
      snapshot: null,
      sql_fingerprint: null,
      sql_normalised: null,
      rows: 0,
      bytes: 0,
      duration_ms: gate.now().getTime() - started.getTime(),
      engine: null,
      client: caller.client,
      ...rest,
    });
  try {
    if (identity !== null) demand(identity, ['publisher'], refusal, gate);
    return await change({
      action,
      by: sub,
      dryRun,
      expected,
      record: (etag, datasets = []) => told({ snapshot: etag, datasets }),
    });
  } catch (thrown) {
    await told({ decision: 'deny', error_code: thrown instanceof SluiceError ? thrown.code : 'internal' });
    throw thrown;
  }
}
