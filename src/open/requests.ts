/** Access requests, grants and notifications, put together from the configuration and the state. */
import { randomUUID } from 'node:crypto';
import { type AuditLog, auditEvent } from '../audit/event.ts';
import type { Config } from '../config.ts';
import { DeliveryFailed } from '../notify/delivery.ts';
import { lettersFor, type Message, targetOf } from '../notify/letters.ts';
import { createMailer } from '../notify/mail.ts';
import { openPostOffice } from '../notify/post-office.ts';
import { postTo } from '../notify/webhook.ts';
import type { Observe } from '../observe.ts';
import { parseCondition } from '../policies/conditions.ts';
import type { Grants } from '../requests/grant.ts';
import { grantsIn, heldGrant } from '../requests/held.ts';
import { requestOf } from '../requests/request.ts';
import type { Requests } from '../requests/requests.ts';
import type { Routes } from '../requests/routing.ts';
import type { OutboxRow } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';

export interface OpenRequestsOptions {
  readonly store: Store;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly observe: Observe;
  readonly now: () => Date;
  readonly role: 'serve' | 'cli';
}

export interface OpenRequests {
  readonly grants: Grants;
  readonly requests: Requests;
  close(): Promise<void>;
}

/** How soon another process's letter, or the end of a grant, is seen. */
const EVERY_MS = 1000;

/** @throws SluiceError policy_invalid for a condition that cannot be read */
export function openRequests(config: Config, options: OpenRequestsOptions): OpenRequests {
  const { store, observe, now, role } = options;
  const { notify } = config;
  const webhooks = new Map(notify.webhooks.map((webhook) => [targetOf(webhook), webhook] as const));
  const mailer = notify.smtp === undefined ? null : createMailer(notify.smtp, notify.timeout);
  const office = openPostOffice({
    outbox: store.outbox,
    deliver,
    timeoutMs: notify.timeout,
    attempts: notify.attempts,
    everyMs: role === 'serve' ? EVERY_MS : null,
    now,
    random: Math.random,
    failed: ({ id, channel, attempts }, { dead, error }) =>
      observe({ kind: 'notification_failed', id, channel, attempts, dead, error }),
    broken: (error) => observe({ kind: 'notifications_broken', error }),
  });

  async function deliver(letter: OutboxRow, signal: AbortSignal): Promise<void> {
    switch (letter.channel) {
      case 'clock':
        return ring(letter);
      case 'webhook': {
        const webhook = webhooks.get(letter.target);
        if (webhook === undefined) throw new DeliveryFailed('no such webhook is configured any more');
        return postTo(webhook, messageIn(letter), Math.floor(now().getTime() / 1000), signal);
      }
      case 'mail':
        if (mailer === null) throw new DeliveryFailed('no mail server is configured any more');
        return mailer.send(letter.target, messageIn(letter));
      default:
        return letter.channel satisfies never;
    }
  }

  /** The end of a grant is on record, though nothing had to happen for it to end. */
  async function ring({ topic, target }: OutboxRow): Promise<void> {
    const row = await store.requests.findGrant(topic);
    const found = row === null ? null : await store.requests.find(row.request);
    if (row === null || found === null || row.revokedAt !== null) return;
    const grant = heldGrant(row);
    const kind = target === 'expiring' ? 'expiring' : 'expired';
    const request = requestOf(found);
    const moment = now();
    if (kind === 'expired')
      await options.audit.append(
        auditEvent({
          time: moment.toISOString(),
          request_id: randomUUID(),
          event: 'grant',
          subject: { sub: 'sluice', kind: 'service', issuer: null },
          action: 'expire',
          datasets: grant.dataset === null ? [] : [grant.dataset],
          ...(grant.project === null ? {} : { project: grant.project }),
          ...(grant.purpose === null ? {} : { purpose: grant.purpose }),
          reasons: [
            `grant ${grant.id}`,
            `request ${request.id}`,
            `for ${`${row.issuer} ${row.sub}`.slice(0, 500)}`,
            request.kind,
          ],
          policy_ids: grant.policies,
          client: { ip: null, door: 'clock', user_agent: null },
        }),
      );
    const at = Math.floor(moment.getTime() / 1000);
    await store.outbox.put(lettersFor({ kind, at, request, grant: row, by: null }, notify));
  }

  const { requests: bounds } = config;
  return {
    grants: grantsIn(store.requests),
    requests: {
      store: store.requests,
      routes: routesOf(config),
      maxDuration: Math.floor(bounds.max_duration / 1000),
      maxOpen: bounds.max_open,
      maxHourly: bounds.per_hour,
      outbox: store.outbox,
      lettersFor: (happened) => lettersFor(happened, notify),
      nudge: office.nudge,
    },
    async close() {
      await office.close();
      mailer?.close();
    },
  };
}

const messageIn = ({ body }: OutboxRow): Message => JSON.parse(body) as Message;

function routesOf({ requests: { owners, fallback } }: Config): Routes {
  return {
    owners: new Map(
      Object.entries(owners).map(([owner, condition]) => [
        owner,
        parseCondition(condition, `requests.owners.${owner}`),
      ]),
    ),
    fallback: fallback === undefined ? null : parseCondition(fallback, 'requests.fallback'),
  };
}
