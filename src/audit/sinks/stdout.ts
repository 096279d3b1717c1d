/** Standard output, one JSON object a line, written past the gate's own stream so that its reader's slowness holds up no one else. */
import { write } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { streamSink } from './file.ts';
import type { Sink } from './sink.ts';

const STDOUT = 1;
/** A pipe that is full, when it was opened not to wait. */
const AGAIN_MS = 20;

export function stdoutSink(): Sink {
  return streamSink(async (bytes) => {
    let rest = bytes;
    while (rest.length > 0) {
      const written = await some(rest);
      if (written === 0) await delay(AGAIN_MS);
      rest = rest.subarray(written);
    }
  });
}

function some(bytes: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    write(STDOUT, bytes, (error, written) => {
      if (error === null) resolve(written);
      else if (error.code === 'EAGAIN') resolve(0);
      else reject(error);
    });
  });
}
