/** Puts on the stage what the identity may see of each chosen dataset, all of it under the rules of one snapshot. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CODES, SluiceError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { Caller } from '../request/ask.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Choice, type Chosen, type LeftOut, leave, type Why } from './choose.ts';
import { type Rows, readRows } from './read.ts';
import type { Stage, Warehouse } from './warehouse.ts';

/** A dataset that was read. */
export interface Staged {
  readonly chosen: Chosen;
  readonly read: Rows;
  readonly stage: Stage;
}

export interface StagedAll {
  readonly staged: readonly Staged[];
  readonly leftOut: readonly LeftOut[];
}

export interface StageOptions {
  readonly caller: Caller;
  readonly snapshot: Snapshot;
  readonly folder: string;
  readonly warehouse: Warehouse;
  readonly onStep: (text: string) => void;
}

/** @throws SluiceError metadata_conflict where a push came in between, and whatever ends a read that is no refusal */
export async function stageAll(choice: Choice, options: StageOptions, gate: Gate): Promise<StagedAll> {
  const { caller, snapshot, warehouse } = options;
  const staged: Staged[] = [];
  const refused: LeftOut[] = [];
  const path = join(options.folder, 'rows.ndjson');
  let reads = 0;
  const next = (): Caller => {
    reads += 1;
    return { ...caller, requestId: `${caller.requestId}-${reads}` };
  };
  for (const [index, chosen] of choice.chosen.entries()) {
    caller.signal.throwIfAborted();
    options.onStep(`reading ${chosen.dataset.id} (${index + 1} of ${choice.chosen.length})`);
    const read = await readInto(path, chosen, next, gate);
    if ((await gate.metadata.current()).snapshot !== snapshot)
      throw new SluiceError('metadata_conflict', 'The metadata changed while the sandbox was made.', {
        hint: 'Make it again.',
      });
    if ('reason' in read) refused.push(leave(chosen.dataset, read));
    else staged.push({ chosen, read, stage: await warehouse.load(staged.length, path, read) });
  }
  if (staged.length === 0)
    throw new SluiceError('access_denied', 'The identity may see none of the datasets asked for.');
  const leftOut = [...choice.leftOut, ...refused].sort((a, b) => (a.dataset < b.dataset ? -1 : 1));
  return { staged, leftOut };
}

async function readInto(path: string, chosen: Chosen, next: () => Caller, gate: Gate): Promise<Rows | Why> {
  const file = await open(path, 'w', 0o600);
  try {
    return await readRows(chosen, file, next, gate);
  } catch (thrown) {
    if (!(thrown instanceof SluiceError && isRefusal(thrown))) throw thrown;
    return { reason: thrown.code, message: thrown.message };
  } finally {
    await file.close();
  }
}

/** The rules say no to whoever asks for the whole dataset; whatever else goes wrong ends it all. */
function isRefusal({ code }: SluiceError): boolean {
  const { number, status } = CODES[code];
  return code === 'scan_too_large' || (status < 500 && number >= 3000 && number < 6000);
}
