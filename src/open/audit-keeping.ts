/** What a gate that serves does for its audit by itself: keeps the index of searches up, and lets old events go once a day. */
import { randomUUID } from 'node:crypto';
import { followLog } from '../audit/follow.ts';
import type { Keeper } from '../audit/keeping-event.ts';
import { retainInThread } from '../audit/retain-in-thread.ts';
import type { AuditReader } from '../audit/search/reader.ts';
import { readSigner } from '../audit/signing.ts';
import { oldestUnshipped } from '../audit/sinks/unshipped.ts';
import type { Config } from '../config.ts';
import { SluiceError } from '../errors.ts';
import type { Observe } from '../observe.ts';
import type { Store } from '../store/store.ts';
import { sinkSettings } from './sinks.ts';

const HOUR = 3_600_000;

/** Between two looks whether a day has passed: several gates look, and one of them finds that it has. */
const LOOK_MS = HOUR;

/** A little less than a day, so that the hour of the day stays the same. */
const NOT_WITHIN_MS = 23.5 * HOUR;

/** After the start, which has enough to do. */
const FIRST_LOOK_MS = 60_000;

export interface KeepingParts {
  readonly audit: string;
  readonly reader: Pick<AuditReader, 'follow'>;
  readonly store: Pick<Store, 'sinks'>;
  readonly observe: Observe;
}

/**
 * @returns what ends it; a removal under way is left as it is, and goes on at the next start
 * @throws SluiceError config_invalid where the key that signs cannot be used: better now than in the night
 */
export function keepAudit(
  config: Pick<Config, 'audit'>,
  { audit, reader, store, observe }: KeepingParts,
): () => Promise<void> {
  const { retention, signing } = config.audit;
  readSigner(signing);
  reader.follow();
  const { keep } = retention;
  if (keep === undefined) return async () => {};
  let timer: NodeJS.Timeout;
  let closed = false;

  async function look(): Promise<void> {
    try {
      const retained = await retainInThread({
        path: audit,
        signing,
        keeper: GATE_ITSELF(),
        keepMs: keep ?? Number.POSITIVE_INFINITY,
        firstNeeded: await firstNeeded(config, store, audit),
        now: new Date(),
        notWithinMs: NOT_WITHIN_MS,
        dryRun: false,
      });
      if (retained.removed > 0 || retained.heldBack)
        observe({ kind: 'audit_retained', removed: retained.removed, heldBack: retained.heldBack });
    } catch (error) {
      observe({ kind: 'audit_retention_failed', error });
    }
  }

  function plan(ms: number): void {
    if (closed) return;
    timer = setTimeout(() => {
      void look().finally(() => plan(LOOK_MS));
    }, ms);
    timer.unref();
  }
  plan(FIRST_LOOK_MS);
  return async () => {
    closed = true;
    clearTimeout(timer);
  };
}

/** As the audit names it. */
const GATE_ITSELF = (): Keeper => ({
  subject: { sub: 'gate', kind: 'service', issuer: null },
  client: { ip: null, door: 'gate', user_agent: null },
  requestId: randomUUID(),
});

/**
 * Seq of the first event that retention may not touch.
 *
 * @param audit path of the log
 * @throws SluiceError state_unavailable, audit_unavailable
 */
export async function firstNeeded(
  config: Pick<Config, 'audit'>,
  store: Pick<Store, 'sinks'>,
  audit: string,
): Promise<number | null> {
  const names = sinkSettings(config).map(({ name }) => name);
  const log = followLog(audit);
  try {
    return await oldestUnshipped(store, names, log);
  } finally {
    log.close();
  }
}

/** How long events are kept. @throws SluiceError config_invalid where the configuration does not say */
export function keepOf({ audit }: Pick<Config, 'audit'>): number {
  const { keep } = audit.retention;
  if (keep !== undefined) return keep;
  throw new SluiceError('config_invalid', 'The configuration does not say how long the audit is kept.', {
    hint: 'Set audit.retention.keep, as in 400d.',
  });
}
