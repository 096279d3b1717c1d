/** One signed post to a program. No redirect is followed, and of the answer nothing counts but that it is a 2xx. */
import { signedHeaders } from '../webhook-signature.ts';
import { DeliveryFailed } from './delivery.ts';
import type { Message, Webhook } from './letters.ts';

/**
 * @param now epoch seconds
 * @throws DeliveryFailed
 */
export async function postTo(
  { url, secret }: Webhook,
  message: Message,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify(message);
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'sluice',
      ...signedHeaders({ id: message.id, time: now, body }, secret ?? null),
    },
    body,
    signal,
  }).catch((thrown: unknown) => {
    throw new DeliveryFailed(problemOf(thrown), { cause: thrown });
  });
  await answer.body?.cancel().catch(() => {});
  if (!answer.ok) throw new DeliveryFailed(`HTTP ${answer.status}`);
}

function problemOf(thrown: unknown): string {
  if (thrown instanceof Error && thrown.name === 'TimeoutError') return 'no answer in time';
  if (thrown instanceof Error && thrown.name === 'AbortError') return 'the gate is closing';
  const { cause } = thrown as { readonly cause?: { readonly code?: unknown } };
  return typeof cause?.code === 'string' ? `no connection (${cause.code})` : 'no connection';
}
