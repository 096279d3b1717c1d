/** A webhook: batches of events, signed, under a key that is the same whenever the same batch is sent again. */
import { signedHeaders } from '../../webhook-signature.ts';
import { lineOf } from '../chain.ts';
import { post } from './post.ts';
import { type Sink, TAKEN } from './sink.ts';

export interface WebhookOptions {
  readonly url: string;
  readonly secret: string;
  /** Which gate's audit it is. */
  readonly instance: string;
  readonly now: () => number;
}

export function webhookSink({ url, secret, instance, now }: WebhookOptions): Sink {
  return {
    async ship(batch, signal) {
      const [first, last] = [batch[0]!, batch.at(-1)!];
      const id = `${instance}.${first.seq}-${last.seq}.${last.hash.slice(0, 16)}`;
      const events = batch.map(lineOf).join(',');
      const body = `{"type":"audit.events","instance":${JSON.stringify(instance)},"events":[${events}]}`;
      const time = Math.floor(now() / 1000);
      const headers = { 'idempotency-key': id, ...signedHeaders({ id, time, body }, secret) };
      await post({ url, headers, body, signal });
      return TAKEN;
    },
    close: async () => {},
  };
}
