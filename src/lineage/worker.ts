/** The thread in which compiled SQL is read: it holds the parser, and what is known of the columns so far. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Analysed, analyse, type Job, type NodeColumns, type World } from './analyse.ts';
import { loadSqlLibrary } from './parse.ts';

export type WorkerWorld = Omit<World, 'columns'>;

export interface WorkerRequest {
  /** What became known since the last request. */
  readonly columns: readonly (readonly [id: string, columns: NodeColumns])[];
  readonly jobs: readonly Job[];
}

export interface WorkerReply {
  readonly done: readonly (readonly [id: string, result: Analysed])[];
}

if (parentPort !== null) {
  const port = parentPort;
  const world: World = { ...(workerData as WorkerWorld), columns: new Map() };
  const library = await loadSqlLibrary();
  port.on('message', ({ columns, jobs }: WorkerRequest) => {
    for (const [id, list] of columns) world.columns.set(id, list);
    port.postMessage({
      done: jobs.map((job) => [job.id, analyse(job, world, library)] as const),
    } satisfies WorkerReply);
  });
}
