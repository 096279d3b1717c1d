/** A change of the metadata is in the audit before it is applied, and a failure before it is told: one that failed late has both events. */
import type { AuditEvent } from '../audit/event.ts';
import { SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Action, ChangeOptions } from '../state/metadata.ts';
import type { Caller } from './ask.ts';
import { demand } from './permit.ts';
import { teller } from './teller.ts';

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
  const identity = author.kind === 'caller' ? await gate.authenticate(author.caller.token, caller) : null;
  const subject = identity ?? operatorOf(author);
  const told = teller(
    { event: 'push', action: dryRun ? `${action}_dry_run` : action, subject, caller },
    gate,
  );
  try {
    if (identity !== null) demand(identity, ['publisher'], refusal, gate);
    return await change({
      action,
      by: subject.sub,
      dryRun,
      expected,
      record: (etag, datasets = []) => told({ snapshot: etag, datasets }),
    });
  } catch (thrown) {
    await told({ decision: 'deny', error_code: thrown instanceof SluiceError ? thrown.code : 'internal' });
    throw thrown;
  }
}

/** As the audit names whoever needs no token. */
export function operatorOf(author: Author): AuditEvent['subject'] {
  return { sub: author.kind === 'operator' ? author.name : '', kind: 'user', issuer: null };
}
