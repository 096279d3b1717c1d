/** The thread that fills and asks the warehouse of the audit: the gate's own goes on meanwhile. One request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { readUsage, type UsageAsked, type UsageRow } from './usage.ts';
import { type Filled, fillWarehouse, type WarehouseFiles } from './warehouse.ts';

export type ThreadRequest = { readonly id: number } & (
  | { readonly kind: 'fill' }
  | { readonly kind: 'usage'; readonly asked: UsageAsked }
);

export type ThreadReply = { readonly id: number } & (
  | { readonly kind: 'filled'; readonly filled: Filled }
  | { readonly kind: 'used'; readonly rows: readonly UsageRow[] }
  | { readonly kind: 'failed'; readonly text: string }
);

async function answer(request: ThreadRequest, files: WarehouseFiles): Promise<ThreadReply> {
  const { id } = request;
  try {
    const filled = await fillWarehouse(files);
    if (request.kind === 'fill') return { id, kind: 'filled', filled };
    return { id, kind: 'used', rows: await readUsage(files.database, request.asked) };
  } catch (error) {
    return { id, kind: 'failed', text: error instanceof Error ? error.message : String(error) };
  }
}

if (parentPort !== null) {
  const port = parentPort;
  let turn: Promise<unknown> = Promise.resolve();
  port.on('message', (request: ThreadRequest) => {
    turn = turn.then(async () => port.postMessage(await answer(request, workerData as WarehouseFiles)));
  });
}
