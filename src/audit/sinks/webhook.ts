/** A webhook: batches of events, signed, under a key that is the same whenever the same batch is sent again. */
import { createHmac } from 'node:crypto';
import { post } from './post.ts';
import { lineOf, type Sink, TAKEN } from './sink.ts';

export interface WebhookOptions {
  readonly url: string;
  readonly secret: string;
  /** Which gate's audit it is. */
  readonly instance: string;
  readonly now: () => number;
}

/**
 * Signed as https://www.standardwebhooks.com has it: `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`. The
 * secret is used as it is written, or decoded where it begins with `whsec_`.
 */
export function webhookSink({ url, secret, instance, now }: WebhookOptions): Sink {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret, 'utf8');
  return {
    async ship(batch, signal) {
      const [first, last] = [batch[0]!, batch.at(-1)!];
      const id = `${instance}.${first.seq}-${last.seq}.${last.hash.slice(0, 16)}`;
      const timestamp = String(Math.floor(now() / 1000));
      const events = batch.map(lineOf).join(',');
      const body = `{"type":"audit.events","instance":${JSON.stringify(instance)},"events":[${events}]}`;
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const headers = {
        'idempotency-key': id,
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      };
      await post({ url, headers, body, signal });
      return TAKEN;
    },
    close: async () => {},
  };
}
