/** Who is told what, as the configuration says: a letter for each receiver, and one to the gate itself for the end of a grant. */
import { createHash } from 'node:crypto';
import type { NotifyConfig } from '../config/requests-schema.ts';
import type { Happened } from '../requests/requests.ts';
import type { Letter } from '../store/outbox.ts';

export type Webhook = NotifyConfig['webhooks'][number];

/** What a receiver learns: names and moments, neither policies nor what people wrote to one another. */
export interface Message {
  /** The same however often it is sent. */
  readonly id: string;
  readonly type: `access_request.${Happened['kind']}`;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly request: {
    readonly id: string;
    readonly kind: string;
    readonly dataset: string | null;
    readonly columns: readonly string[];
    readonly project: string | null;
    readonly purpose: string | null;
    readonly asker: { readonly sub: string; readonly issuer: string | null };
  };
  readonly grant: { readonly id: string; readonly until: string } | null;
  readonly link: string | null;
}

/** What a letter tells of, such as `asked`. */
export function eventOf(body: string): Happened['kind'] {
  const { type } = JSON.parse(body) as Message;
  return type.slice('access_request.'.length) as Happened['kind'];
}

/** Seen in lists and logs: a path may be a secret, so it is told apart by a digest. */
export function targetOf({ url }: Pick<Webhook, 'url'>): string {
  const digest = createHash('sha256').update(url).digest('hex').slice(0, 8);
  return `${new URL(url).origin}/… ${digest}`;
}

export function lettersFor(happened: Happened, config: NotifyConfig): readonly Letter[] {
  const message = messageOf(happened, config);
  const { at } = happened;
  const topic = 'grant' in happened ? happened.grant.id : happened.request.id;
  const letter = (channel: Letter['channel'], target: string, dueAt: number): Letter => ({
    topic,
    channel,
    target,
    dueAt,
    createdAt: at,
    body: JSON.stringify(message),
  });
  return [
    ...config.webhooks
      .filter(({ events }) => events.includes(happened.kind))
      .map((webhook) => letter('webhook', targetOf(webhook), at)),
    ...(config.smtp === undefined ? [] : receivers(happened, config).map((to) => letter('mail', to, at))),
    ...clocksOf(happened, config).map(([target, dueAt]) => letter('clock', target, dueAt)),
  ];
}

/** Those who decide are told that something waits for them, the asker of all that becomes of it. */
function receivers(happened: Happened, { to }: NotifyConfig): readonly string[] {
  const { asker } = happened.request;
  if (happened.kind === 'withdrawn') return [];
  if (happened.kind !== 'asked') return asker.email === null ? [] : [asker.email];
  const named = happened.requirements.map(({ policy, owner }) => {
    const found = [policy, owner].find((key) => key !== null && Object.hasOwn(to, key)) ?? null;
    return to[found ?? 'default'] ?? [];
  });
  return [...new Set(named.flat())];
}

function clocksOf(
  happened: Happened,
  { before_expiry: before }: NotifyConfig,
): readonly (readonly ['expired' | 'expiring', number])[] {
  if (happened.kind !== 'approved') return [];
  const { until } = happened.grant;
  const warning = before === undefined ? null : until - Math.floor(before / 1000);
  // Of what ends before it could be said, nothing is said.
  return [
    ['expired', until],
    ...(warning === null || warning <= happened.at ? [] : ([['expiring', warning]] as const)),
  ];
}

function messageOf(happened: Happened, { base_url: base }: NotifyConfig): Message {
  const { id, kind, dataset, columns, project, purpose, asker } = happened.request;
  const grant = 'grant' in happened ? happened.grant : null;
  return {
    id: `${grant?.id ?? id}.${happened.kind}`,
    type: `access_request.${happened.kind}`,
    time: iso(happened.at),
    request: {
      id,
      kind,
      dataset,
      columns,
      project,
      purpose,
      asker: { sub: asker.sub, issuer: asker.issuer },
    },
    grant: grant === null ? null : { id: grant.id, until: iso(grant.until) },
    link: base === undefined ? null : `${base.replace(/\/+$/, '')}/v1/access-requests/${id}`,
  };
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
