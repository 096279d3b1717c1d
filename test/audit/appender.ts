/**
 * A process that appends as fast as it can: `appender.ts PATH SURVIVES PREFIX APPENDERS [COUNT]`. Each request id goes
 * to standard output once its event is acknowledged; a refusal goes there as `!CODE`. Without a count it never stops.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { openAuditLog } from '../../src/audit/log.ts';
import { SluiceError } from '../../src/errors.ts';
import { sampleEvent } from './sample.ts';

// Without a handler, a write beyond the limit on file size ends the process instead of failing.
process.on('SIGXFSZ', () => {});

const [path = '', survives = '', prefix = '', appenders = '1', count = 'Infinity'] = process.argv.slice(2);
const log = await openAuditLog({
  path,
  survives: survives === 'power_loss' ? 'power_loss' : 'process_death',
  busyTimeoutMs: 10_000,
  timeoutMs: 20_000,
});

let next = 0;
const append = async () => {
  while (next < Number(count)) {
    next += 1;
    const id = `${prefix}-${next}`;
    try {
      await log.append(sampleEvent(id));
      process.stdout.write(`${id}\n`);
    } catch (error) {
      process.stdout.write(`!${error instanceof SluiceError ? error.code : String(error)}\n`);
      await pause(20);
    }
  }
};
await Promise.all(Array.from({ length: Number(appenders) }, append));
await log.close();
