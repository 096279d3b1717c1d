/** The thread behind `ask-in-parallel.ts`: the same bundle, asked batch by batch. */
import { parentPort } from 'node:worker_threads';
import { createPdp } from '../access/pdp.ts';
import type { ThreadAnswer, ThreadQuestion } from './ask-in-parallel.ts';

const pdp = createPdp({ kind: 'embedded' });

parentPort?.on('message', ({ batch }: ThreadQuestion) => {
  pdp
    .decide(batch)
    .catch(() => null)
    .then((decisions) => parentPort?.postMessage({ decisions } satisfies ThreadAnswer));
});
